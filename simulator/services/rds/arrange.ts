import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { componentsOf } from '../../world/addresses.ts';
import type { World } from '../../world/world.ts';
import { keyArnOf } from '../kms.ts';
import { backupArn, beginBackup, daysKept, replicationLag } from './backups.ts';
import { resourceIdOf } from './create.ts';
import { versionOf } from './engines.ts';
import { instanceArn } from './events.ts';
import { copyFrom } from './lineage.ts';
import { follow } from './replicas.ts';
import { snapshotArn } from './snapshots.ts';
import { accountId, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

const dayMs = 86_400_000;
/** Copies of automated snapshots are kept for a week, as many as the retention of most plans. */
const keptSnapshots = 7;
/** When the nightly snapshot is taken, and how long it takes until its copy is available in the other region. */
const snapshotHourUtc = 14;
const copySeconds = rdsDurations.restoreFromSnapshot.likelySeconds;

/** Makes the databases of the plan, and what they are restored from and into, in each region that has a target. */
export function arrangeRds(world: World, plan: Plan): void {
  const databases = componentsOf(plan, 'rds-instance');
  for (const database of databases) addInstance(world, database);
  for (const database of databases) addReplication(world, plan, database);
  for (const target of componentsOf(plan, 'rds-restore-target')) addTarget(world, target);
  for (const { region, subnetGroup, parameterGroup } of componentsOf(plan, 'rds-new-instance')) {
    addGroups(world, region, subnetGroup, parameterGroup);
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
      DbiResourceId: resourceIdOf(region, identifier),
      DBInstanceClass: 'db.r6g.large',
      Engine: database.engine,
      EngineVersion: versionOf(database.engine),
      DBName: database.database,
      DBParameterGroups: [{ DBParameterGroupName: groupOf(database), ParameterApplyStatus: 'in-sync' }],
      Endpoint: { Address: endpointOf(region, identifier), Port: database.port },
      MultiAZ: database.multiAz,
      AvailabilityZone: `${region}a`,
      SecondaryAvailabilityZone: database.multiAz ? `${region}b` : undefined,
      StorageEncrypted: true,
      KmsKeyId: keyArnOf(world, region, keyOfInstance(world, database)),
      DeletionProtection: true,
      BackupRetentionPeriod: daysKept(world.plan, database.id, region),
      TagList: [],
    },
  };
  rdsState(world).instances.set(keyOf(region, identifier), instance);
  rdsState(world).parameterGroups.add(keyOf(region, groupOf(database)));
}

/** One that a plan does not name is the default one of its engine. */
const groupOf = ({ parameterGroup, engine }: ComponentOf<'rds-instance'>) =>
  parameterGroup ?? `default.${engine}${versionOf(engine).split('.')[0]}`;

/** The key that the plan restores with in the database's own region, since a restore can't change it; else RDS's own. */
function keyOfInstance(world: World, { id, region }: ComponentOf<'rds-instance'>): string {
  const beside = componentsOf(world.plan, 'rds-restore-target').find(
    target => target.source === id && target.region === region,
  );
  return beside?.kmsKey ?? 'alias/aws/rds';
}

/** What follows each database: its standing replicas, and its automated backup in its own region. */
function addReplication(world: World, plan: Plan, database: ComponentOf<'rds-instance'>): void {
  const { instances } = rdsState(world);
  const instance = instances.get(keyOf(database.region, database.identifier));
  const source = database.replicaOf === undefined ? undefined : plan.components[database.replicaOf];
  if (instance === undefined) return;
  if (source?.type === 'rds-instance') {
    const followed = instances.get(keyOf(source.region, source.identifier));
    if (followed) follow(world, instance, followed);
    return;
  }
  beginBackup(world, instance);
}

function addGroups(world: World, region: string, subnetGroup: string, parameterGroup: string): void {
  rdsState(world).subnetGroups.add(`${region}/${subnetGroup}`);
  rdsState(world).parameterGroups.add(`${region}/${parameterGroup}`);
}

function addTarget(world: World, target: ComponentOf<'rds-restore-target'>): void {
  const state = rdsState(world);
  const { region, sourceIdentifier, sourceRegion } = target;
  addGroups(world, region, target.subnetGroup, target.parameterGroup);
  // The fault is that nobody ever copied anything: automated snapshots stay in the region that they were taken in.
  if (world.faults.has('no-snapshot') && region !== sourceRegion) return;
  const of = state.instances.get(keyOf(sourceRegion, sourceIdentifier));
  const kmsKeyArn = keyArnOf(world, region, target.kmsKey);
  const known = state.backups.some(
    backup => backup.region === region && backup.of === of && of !== undefined,
  );
  if (region !== sourceRegion && !known) {
    state.backups.push({
      region,
      source: { identifier: sourceIdentifier, region: sourceRegion },
      of,
      arn: backupArn(region, sourceIdentifier),
      kmsKeyArn,
      engine: target.engine,
      status: 'replicating',
      lagSeconds: Math.round(world.duration(replicationLag, `rds-replication-lag/${sourceIdentifier}`)),
    });
  }
  for (const takenAtMs of snapshotTimes(world)) addSnapshot(world, target, { of, kmsKeyArn, takenAtMs });
}

type Taken = { of: SimulatedInstance | undefined; kmsKeyArn: string; takenAtMs: number };

/** An automated snapshot in the region of its source, or its copy in another one. */
function addSnapshot(world: World, target: ComponentOf<'rds-restore-target'>, taken: Taken): void {
  const { region, sourceIdentifier, sourceRegion } = target;
  const day = new Date(taken.takenAtMs).toISOString().slice(0, 10);
  const original = `rds:${sourceIdentifier}-${day}`;
  const copied = region !== sourceRegion;
  const name = copied ? `${sourceIdentifier}-copy-${day}` : original;
  const { snapshots } = rdsState(world);
  if (snapshots.some(one => one.region === region && one.shown.DBSnapshotIdentifier === name)) return;
  const takenAt = new Date(taken.takenAtMs);
  snapshots.push({
    region,
    copyOf: taken.of && copyFrom(taken.of, taken.takenAtMs),
    shown: {
      DBSnapshotIdentifier: name,
      DBSnapshotArn: snapshotArn(region, name),
      DBInstanceIdentifier: sourceIdentifier,
      DbiResourceId: taken.of?.shown.DbiResourceId,
      SnapshotType: copied ? 'manual' : 'automated',
      Status: 'available',
      Engine: target.engine,
      EngineVersion: versionOf(target.engine),
      Encrypted: true,
      KmsKeyId: taken.kmsKeyArn,
      OriginalSnapshotCreateTime: takenAt,
      SnapshotCreateTime: copied ? new Date(taken.takenAtMs + copySeconds * 1000) : takenAt,
      ...(copied && {
        SourceRegion: sourceRegion,
        SourceDBSnapshotIdentifier: `arn:aws:rds:${sourceRegion}:${accountId}:snapshot:${original}`,
      }),
    },
  });
}

/** The nightly snapshots whose copies had arrived before the world begins, the newest first. */
function snapshotTimes(world: World): number[] {
  const now = world.now();
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), snapshotHourUtc);
  const newest = today + copySeconds * 1000 <= now.getTime() ? today : today - dayMs;
  return Array.from({ length: keptSnapshots }, (_, n) => newest - n * dayMs);
}
