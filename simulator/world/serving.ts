import { clustersOf } from '../kubernetes/cluster.ts';
import { autoScalingGroups, groupServes } from '../services/autoscaling/groups.ts';
import { membersOf } from '../services/ec2.ts';
import { ecsServes, ecsServices } from '../services/ecs.ts';
import { lambdaState } from '../services/lambda.ts';
import { otherServiceServes } from '../services/other-services.ts';
import { plainName } from './addresses.ts';
import { appDependencies } from './dependencies.ts';
import { works } from './fleet.ts';
import { balancerServes, countHealthy, groupsOf, loadBalancers } from './load-balancing.ts';
import type { World } from './world.ts';

/**
 * Whether a component can answer requests, the truth and not what an API says of it. Components that answer nobody by
 * themselves (a secret, say) count as well while their region lives.
 */
export function componentServes(world: World, id: string): boolean {
  const component = world.plan.components[id];
  if (!component || world.isLost(component.region)) return false;
  switch (component.type) {
    case 'k8s-deployment':
      return clustersOf(world)
        .filter(({ name, region }) => name === component.cluster && region === component.region)
        .flatMap(({ deployments }) => deployments)
        .some(
          ({ name, namespace, pods }) =>
            name === component.name && namespace === component.namespace && pods.some(pod => pod.ready),
        );
    case 'load-balancer': {
      const balancer = loadBalancers(world).get(plainName(component.dnsName));
      return balancer !== undefined && balancerServes(world, balancer);
    }
    case 'target-group': {
      const group = groupsOf(world).get(component.arn);
      return group !== undefined && countHealthy(group) > 0;
    }
    case 'ecs-service':
      return ecsServices(world).some(
        one =>
          one.cluster === component.cluster &&
          one.name === component.name &&
          one.region === component.region &&
          ecsServes(world, one),
      );
    case 'auto-scaling-group':
      return autoScalingGroups(world).some(
        one => one.name === component.name && one.region === component.region && groupServes(world, one),
      );
    case 'ec2-instances':
      return membersOf(world, { ...component, id }).some(works);
    case 'lambda-function':
      return lambdaState(world).functions.some(
        one =>
          one.name === component.name && one.region === component.region && one.works && one.reserved !== 0,
      );
    case 'event-source-mapping':
      return lambdaState(world).mappings.some(
        one => one.uuid === component.uuid && one.region === component.region && one.state === 'Enabled',
      );
    case 'service':
      return otherServiceServes(world, id);
    case 'postgres-server':
    case 'mysql-server':
      return appDependencies(world).databaseAt(component.host) !== undefined;
    default:
      return true;
  }
}
