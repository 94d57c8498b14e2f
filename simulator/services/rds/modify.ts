import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { beginBackup } from './backups.ts';
import { portOf } from './engines.ts';
import { instanceArn } from './events.ts';
import { existing, inState, shown } from './existing.ts';
import { change, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

/** ModifyDBInstance, applied immediately: the settings that Lifeboat changes, and the name. */
export function modify(world: World, call: Call): unknown {
  const instance = existing(world, call);
  const { input } = call;
  const id = instance.shown.DBInstanceIdentifier;
  if (typeof input.NewDBInstanceIdentifier === 'string' && input.NewDBInstanceIdentifier !== id) {
    return rename(world, instance, input.NewDBInstanceIdentifier);
  }
  if (typeof input.DeletionProtection === 'boolean') {
    change(world, instance, { DeletionProtection: input.DeletionProtection });
    world.changed(`rds/${id}`, `Deletion protection of ${id}: ${input.DeletionProtection}`, 'lifeboat');
  }
  if (typeof input.BackupRetentionPeriod === 'number')
    keepBackups(world, instance, input.BackupRetentionPeriod);
  if (typeof input.MultiAZ === 'boolean' && input.MultiAZ !== instance.shown.MultiAZ) {
    changeStandby(world, instance, input.MultiAZ);
  }
  return shown(instance);
}

function keepBackups(world: World, instance: SimulatedInstance, days: number): void {
  const had = (instance.shown.BackupRetentionPeriod ?? 0) > 0;
  change(world, instance, { BackupRetentionPeriod: days });
  world.changed(
    `rds/${instance.shown.DBInstanceIdentifier}`,
    `Backups of ${instance.shown.DBInstanceIdentifier} are kept for ${days} days`,
    'lifeboat',
  );
  if (!had && days > 0) beginBackup(world, instance, world.nowMs());
}

/** The standby is made from a snapshot while the writer goes on serving. */
function changeStandby(world: World, instance: SimulatedInstance, multiAz: boolean): void {
  inState(instance, 'available');
  const id = instance.shown.DBInstanceIdentifier;
  change(world, instance, { DBInstanceStatus: 'modifying', PendingModifiedValues: { MultiAZ: multiAz } });
  world.changed(`rds/${id}`, `${id} is being made ${multiAz ? 'Multi-AZ' : 'Single-AZ'}`, 'lifeboat');
  const seconds = world.duration(rdsDurations.addStandby, `rds-standby/${id}`);
  world.after(seconds, `rds/${id}`, `${id} is ${multiAz ? 'Multi-AZ' : 'Single-AZ'}`, () => {
    if (instance.shown.DBInstanceStatus !== 'modifying') return;
    change(world, instance, {
      DBInstanceStatus: 'available',
      PendingModifiedValues: undefined,
      MultiAZ: multiAz,
      SecondaryAvailabilityZone: multiAz ? `${instance.region}b` : undefined,
    });
  });
}

/**
 * A rename: the old host name is gone at once, and the instance answers under the new one when RDS has rebooted it.
 * Tags, backups and replicas stay with it. Source: RDS User Guide, "Renaming a DB instance".
 */
function rename(world: World, instance: SimulatedInstance, to: string): unknown {
  const { region } = instance;
  const from = instance.shown.DBInstanceIdentifier;
  const { instances } = rdsState(world);
  inState(instance, 'available');
  if (instances.has(keyOf(region, to))) {
    throw new SimulatedAwsError('DBInstanceAlreadyExistsFault', `DB instance already exists: ${to}`);
  }
  instance.serving = false;
  change(world, instance, { DBInstanceStatus: 'renaming' });
  world.changed(`rds/${from}`, `${from} is being renamed to ${to}`, 'lifeboat');
  const host = endpointOf(region, to);
  const seconds = world.duration(rdsDurations.rename, `rds-rename/${from}/${to}`);
  // The name is free, and the new one taken, well before the instance serves again.
  world.after(seconds / 4, `rds/${to}`, `${from} has become ${to}`, () => {
    instances.delete(keyOf(region, from));
    instances.set(keyOf(region, to), instance);
    Object.assign(instance.shown, {
      DBInstanceIdentifier: to,
      DBInstanceArn: instanceArn(region, to),
      Endpoint: { Address: host, Port: instance.shown.Endpoint?.Port ?? portOf(instance.shown.Engine) },
    });
    renameForReplicas(world, instance, from);
    remember(world);
  });
  world.after(seconds, `rds/${to}`, `${to} is available`, () => {
    if (instance.shown.DBInstanceStatus !== 'renaming') return;
    instance.serving = true;
    change(world, instance, { DBInstanceStatus: 'available' });
  });
  return shown(instance);
}

function renameForReplicas(world: World, source: SimulatedInstance, from: string): void {
  const { region } = source;
  const to = source.shown.DBInstanceIdentifier;
  for (const instance of rdsState(world).instances.values()) {
    if (instance.replica?.source !== source) continue;
    const { ReadReplicaSourceDBInstanceIdentifier: known } = instance.shown;
    instance.shown.ReadReplicaSourceDBInstanceIdentifier =
      known === from ? to : known === instanceArn(region, from) ? instanceArn(region, to) : known;
  }
}

/** AddTagsToResource and RemoveTagsFromResource, for instances and snapshots. */
export function addTags(world: World, { input, region }: Call): unknown {
  const tagged = taggedBy(world, region, String(input.ResourceName));
  const added = (Array.isArray(input.Tags) ? input.Tags : []).map(({ Key, Value }) => ({
    Key: String(Key),
    Value: String(Value),
  }));
  const keys = added.map(({ Key }) => Key);
  tagged.TagList = [...(tagged.TagList ?? []).filter(({ Key }) => !keys.includes(Key ?? '')), ...added];
  remember(world);
  world.changed(`rds/${input.ResourceName}`, `Tagged: ${keys.join(', ')}`, 'lifeboat');
  return {};
}

export function removeTags(world: World, { input, region }: Call): unknown {
  const tagged = taggedBy(world, region, String(input.ResourceName));
  const keys = Array.isArray(input.TagKeys) ? input.TagKeys : [];
  tagged.TagList = (tagged.TagList ?? []).filter(({ Key }) => !keys.includes(Key));
  remember(world);
  world.changed(`rds/${input.ResourceName}`, `Tags taken off: ${keys.join(', ')}`, 'lifeboat');
  return {};
}

function taggedBy(
  world: World,
  region: string,
  arn: string,
): { TagList?: { Key?: string; Value?: string }[] } {
  const { instances, snapshots } = rdsState(world);
  const found =
    [...instances.values()].find(one => one.region === region && one.shown.DBInstanceArn === arn)?.shown ??
    snapshots.find(one => one.region === region && one.shown.DBSnapshotArn === arn)?.shown;
  if (!found) throw new SimulatedAwsError('DBInstanceNotFoundFault', `${arn} not found.`, 404);
  return found;
}
