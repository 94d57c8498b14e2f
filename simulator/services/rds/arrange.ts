import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { hashToUnit, type World } from '../../world/world.ts';
import { keyArnOf } from '../kms.ts';
import { replicationLag } from './backups.ts';
import { instanceArn } from './events.ts';
import { accountId, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

const dayMs = 86_400_000;
/** Copies of automated snapshots are kept for a week, as many as the retention of most plans. */
const keptSnapshots = 7;
/** When the nightly snapshot is taken, and how long it takes until its copy is available in the other region. */
const snapshotHourUtc = 14;
const copySeconds = rdsDurations.restoreFromSnapshot.likelySeconds;

/** Makes the databases of the plan, and in the recovery region what they are restored from and into. */
export function arrangeRds(world: World, plan: Plan): void {
  for (const component of Object.values(plan.components)) {
    if (component.type === 'rds-instance') addInstance(world, component);
    if (component.type === 'rds-restore-target') addTarget(world, component);
  }
  remember(world);
}

function addInstance(world: World, database: ComponentOf<'rds-instance'>): void {
  const { region, identifier } = database;
  const instance: SimulatedInstance = {
    region,
    server: keyOf(region, identifier),
    serving: true,
    shown: {
      DBInstanceIdentifier: identifier,
      DBInstanceStatus: 'available',
      DBInstanceArn: instanceArn(region, identifier),
      DBInstanceClass: 'db.r6g.large',
      Engine: database.engine,
      DBName: database.database,
      Endpoint: { Address: endpointOf(region, identifier), Port: database.port },
      MultiAZ: database.multiAz,
      AvailabilityZone: `${region}a`,
      SecondaryAvailabilityZone: database.multiAz ? `${region}b` : undefined,
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 7,
      TagList: [],
    },
  };
  rdsState(world).instances.set(keyOf(region, identifier), instance);
}

function addTarget(world: World, target: ComponentOf<'rds-restore-target'>): void {
  const state = rdsState(world);
  const { region, sourceIdentifier, sourceRegion } = target;
  state.subnetGroups.add(`${region}/${target.subnetGroup}`);
  state.parameterGroups.add(`${region}/${target.parameterGroup}`);
  // The fault is that nobody ever copied anything: automated snapshots stay in the region that they were taken in.
  if (world.faults.has('no-snapshot')) return;
  const kmsKeyArn = keyArnOf(world, region, target.kmsKey);
  state.backups.push({
    region,
    source: { identifier: sourceIdentifier, region: sourceRegion },
    arn: `arn:aws:rds:${region}:${accountId}:auto-backup:ab-${backupId(sourceIdentifier)}`,
    kmsKeyArn,
    engine: 'postgres',
    lagSeconds: Math.round(world.duration(replicationLag, `rds-replication-lag/${sourceIdentifier}`)),
  });
  for (const takenAtMs of snapshotTimes(world)) {
    const day = new Date(takenAtMs).toISOString().slice(0, 10);
    const name = `${sourceIdentifier}-copy-${day}`;
    state.snapshots.push({
      region,
      shown: {
        DBSnapshotIdentifier: name,
        DBSnapshotArn: `arn:aws:rds:${region}:${accountId}:snapshot:${name}`,
        DBInstanceIdentifier: sourceIdentifier,
        SnapshotType: 'manual',
        Status: 'available',
        Engine: 'postgres',
        EngineVersion: '16.4',
        Encrypted: true,
        KmsKeyId: kmsKeyArn,
        SourceRegion: sourceRegion,
        SourceDBSnapshotIdentifier: `arn:aws:rds:${sourceRegion}:${accountId}:snapshot:rds:${sourceIdentifier}-${day}`,
        OriginalSnapshotCreateTime: new Date(takenAtMs),
        SnapshotCreateTime: new Date(takenAtMs + copySeconds * 1000),
      },
    });
  }
}

/** The nightly snapshots whose copies had arrived before the world begins, the newest first. */
function snapshotTimes(world: World): number[] {
  const now = world.now();
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), snapshotHourUtc);
  const newest = today + copySeconds * 1000 <= now.getTime() ? today : today - dayMs;
  return Array.from({ length: keptSnapshots }, (_, n) => newest - n * dayMs);
}

function backupId(identifier: string): string {
  return Math.floor(hashToUnit(0, `auto-backup/${identifier}`) * 36 ** 8)
    .toString(36)
    .toUpperCase()
    .padStart(8, '0');
}
