import type { Component, ComponentOf, ComponentType } from '../components.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { idOfType, unknownId } from './references.ts';

/** Clusters, data stores and replicas name each other by id: who is named has to exist and be of the right type. */
export function checkMembers(context: CheckContext, id: string, component: Component): Problem[] {
  const named = (key: string, value: string | undefined, type: ComponentType) =>
    value === undefined ? [] : idOfType(context, value, type, ['components', id, key]);
  switch (component.type) {
    case 'rds-cluster':
      return [
        ...named('globalCluster', component.globalCluster, 'aurora-global-cluster'),
        ...checkSize(id, component),
      ];
    case 'docdb-cluster':
      return named('globalCluster', component.globalCluster, 'docdb-global-cluster');
    case 'neptune-cluster':
      return named('globalCluster', component.globalCluster, 'neptune-global-cluster');
    case 'lifeboat-system':
      return checkOtherSystem(context, id, component);
    case 'state-machine':
      return checkMachine(id, component);
    case 'aurora-global-cluster':
      return members(context, id, component, 'rds-cluster');
    case 'docdb-global-cluster':
      return members(context, id, component, 'docdb-cluster');
    case 'neptune-global-cluster':
      return members(context, id, component, 'neptune-cluster');
    case 'elasticache-global-datastore':
      return members(context, id, component, 'elasticache-replication-group');
    case 'efs-file-system':
      return named('replicaOf', component.replicaOf, 'efs-file-system');
    case 'redis-server':
    case 'postgres-server':
    case 'mysql-server':
      return named('replicaOf', component.replicaOf, component.type);
    case 'accelerator':
      return (['primary', 'recovery'] as const).flatMap(side => checkSide(context, id, component, side));
    case 'sqs-queue':
      return checkQueue(context, id, component);
    case 'rds-cluster-restore-target':
      return checkSource(context, id, component);
    default:
      return [];
  }
}

/** A cluster is as big as its classes or its range of ACU say, and a range has an upper end. */
function checkSize(id: string, { engine, instanceClass, serverless }: ComponentOf<'rds-cluster'>): Problem[] {
  const problem = (key: string, message: string, mend: string): Problem[] => [
    { rule: 'topology-mismatch', severity: 'error', path: ['components', id, key], message, mend },
  ];
  if (serverless === undefined) return [];
  if (!engine.startsWith('aurora')) {
    return problem('serverless', `${engine} has no serverless instances`, 'Leave "serverless" out.');
  }
  if (serverless.min > serverless.max || serverless.max < 1) {
    const said = `a range from ${serverless.min} to ${serverless.max} ACU is none that Aurora takes`;
    return problem('serverless', said, 'Write a "max" of 1 or more, and a "min" that is not above it.');
  }
  if (instanceClass === undefined || instanceClass === 'db.serverless') return [];
  return problem('instanceClass', `"${id}" has a class and a range of ACU`, 'Leave one of the two out.');
}

/** A run that starts one of its own system would wait for the lock that it holds itself. */
function checkOtherSystem(
  { plan }: CheckContext,
  id: string,
  { system }: ComponentOf<'lifeboat-system'>,
): Problem[] {
  if (system !== plan.system.id) return [];
  const message = `"${id}" is this system itself, of which one run at a time is possible`;
  const mend = 'Name another system, or take its steps into the scenario.';
  const path = ['components', id, 'system'];
  return [{ rule: 'topology-mismatch', severity: 'error', path, message, mend }];
}

/** Step Functions is asked in one region, and a machine is found in its own only. */
function checkMachine(id: string, { arn, region }: ComponentOf<'state-machine'>): Problem[] {
  const place = arn.split(':')[3] ?? '';
  if (place === region) return [];
  const message = `The ARN of "${id}" is of ${place}, and "region" says ${region}`;
  const path = ['components', id, 'arn'];
  return [
    {
      rule: 'topology-mismatch',
      severity: 'error',
      path,
      message,
      mend: 'Write the region of the ARN, or the ARN of the machine in that region.',
    },
  ];
}

/** The load balancer of a side has to be in its region. */
function checkSide(
  context: CheckContext,
  id: string,
  component: ComponentOf<'accelerator'>,
  side: 'primary' | 'recovery',
): Problem[] {
  const { loadBalancer } = component[side];
  const path = ['components', id, side, 'loadBalancer'];
  const problems = idOfType(context, loadBalancer, 'load-balancer', path);
  const { regions, components } = context.plan;
  const region = components[loadBalancer]?.region;
  if (problems.length > 0 || region === regions[side]) return problems;
  const message = `"${loadBalancer}" is in ${region}, and the ${side} side of "${id}" in ${regions[side]}`;
  const mend = `Name the load balancer that is the endpoint in ${regions[side]}.`;
  return [{ rule: 'topology-mismatch', severity: 'error', path, message, mend }];
}

/** SQS sends what failed to a queue of the same region and of the same kind. */
function checkQueue(context: CheckContext, id: string, queue: ComponentOf<'sqs-queue'>): Problem[] {
  const path = ['components', id, 'deadLetters'];
  const taken =
    queue.takenBy === undefined
      ? []
      : unknownId(context, 'components', queue.takenBy, ['components', id, 'takenBy']);
  if (queue.deadLetters === undefined) return taken;
  const dead = context.plan.components[queue.deadLetters];
  const problems = [...taken, ...idOfType(context, queue.deadLetters, 'sqs-queue', path)];
  if (dead?.type !== 'sqs-queue') return problems;
  const isFifo = (name: string) => name.endsWith('.fifo');
  const differs =
    dead.region !== queue.region
      ? `in ${dead.region}, and "${id}" is in ${queue.region}`
      : isFifo(dead.name) !== isFifo(queue.name) && 'not of the same kind: only one of them is a FIFO queue';
  if (!differs) return problems;
  const message = `"${queue.deadLetters}" is ${differs}`;
  const mend =
    'Name the dead-letter queue that SQS has for it: one of its own region, FIFO for a FIFO queue.';
  return [...problems, { rule: 'topology-mismatch', severity: 'error', path, message, mend }];
}

/** The two members are in two regions, or a lost region takes both of them. */
function members(
  context: CheckContext,
  id: string,
  group: ComponentOf<
    | 'aurora-global-cluster'
    | 'docdb-global-cluster'
    | 'neptune-global-cluster'
    | 'elasticache-global-datastore'
  >,
  type: ComponentType,
): Problem[] {
  const problems = [
    ...idOfType(context, group.primary, type, ['components', id, 'primary']),
    ...idOfType(context, group.secondary, type, ['components', id, 'secondary']),
  ];
  const { [group.primary]: primary, [group.secondary]: secondary } = context.plan.components;
  if (problems.length > 0 || primary?.region !== secondary?.region) return problems;
  return [
    {
      rule: 'same-region',
      severity: 'error',
      path: ['components', id, 'secondary'],
      message: `"${group.primary}" and "${group.secondary}" are both in ${primary?.region}`,
      mend: 'Name a secondary in another region: what is lost with a region can not be recovered in it.',
    },
  ];
}

function checkSource(
  context: CheckContext,
  id: string,
  target: ComponentOf<'rds-cluster-restore-target'>,
): Problem[] {
  const unknown = idOfType(context, target.source, 'rds-cluster', ['components', id, 'source']);
  const source = context.plan.components[target.source];
  if (unknown.length > 0 || source?.type !== 'rds-cluster') return unknown;
  const wanted = { sourceIdentifier: source.identifier, sourceRegion: source.region, engine: source.engine };
  return Object.entries(wanted).flatMap(([key, value]): Problem[] => {
    const written = target[key as keyof typeof wanted];
    if (written === value) return [];
    return [
      {
        rule: 'restore-source-disagrees',
        severity: 'error',
        path: ['components', id, key],
        message: `"${written}" is not what "${target.source}" says, which is "${value}"`,
        mend: `Write "${value}".`,
      },
    ];
  });
}
