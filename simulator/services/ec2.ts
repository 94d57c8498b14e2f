import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

export const service: SimulatedService = {
  name: 'ec2',
  operations: { DescribeSecurityGroups: describeSecurityGroups },
};

/** Whether a security group exists: those that the plan's restore targets name do, in their regions. */
export function securityGroupExists(world: World, region: string, id: string): boolean {
  return Object.values(world.plan.components).some(
    component =>
      component.type === 'rds-restore-target' &&
      component.region === region &&
      component.securityGroups.includes(id),
  );
}

function describeSecurityGroups(world: World, call: Call): unknown {
  const ids = Array.isArray(call.input.GroupIds) ? call.input.GroupIds.map(String) : [];
  const unknown = ids.find(id => !securityGroupExists(world, call.region, id));
  if (unknown !== undefined) {
    throw new SimulatedAwsError('InvalidGroup.NotFound', `The security group '${unknown}' does not exist`);
  }
  return { SecurityGroups: ids.map(GroupId => ({ GroupId })) };
}
