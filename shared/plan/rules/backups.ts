import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import type { Component, ComponentType } from '../components.ts';
import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { Backup, BackupOf } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { databaseOf, longestGapSeconds } from './backup-loss.ts';
import { engineOf } from './engine-not-spoken.ts';
import { unknownId } from './references.ts';

/** Clusters have no backups that RDS replicates to another region (Aurora User Guide, "Overview of backing up"). */
const replicable = ['rds-instance'] as const;
const databases = ['rds-instance', 'rds-cluster'] as const;
/** Dumps may be of anything that speaks SQL or Redis. */
const dumped: readonly ComponentType[] = [
  'rds-instance',
  'rds-cluster',
  'postgres-server',
  'mysql-server',
  'redis-server',
  'elasticache-replication-group',
];
const dayseconds = 86_400;
/** RDS keeps automated backups at most so long (RDS User Guide, "Backup retention period"). */
const longestAutomatedSeconds = 35 * dayseconds;

/** What backups name has to exist, be of the right kind, and be possible. */
export function checkBackups(context: CheckContext): Problem[] {
  return Object.entries(context.plan.backups).flatMap(([id, backup]) => [
    ...checkComponents(context, id, backup),
    ...checkCopy(context, id, backup),
    ...checkVerify(context, id, backup),
    ...checkRetention(id, backup),
  ]);
}

function checkComponents(context: CheckContext, id: string, backup: Backup): Problem[] {
  const path = ['backups', id];
  const one = (key: string, value: string, types: readonly ComponentType[]) =>
    ofType(context, value, types, [...path, key]);
  switch (backup.type) {
    case 'rds-replicated-backups':
      return one('component', backup.component, replicable);
    case 'rds-automated':
    case 'rds-snapshot':
      return one('component', backup.component, databases);
    case 'dump':
      return [
        ...one('component', backup.component, dumped),
        ...(backup.madeBy?.type === 'k8s-cron-job'
          ? ofType(context, backup.madeBy.cluster, ['eks-cluster'], [...path, 'madeBy', 'cluster'])
          : []),
      ];
    case 'kubernetes-export':
      return [
        ...one('cluster', backup.cluster, ['eks-cluster']),
        ...(backup.kinds.includes('Secret') && backup.kmsKey === undefined
          ? [unencrypted([...path, 'kinds'])]
          : []),
      ];
    case 'velero':
      return one('cluster', backup.cluster, ['eks-cluster']);
    case 'secrets-export':
      return backup.secrets.flatMap((secret, index) =>
        ofType(context, secret, ['secret'], [...path, 'secrets', index]),
      );
    default:
      return [];
  }
}

function checkCopy({ plan }: CheckContext, id: string, backup: Backup): Problem[] {
  if (backup.type !== 'rds-snapshot-copy') return [];
  const source = Object.hasOwn(plan.backups, backup.of) ? plan.backups[backup.of] : undefined;
  const path = ['backups', id, 'of'];
  if (!source) return [unknownBackup(plan.backups, backup.of, path)];
  if (source.type === 'rds-snapshot' || source.type === 'rds-automated') return [];
  return [
    {
      rule: 'topology-mismatch',
      severity: 'error',
      path,
      message: `"${backup.of}" is of type ${source.type}, and has no snapshots to copy`,
      mend: 'Name a backup of type rds-snapshot or rds-automated.',
    },
  ];
}

function checkVerify(context: CheckContext, id: string, backup: Backup): Problem[] {
  const { verify, type } = backup;
  if (!verify) return [];
  const path = ['backups', id, 'verify', 'into'];
  const problem = (message: string, mend: string): Problem[] => [
    { rule: 'verify-target', severity: 'error', path, message, mend },
  ];
  if (verify.into === 'embedded') {
    if (backup.type === 'dump') return checkDump(context, id, backup);
    return problem(
      `Only a dump can be restored into an embedded Postgres, and this is of type ${type}`,
      'Name a component of type rds-restore-target.',
    );
  }
  if (type === 'dump') {
    return problem(
      'A dump is no snapshot, and RDS can not restore it',
      'Write "into: embedded", with "larger" for dumps that do not fit into a function.',
    );
  }
  if (verify.larger) {
    return problem(
      '"larger" is for dumps only',
      'Take it away; what RDS has made is restored into an instance anyway.',
    );
  }
  const wanted = restoresInto(context, backup);
  const wrong = ofType(context, verify.into, [wanted], path);
  if (wrong.length > 0) return wrong;
  return besideRecovery(context, verify.into, ['rds-restore-target', 'rds-cluster-restore-target'], path);
}

/** What a class is restored into: snapshots of a cluster make a cluster. */
function restoresInto({ plan }: CheckContext, backup: Backup): ComponentType {
  const isCluster =
    backup.type === 'aws-backup'
      ? /:rds:[^:]*:[^:]*:cluster:/.test(backup.resource)
      : plan.components[databaseOf(plan, backup) ?? '']?.type === 'rds-cluster';
  return isCluster ? 'rds-cluster-restore-target' : 'rds-restore-target';
}

/** Dumps that do not fit into a function go to an instance apart from all that a recovery makes, by a build. */
function checkDump(context: CheckContext, id: string, { component, verify }: BackupOf<'dump'>): Problem[] {
  const larger = verify?.larger;
  const path = ['backups', id, 'verify', 'larger'];
  const problem = (message: string, mend: string, at: string[] = path): Problem[] => [
    { rule: 'verify-target', severity: 'error', path: at, message, mend },
  ];
  const engine = engineOf(context, component);
  const spoken = dialectOfDatabase({ engine }).name;
  if (spoken !== 'PostgreSQL' && larger?.above !== 0) {
    return problem(
      `"${component}" runs ${engine}, whose dumps an embedded Postgres can not load`,
      'Write "larger" with "above: 0": an rds-new-instance of the same engine, and a codebuild-project that restores into it.',
      larger ? [...path, 'above'] : ['backups', id, 'verify', 'into'],
    );
  }
  if (!larger) return [];
  const into = [...path, 'into'];
  const wrong = [
    ...ofType(context, larger.into, ['rds-new-instance'], into),
    ...ofType(context, larger.build, ['codebuild-project'], [...path, 'build']),
  ];
  if (wrong.length > 0) return wrong;
  const target = context.plan.components[larger.into];
  if (target?.type !== 'rds-new-instance') return [];
  if (dialectOfDatabase(target).name !== spoken) {
    return problem(
      `"${larger.into}" runs ${target.engine}, and the dumps are of "${component}", which runs ${engine ?? 'PostgreSQL'}`,
      'Give it the engine that the dumps were made of, in the same or a later version.',
      into,
    );
  }
  return besideRecovery(context, larger.into, ['rds-restore-target', 'rds-new-instance'], into);
}

/** What proofs restore into shares its network with nothing of these types that a recovery makes. */
function besideRecovery(
  context: CheckContext,
  id: string,
  types: readonly ComponentType[],
  path: string[],
): Problem[] {
  const { components } = context.plan;
  const placeOf = (component: Component | undefined) =>
    component && 'subnetGroup' in component ? `${component.region}/${component.subnetGroup}` : undefined;
  const place = placeOf(components[id]);
  const shared = Object.entries(components).find(
    ([other, component]) =>
      other !== id &&
      types.includes(component.type) &&
      place !== undefined &&
      placeOf(component) === place &&
      !isForProofs(context, other),
  );
  if (!shared) return [];
  return [
    {
      rule: 'verify-target',
      severity: 'error',
      path,
      message: `"${id}" is in the subnet group of "${shared[0]}", which a recovery restores into`,
      mend: 'Give the target of tests a subnet group and security groups of its own, without a way to production or out.',
    },
  ];
}

const isForProofs = ({ plan }: CheckContext, component: string) =>
  Object.values(plan.backups).some(
    ({ verify }) => verify?.into === component || verify?.larger?.into === component,
  );

function checkRetention(id: string, backup: Backup): Problem[] {
  const automated = backup.type === 'rds-automated' || backup.type === 'rds-replicated-backups';
  if (automated && backup.schedule && longestGapSeconds(backup.schedule.when) < dayseconds) {
    return [
      {
        rule: 'retention-not-possible',
        severity: 'error',
        path: ['backups', id, 'schedule'],
        message: 'RDS takes one automated snapshot a day, and nobody can ask it for more',
        mend: 'Leave the schedule out: between two snapshots the logs are kept, and any moment can be restored. For snapshots of your own use rds-snapshot.',
      },
      ...retentionTooLong(id, backup),
    ];
  }
  return retentionTooLong(id, backup);
}

function retentionTooLong(id: string, backup: Backup): Problem[] {
  const path = ['backups', id, 'retention'];
  const automated = backup.type === 'rds-automated' || backup.type === 'rds-replicated-backups';
  if (!automated || backup.retention <= longestAutomatedSeconds) return [];
  return [
    {
      rule: 'retention-not-possible',
      severity: 'error',
      path,
      message: `RDS keeps automated backups for at most 35 days, and ${Math.round(backup.retention / dayseconds)} are asked for`,
      mend: 'Write 35d, and keep older states with aws-backup or as dumps.',
    },
  ];
}

function ofType(
  context: CheckContext,
  id: string,
  types: readonly ComponentType[],
  path: PropertyKeyPath,
): Problem[] {
  const unknown = unknownId(context, 'components', id, path);
  const component = Object.hasOwn(context.plan.components, id) ? context.plan.components[id] : undefined;
  if (unknown.length > 0 || !component || types.includes(component.type)) return unknown;
  return [
    {
      rule: 'topology-mismatch',
      severity: 'error',
      path,
      message: `"${id}" is of type ${component.type}, and a component of type ${types.join(' or ')} is needed here`,
      mend: `Name a component of type ${types.join(' or ')}.`,
    },
  ];
}

export function unknownBackup(backups: Record<string, Backup>, id: string, path: PropertyKeyPath): Problem {
  const known = Object.keys(backups);
  const near = nearest(id, known);
  const mend = didYouMean(near, known, 'Declare it under "backups".');
  return {
    rule: 'unknown-backup',
    severity: 'error',
    path,
    message: `There is no backup "${id}"`,
    mend,
    near,
  };
}

function unencrypted(path: PropertyKeyPath): Problem {
  return {
    rule: 'secrets-in-clear',
    severity: 'error',
    path,
    message: 'Secrets of the cluster are exported into a file that no key of yours encrypts',
    mend: 'Give a kmsKey, or leave out the kind Secret.',
  };
}
