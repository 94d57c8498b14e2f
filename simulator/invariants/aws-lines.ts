import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { autoScalingGroups } from '../services/autoscaling/groups.ts';
import { tablesOf } from '../services/dynamodb/tables.ts';
import { firewallsOf } from '../services/ec2/firewalls.ts';
import { ecsServices } from '../services/ecs.ts';
import { efsState } from '../services/elasticfilesystem.ts';
import { rulesOf } from '../services/events.ts';
import { lambdaState } from '../services/lambda.ts';
import { controlsOf } from '../services/route53-recovery-cluster.ts';
import { parametersOf } from '../services/ssm/parameters.ts';
import { ipSetsOf } from '../services/wafv2.ts';
import { acceleratorsOf } from '../world/accelerators.ts';
import { distributionsOf } from '../world/distributions.ts';
import { zonesOf } from '../world/dns-plane.ts';
import { fleetOf } from '../world/fleet.ts';
import type { World } from '../world/world.ts';

const lineOf = ({ Name, Type, SetIdentifier, AliasTarget, ResourceRecords, Weight }: ResourceRecordSet) =>
  [Name, Type, SetIdentifier, AliasTarget?.DNSName, ResourceRecords?.map(({ Value }) => Value), Weight].join(
    ' ',
  );

/** One line for each thing of EC2, ECS, Lambda and their like that a run may change and a drill must put back. */
export function awsLines(world: World): string[] {
  const { rules, acls } = firewallsOf(world);
  return [
    ...autoScalingGroups(world).map(
      ({ region, name, min, desired, max }) => `group ${region}/${name} has ${desired} of ${min} to ${max}`,
    ),
    ...ecsServices(world).map(
      ({ region, cluster, name, desired, definition }) =>
        `ecs ${region}/${cluster}/${name} has ${desired} of ${definition}`,
    ),
    ...fleetOf(world)
      .filter(({ group, state }) => group === undefined && state === 'running')
      .map(({ region, id, securityGroups }) => `instance ${region}/${id} in ${securityGroups.join(', ')}`),
    ...rules.map(
      ({ region, GroupId, IpProtocol, FromPort, CidrIpv4 }) =>
        `rule ${region}/${GroupId} ${IpProtocol} ${FromPort} ${CidrIpv4}`,
    ),
    ...acls.flatMap(({ region, id, entries }) =>
      entries.map(entry => `acl ${region}/${id} ${entry.RuleNumber} ${entry.CidrBlock} ${entry.Egress}`),
    ),
    ...ipSetsOf(world).map(
      ({ region, name, addresses }) => `ip-set ${region}/${name} ${addresses.join(' ')}`,
    ),
    ...lambdaState(world).functions.map(
      ({ region, name, reserved }) => `function ${region}/${name} may run ${reserved ?? 'any number'}`,
    ),
    ...lambdaState(world).mappings.map(({ region, uuid, state }) => `mapping ${region}/${uuid} is ${state}`),
    ...tablesOf(world)
      .tables.filter(({ lost }) => !lost)
      .map(({ region, name }) => `table ${region}/${name}`),
    ...[...parametersOf(world)].map(([key, { Value }]) => `parameter ${key} is ${Value}`),
    ...efsState(world).fileSystems.map(
      ({ region, id, protection }) => `file system ${region}/${id} is ${protection}`,
    ),
    ...rulesOf(world).map(({ region, bus, name, on }) => `event rule ${region}/${bus}/${name} is ${on}`),
    ...[...controlsOf(world)].map(([arn, { on }]) => `routing control ${arn} is ${on}`),
    ...acceleratorsOf(world).flatMap(({ id, groups }) =>
      Object.entries(groups).map(([side, { dial, weight }]) => `accelerator ${id} ${side} ${dial} ${weight}`),
    ),
    ...distributionsOf(world).map(({ id, target }) => `distribution ${id} serves from ${target}`),
    ...[...zonesOf(world).values()].flatMap(({ id, sets }) => sets.map(set => `record ${id} ${lineOf(set)}`)),
  ];
}
