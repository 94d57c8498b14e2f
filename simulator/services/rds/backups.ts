import type { DBInstanceAutomatedBackup } from '@aws-sdk/client-rds';
import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { componentsOf } from '../../world/addresses.ts';
import { type Call, hashToUnit, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyArnOf, keyIsEnabled } from '../kms.ts';
import { versionOf } from './engines.ts';
import { instanceArn } from './events.ts';
import { tagsOf, textOf } from './input.ts';
import { type AutomatedBackup, accountId, rdsState, type SimulatedInstance } from './state.ts';

const dayMs = 86_400_000;

/**
 * How far a replicated backup lies behind its source. RDS uploads transaction logs every five minutes (RDS User
 * Guide, "Restoring a DB instance to a specified time"); copying them takes a little longer.
 */
export const replicationLag = { minSeconds: 180, likelySeconds: 330, maxSeconds: 600 };
/** The same without the copying: how far the backup in the instance's own region lies behind. */
const uploadLag = { minSeconds: 60, likelySeconds: 240, maxSeconds: 330 };
/** At most 20 replicated backups a region and account (RDS User Guide, "Quotas and constraints"). */
const replicationQuota = 20;

/** The newest moment that a backup can be restored to, ms since the epoch, in whole seconds. */
export function latestTimeMs(world: World, backup: AutomatedBackup): number {
  const reached = (backup.frozenAtMs ?? world.nowMs()) - backup.lagSeconds * 1000;
  return Math.floor(reached / 1000) * 1000;
}

/** The oldest moment that it can be restored to. */
export function earliestTimeMs(world: World, backup: AutomatedBackup): number {
  return Math.max(latestTimeMs(world, backup) - 7 * dayMs, backup.beganAtMs ?? 0);
}

/** Begins the automated backup of an instance in its own region, as RDS does when the instance has been made. */
export function beginBackup(world: World, instance: SimulatedInstance, beganAtMs?: number): void {
  const { region, shown } = instance;
  const id = shown.DBInstanceIdentifier;
  rdsState(world).backups.push({
    region,
    source: { identifier: id, region },
    of: instance,
    arn: backupArn(region, shown.DbiResourceId ?? id),
    kmsKeyArn: shown.KmsKeyId ?? '',
    engine: shown.Engine ?? 'postgres',
    status: 'active',
    lagSeconds: Math.round(world.duration(uploadLag, `rds-upload-lag/${region}/${id}`)),
    beganAtMs,
  });
}

/** What becomes of the automated backups of a deleted instance. Replicated ones stay in their region, as retained. */
export function endBackups(world: World, instance: SimulatedInstance, deleteOwn: boolean): void {
  const state = rdsState(world);
  state.backups = state.backups.filter(
    ({ of, region }) => !(deleteOwn && of === instance && region === instance.region),
  );
  state.snapshots = state.snapshots.filter(
    ({ shown, region }) =>
      !deleteOwn ||
      region !== instance.region ||
      shown.SnapshotType !== 'automated' ||
      shown.DbiResourceId !== instance.shown.DbiResourceId,
  );
  for (const backup of state.backups) {
    if (backup.of !== instance) continue;
    backup.status = 'retained';
    backup.frozenAtMs ??= world.nowMs();
    backup.source = { identifier: instance.shown.DBInstanceIdentifier, region: instance.region };
  }
}

/** Nothing more arrives from instances of this region. */
export function freezeBackups(world: World, region: string): void {
  const { backups, instances } = rdsState(world);
  for (const backup of backups) {
    if (backup.source.region === region) backup.frozenAtMs ??= world.nowMs();
  }
  for (const { replica } of instances.values()) {
    if (replica?.source.region === region) replica.frozenAtMs ??= world.nowMs();
  }
}

/** A backup as DescribeDBInstanceAutomatedBackups of its region shows it. */
export function shownBackup(world: World, backup: AutomatedBackup): DBInstanceAutomatedBackup {
  const latestMs = latestTimeMs(world, backup);
  const identifier = identifierOf(backup);
  return {
    DBInstanceArn: instanceArn(backup.source.region, identifier),
    DBInstanceIdentifier: identifier,
    DbiResourceId: backup.of?.shown.DbiResourceId,
    DBInstanceAutomatedBackupsArn: backup.arn,
    Region: backup.source.region,
    Status: backup.status,
    RestoreWindow:
      backup.status === 'pending'
        ? undefined
        : { EarliestTime: new Date(earliestTimeMs(world, backup)), LatestTime: new Date(latestMs) },
    Encrypted: true,
    KmsKeyId: backup.kmsKeyArn,
    Engine: backup.engine,
    EngineVersion: versionOf(backup.engine),
    BackupRetentionPeriod: daysOf(world, backup),
    TagList: backup.tags,
  };
}

/** Days that automated backups of a database are kept in a region: as the plan promises, or a week. */
export function daysKept(plan: Plan, component: string | undefined, region: string): number {
  const promised = Object.values(plan.backups).find(backup => {
    if (!('component' in backup) || backup.component !== component) return false;
    if (backup.type === 'rds-replicated-backups') return backup.region === region;
    return backup.type === 'rds-automated' && plan.components[backup.component]?.region === region;
  });
  return promised === undefined ? 7 : Math.round(promised.retention / 86_400);
}

/** An instance says itself how long its own backups are kept; a replication was begun with a time of its own. */
function daysOf(world: World, { region, source, of }: AutomatedBackup): number {
  if (of && region === of.region) return of.shown.BackupRetentionPeriod ?? 7;
  const database = componentsOf(world.plan, 'rds-instance').find(
    one => one.region === source.region && one.identifier === source.identifier,
  );
  return daysKept(world.plan, database?.id, region);
}

/** The backup goes with its instance through renames, until that is deleted. */
function identifierOf({ of, source, status }: AutomatedBackup): string {
  return of === undefined || status === 'retained' ? source.identifier : of.shown.DBInstanceIdentifier;
}

/** StartDBInstanceAutomatedBackupsReplication, asked of the region that the backups go to. */
export function startReplication(world: World, call: Call): unknown {
  const { region } = call;
  const sourceArn = textOf(call, 'SourceDBInstanceArn');
  const source = instanceOf(world, sourceArn);
  const state = rdsState(world);
  const here = state.backups.filter(backup => backup.region === region && backup.source.region !== region);
  if (source.region === region || (source.shown.BackupRetentionPeriod ?? 0) === 0) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `The automated backups of ${sourceArn} can't be replicated to ${region}.`,
    );
  }
  if (here.some(({ of, status }) => of === source && status !== 'retained')) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceAutomatedBackupStateFault',
      `Automated backups of ${sourceArn} are replicated to ${region} already.`,
    );
  }
  if (here.length >= replicationQuota) {
    throw new SimulatedAwsError(
      'DBInstanceAutomatedBackupQuotaExceededFault',
      `At most ${replicationQuota} automated backups can be replicated to ${region}.`,
    );
  }
  const key = typeof call.input.KmsKeyId === 'string' ? call.input.KmsKeyId : '';
  if (!keyIsEnabled(world, region, key)) {
    throw new SimulatedAwsError(
      'KMSKeyNotAccessibleFault',
      `The KMS key [${key}] can't be used in ${region}.`,
    );
  }
  const id = source.shown.DBInstanceIdentifier;
  const backup: AutomatedBackup = {
    region,
    source: { identifier: id, region: source.region },
    of: source,
    arn: backupArn(region, `${source.shown.DbiResourceId}/${world.nowMs()}`),
    kmsKeyArn: keyArnOf(world, region, key),
    engine: source.shown.Engine ?? 'postgres',
    status: 'pending',
    lagSeconds: Math.round(world.duration(replicationLag, `rds-replication-lag/${id}`)),
    tags: tagsOf(call),
  };
  state.backups.push(backup);
  world.changed(`rds/${id}`, `The backups of ${id} are being replicated to ${region}`, 'lifeboat');
  const seconds = world.duration(rdsDurations.firstReplication, `rds-first-replication/${region}/${id}`);
  world.after(seconds, `rds/${id}`, `The first backup of ${id} is in ${region}`, () => {
    if (backup.status === 'pending') backup.status = 'replicating';
    backup.beganAtMs = world.nowMs();
  });
  return { DBInstanceAutomatedBackup: shownBackup(world, backup) };
}

/** StopDBInstanceAutomatedBackupsReplication: what has been copied is retained. */
export function stopReplication(world: World, call: Call): unknown {
  const arn = textOf(call, 'SourceDBInstanceArn');
  const backup = rdsState(world).backups.find(
    one =>
      one.region === call.region &&
      one.source.region !== call.region &&
      one.status !== 'retained' &&
      instanceArn(one.source.region, identifierOf(one)) === arn,
  );
  if (!backup) throw new SimulatedAwsError('DBInstanceNotFoundFault', `${arn} is not replicated here.`, 404);
  backup.status = 'retained';
  backup.frozenAtMs ??= world.nowMs();
  world.changed(
    `rds/${backup.source.identifier}`,
    `The replication of the backups of ${backup.source.identifier} ends`,
    'lifeboat',
  );
  return { DBInstanceAutomatedBackup: shownBackup(world, backup) };
}

/** The instance with an ARN; AWS asks its region, so a lost one answers nothing. */
function instanceOf(world: World, arn: string): SimulatedInstance {
  const found = [...rdsState(world).instances.values()].find(
    instance => instance.shown.DBInstanceArn === arn && !world.isLost(instance.region),
  );
  if (!found) throw new SimulatedAwsError('DBInstanceNotFoundFault', `DBInstance ${arn} not found.`, 404);
  return found;
}

export function backupArn(region: string, key: string): string {
  const id = Math.floor(hashToUnit(0, `auto-backup/${key}`) * 36 ** 8)
    .toString(36)
    .toUpperCase()
    .padStart(8, '0');
  return `arn:aws:rds:${region}:${accountId}:auto-backup:ab-${id}`;
}
