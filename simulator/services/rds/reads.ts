import type { DBInstance } from '@aws-sdk/client-rds';
import { copyOf } from '../../world/copy.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { latestTimeMs, shownBackup } from './backups.ts';
import { pageOf } from './input.ts';
import { rdsState, seenInstance, staleByMs } from './state.ts';

export function describeBackups(world: World, call: Call): unknown {
  const backups = rdsState(world).backups.filter(backup => backup.region === call.region);
  const { page, Marker } = pageOf(call, backups);
  return { DBInstanceAutomatedBackups: page.map(backup => shownBackup(world, backup)), Marker };
}

export function describeInstances(world: World, call: Call): unknown {
  const wanted = call.input.DBInstanceIdentifier;
  const state = rdsState(world);
  const ids =
    typeof wanted === 'string'
      ? [wanted]
      : [...state.instances.values()]
          .filter(instance => instance.region === call.region)
          .filter(instance => ofCluster(call, instance.shown.DBClusterIdentifier))
          .map(instance => instance.shown.DBInstanceIdentifier);
  const found = ids.flatMap(id => seenInstance(world, call.region, id) ?? []);
  if (typeof wanted === 'string' && found.length === 0) throw notFound(wanted);
  return { DBInstances: found.map(shown => withRestorable(world, call.region, copyOf(shown))) };
}

/** Whether the filter `db-cluster-id` lets an instance through. */
function ofCluster(call: Call, cluster: string | undefined): boolean {
  const filters = Array.isArray(call.input.Filters) ? call.input.Filters : [];
  const wanted = filters.find(filter => filter.Name === 'db-cluster-id')?.Values;
  return !Array.isArray(wanted) || wanted.includes(cluster);
}

/** The newest moment that the automated backup in the instance's own region can be restored to. */
function withRestorable(world: World, region: string, shown: DBInstance): DBInstance {
  const backup = rdsState(world).backups.find(
    one =>
      one.region === region && one.status === 'active' && one.of?.shown.DbiResourceId === shown.DbiResourceId,
  );
  return backup ? { ...shown, LatestRestorableTime: new Date(latestTimeMs(world, backup)) } : shown;
}

export function describeSnapshots(world: World, call: Call): unknown {
  const filters = Array.isArray(call.input.Filters) ? call.input.Filters : [];
  const ids = filters.find(filter => filter.Name === 'db-instance-id')?.Values;
  const { SnapshotType: type, DBSnapshotIdentifier: wanted } = call.input;
  const snapshots = rdsState(world)
    .snapshots.filter(({ region }) => region === call.region)
    .map(snapshot => snapshot.shown)
    .filter(snapshot => !Array.isArray(ids) || ids.includes(snapshot.DBInstanceIdentifier))
    // Without a type RDS answers with automated and manual snapshots only.
    .filter(({ SnapshotType }) => (type ? SnapshotType === type : SnapshotType !== 'awsbackup'))
    .filter(({ DBSnapshotIdentifier }) => wanted === undefined || DBSnapshotIdentifier === wanted);
  if (wanted !== undefined && snapshots.length === 0) {
    throw new SimulatedAwsError('DBSnapshotNotFoundFault', `DBSnapshot ${wanted} not found.`, 404);
  }
  const { page, Marker } = pageOf(call, snapshots);
  return { DBSnapshots: structuredClone(page), Marker };
}

export function describeEvents(world: World, call: Call): unknown {
  const from =
    call.input.StartTime instanceof Date ? call.input.StartTime.getTime() : world.nowMs() - 3_600_000;
  const asked = call.input.EndTime instanceof Date ? call.input.EndTime.getTime() : world.nowMs();
  const to = world.faults.has('stale-read:rds') ? Math.min(asked, world.nowMs() - staleByMs) : asked;
  const events = rdsState(world).events.filter(
    event =>
      event.region === call.region &&
      (call.input.SourceIdentifier === undefined || event.identifier === call.input.SourceIdentifier) &&
      event.atMs >= from &&
      event.atMs <= to,
  );
  return {
    Events: events.map(event => ({
      SourceIdentifier: event.identifier,
      SourceType: 'db-instance',
      Message: event.message,
      Date: new Date(event.atMs),
    })),
  };
}

export function describeSubnetGroups(world: World, call: Call): unknown {
  const name = String(call.input.DBSubnetGroupName);
  if (!rdsState(world).subnetGroups.has(`${call.region}/${name}`)) {
    throw new SimulatedAwsError(
      'DBSubnetGroupNotFoundFault',
      `DB subnet group '${name}' does not exist.`,
      404,
    );
  }
  return { DBSubnetGroups: [{ DBSubnetGroupName: name, SubnetGroupStatus: 'Complete' }] };
}

export function describeParameterGroups(world: World, call: Call): unknown {
  const name = String(call.input.DBParameterGroupName);
  if (!rdsState(world).parameterGroups.has(`${call.region}/${name}`)) {
    throw new SimulatedAwsError('DBParameterGroupNotFoundFault', `DBParameterGroup not found: ${name}`, 404);
  }
  return { DBParameterGroups: [{ DBParameterGroupName: name }] };
}

/** Classes as RDS names them. Which of those a region lacks is not simulated: it offers what is asked for. */
const classes = /^db\.(?:serverless|[a-z]\d+[a-z]*\.(?:micro|small|medium|large|\d*xlarge))$/;

export function describeOrderable(_world: World, { input }: Call): unknown {
  const { Engine, DBInstanceClass } = input;
  const option = { Engine, DBInstanceClass, MultiAZCapable: true, Vpc: true };
  return { OrderableDBInstanceOptions: classes.test(String(DBInstanceClass)) ? [option] : [] };
}

export function notFound(id: string): SimulatedAwsError {
  return new SimulatedAwsError('DBInstanceNotFoundFault', `DBInstance ${id} not found.`, 404);
}
