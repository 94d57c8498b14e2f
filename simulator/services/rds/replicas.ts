import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { addMetric } from '../../world/metrics.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyArnOf } from '../kms.ts';
import { beginBackup } from './backups.ts';
import { makeInstance } from './create.ts';
import { existing, inState, shown } from './existing.ts';
import { textOf } from './input.ts';
import { copyFrom, replayedMs } from './lineage.ts';
import { change, keyOf, rdsState, type SimulatedInstance } from './state.ts';

/** How far a read replica of a small database lies behind: seconds, as a rule (RDS User Guide, "Monitoring replication lag"). */
const replicaLag = { minSeconds: 0.1, likelySeconds: 2, maxSeconds: 20 };

/** CreateDBInstanceReadReplica, in the region of the source (by its identifier) or in another one (by its ARN). */
export function createReadReplica(world: World, call: Call): unknown {
  const { region, input } = call;
  const identifier = textOf(call, 'DBInstanceIdentifier');
  const source = sourceOf(world, call);
  if ((source.shown.BackupRetentionPeriod ?? 0) === 0) {
    throw new SimulatedAwsError(
      'InvalidDBInstanceStateFault',
      `Automated backups are not enabled for ${source.shown.DBInstanceIdentifier}; a replica needs them.`,
    );
  }
  inState(source, 'available');
  const sameRegion = source.region === region;
  if (!sameRegion) textOf(call, 'KmsKeyId');
  const kmsKeyArn = sameRegion
    ? (source.shown.KmsKeyId ?? '')
    : keyArnOf(world, region, String(input.KmsKeyId));
  const answer = makeInstance(world, call, {
    identifier,
    kmsKeyArn,
    engine: source.shown.Engine ?? 'postgres',
    copyOf: undefined,
    replica: { source, lagSeconds: lagOf(world, region, identifier) },
    shown: { StatusInfos: replicating(), ReadReplicaSourceDBInstanceIdentifier: nameFor(source, region) },
    verb: 'created as a replica',
    durationKey: `rds-replica/${identifier}`,
    takes: sameRegion ? rdsDurations.createReplica : rdsDurations.createReplicaElsewhere,
  });
  listReplica(source, region, identifier);
  publishLag(world, region, identifier);
  return answer;
}

const replicating = () => [{ StatusType: 'read replication', Normal: true, Status: 'replicating' }];

/** Makes an instance that the plan declares follow another one, as it has done for a long time. */
export function follow(world: World, replica: SimulatedInstance, source: SimulatedInstance): void {
  const { region, shown: what } = replica;
  const id = what.DBInstanceIdentifier;
  replica.replica = { source, lagSeconds: lagOf(world, region, id) };
  Object.assign(what, {
    StatusInfos: replicating(),
    ReadReplicaSourceDBInstanceIdentifier: nameFor(source, region),
    BackupRetentionPeriod: 0,
  });
  listReplica(source, region, id);
  publishLag(world, region, id);
}

/** The metric that RDS makes of what a replica says; one of MySQL whose source is silent says -1. */
function publishLag(world: World, region: string, identifier: string): void {
  addMetric(world, {
    region,
    namespace: 'AWS/RDS',
    name: 'ReplicaLag',
    dimensions: { DBInstanceIdentifier: identifier },
    valueAt: atMs => {
      const instance = rdsState(world).instances.get(keyOf(region, identifier));
      if (instance?.replica === undefined) return undefined;
      const { frozenAtMs, lagSeconds } = instance.replica;
      if (frozenAtMs === undefined || atMs <= frozenAtMs) return lagSeconds;
      return instance.shown.Engine === 'postgres' ? lagSeconds + (atMs - frozenAtMs) / 1000 : -1;
    },
  });
}

function lagOf(world: World, region: string, identifier: string): number {
  return world.duration(replicaLag, `rds-replica-lag/${region}/${identifier}`);
}

function sourceOf(world: World, call: Call): SimulatedInstance {
  const name = textOf(call, 'SourceDBInstanceIdentifier');
  const found = [...rdsState(world).instances.values()].find(instance =>
    name.startsWith('arn:')
      ? instance.shown.DBInstanceArn === name && !world.isLost(instance.region)
      : instance.region === call.region && instance.shown.DBInstanceIdentifier === name,
  );
  if (!found) throw new SimulatedAwsError('DBInstanceNotFoundFault', `DBInstance ${name} not found.`, 404);
  return found;
}

/** RDS names the other end by its identifier within a region, and by its ARN across regions. */
function nameFor(instance: SimulatedInstance, seenFrom: string): string | undefined {
  return instance.region === seenFrom ? instance.shown.DBInstanceIdentifier : instance.shown.DBInstanceArn;
}

function listReplica(source: SimulatedInstance, region: string, identifier: string): void {
  const name = source.region === region ? identifier : `arn:aws:rds:${region}:123456789012:db:${identifier}`;
  source.shown.ReadReplicaDBInstanceIdentifiers = [
    ...(source.shown.ReadReplicaDBInstanceIdentifiers ?? []),
    name,
  ];
}

/** PromoteReadReplica: replication ends at once, the instance reboots, and then it is a writer of its own. */
export function promote(world: World, call: Call): unknown {
  const instance = existing(world, call);
  const { replica, region } = instance;
  const id = instance.shown.DBInstanceIdentifier;
  if (!replica) {
    throw new SimulatedAwsError('InvalidDBInstanceStateFault', `DB Instance ${id} is not a read replica.`);
  }
  inState(instance, 'available');
  const nowMs = world.nowMs();
  instance.cutAtMs = replayedMs(replica, nowMs);
  instance.copyOf = copyFrom(instance, nowMs);
  delete instance.replica;
  forgetReplica(replica.source, region, id);
  instance.serving = false;
  change(world, instance, { DBInstanceStatus: 'modifying' });
  world.changed(`rds/${id}`, `${id} is being promoted`, 'lifeboat');
  const seconds = world.duration(rdsDurations.promoteReplica, `rds-promote/${id}`);
  const retention = call.input.BackupRetentionPeriod;
  world.after(seconds, `rds/${id}`, `${id} is a writer of its own`, () => {
    instance.serving = true;
    change(world, instance, {
      DBInstanceStatus: 'available',
      ReadReplicaSourceDBInstanceIdentifier: undefined,
      StatusInfos: undefined,
      BackupRetentionPeriod: typeof retention === 'number' ? retention : 1,
    });
    beginBackup(world, instance, world.nowMs());
  });
  return shown(instance);
}

/** Takes a replica that is no longer one off its source's list. */
export function forgetReplica(source: SimulatedInstance, region: string, identifier: string): void {
  const names = [identifier, `arn:aws:rds:${region}:123456789012:db:${identifier}`];
  source.shown.ReadReplicaDBInstanceIdentifiers = (
    source.shown.ReadReplicaDBInstanceIdentifiers ?? []
  ).filter(name => !names.includes(name));
}

/** The source is gone: in its own region a replica becomes a writer of its own, elsewhere it stays a replica without a source. */
export function orphan(world: World, source: SimulatedInstance): void {
  for (const instance of rdsState(world).instances.values()) {
    if (instance.replica?.source !== source) continue;
    instance.replica.frozenAtMs ??= world.nowMs();
    change(world, instance, {
      StatusInfos: [{ StatusType: 'read replication', Normal: false, Status: 'terminated' }],
    });
  }
}
