import type { Plan } from '../../shared/plan/schema.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import { hasProvider } from '../world/providers/hosts.ts';
import { hashToUnit } from '../world/world.ts';

/** Operations that a recovery depends on; a fault in any of them must not do harm. */
const operations = [
  'rds.DescribeDBInstances',
  'rds.RestoreDBInstanceToPointInTime',
  'rds.RestoreDBInstanceFromDBSnapshot',
  'rds.RebootDBInstance',
  'rds.DeleteDBInstance',
  'secretsmanager.GetSecretValue',
  'secretsmanager.PutSecretValue',
  'eks.UpdateNodegroupConfig',
  'kubernetes.PatchDeploymentScale',
  'elasticloadbalancing.ModifyTargetGroup',
  's3.PutObject',
  'route53.ListResourceRecordSets',
  'sns.Publish',
  'states.StartExecution',
  'states.SendTaskSuccess',
  'dynamodb.PutItem',
];
const services = [
  'rds',
  'route53',
  'eks',
  'kubernetes',
  'elasticloadbalancing',
  'secretsmanager',
  'sns',
  'dynamodb',
];
const fixed = ['triage', 'probe', 'run', 'ask', 'communicate', 'decide'];

/** Faults of what only some plans have: providers of messages, builds, backups that can be lost with their database. */
export const ofSomePlans: readonly string[] = [
  'provider-refuses',
  'provider-silent',
  'build-failed',
  'backups-deleted',
];

/** None to three faults for a campaign's run, from its seed alone. */
export function drawFaults(plan: Plan, seed: number): string[] {
  const unit = (key: string) => hashToUnit(seed, `faults/${key}`);
  const pick = (list: readonly string[], key: string) => list[Math.floor(unit(key) * list.length)] ?? '';
  const handlers = [...fixed, ...familiesOf(plan)];
  const providers = Object.entries(plan.channels).flatMap(([id, channel]) =>
    hasProvider(channel) ? [id] : [],
  );
  const kinds = [
    (key: string) => `throttle:${pick(services, key)}`,
    (key: string) => `stale-read:${pick(services, key)}`,
    (key: string) => `error5xx:${pick(operations, key)}`,
    (key: string) => `timeout:${pick(operations, key)}`,
    (key: string) => `lost-reply:${pick(operations, key)}`,
    (key: string) => `handler-crash:${pick(handlers, key)}`,
    () => 'duplicate-event',
    ...(providers.length > 0
      ? [
          (key: string) => `provider-refuses:${pick(providers, key)}`,
          (key: string) => `provider-silent:${pick(providers, key)}`,
        ]
      : []),
    () => 'no-approval',
    () => 'no-snapshot',
    () => 'kms-key-missing',
    () => 'region:us-east-1',
    () => `region:${plan.regions.recovery}`,
  ];
  const count = Math.floor(unit('count') * 4);
  const drawn = new Set<string>();
  for (let index = 0; index < count; index++) {
    // The rarer, harder faults at the end of the list come up less often.
    const kind = kinds[Math.floor(unit(`kind/${index}`) ** 1.4 * kinds.length)];
    if (kind) drawn.add(kind(`argument/${index}`));
  }
  return [...drawn].sort();
}

/** Functions of the plan's steps. */
function familiesOf(plan: Plan): string[] {
  const phases = Object.values(plan.scenarios).flatMap(scenario => scenario.phases);
  const families = phases.flatMap(phase => stepsOf(phase.steps)).map(step => step.do.split('.')[0] ?? '');
  return [...new Set(families)].sort();
}
