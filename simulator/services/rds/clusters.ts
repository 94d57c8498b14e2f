import type { DBCluster, DBClusterMember, DBClusterSnapshot } from '@aws-sdk/client-rds';
import type { DatabaseServer } from '../../world/dependencies.ts';
import { seenState } from '../../world/history.ts';
import { type Call, hashToUnit, SimulatedAwsError, type World } from '../../world/world.ts';
import { type ClusterComponent, domainOf, engineOf } from './cluster-components.ts';
import type { DatabaseAt } from './database-at.ts';
import { versionOf } from './engines.ts';
import { instanceArn } from './events.ts';
import { growsWithItsCluster, serverlessClass } from './serverless.ts';
import { accountId, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

/** DB clusters: what exists of them, and what is behind their endpoints. */

/** A cluster as DescribeDBClusters shows it, and what the API does not show. */
export type SimulatedCluster = {
  shown: DBCluster & { DBClusterIdentifier: string; Status: string; DBClusterMembers: DBClusterMember[] };
  region: string;
  /** For a restored copy: the last moment whose data it holds, ms since the epoch. */
  cutAtMs?: number;
  /** For a restored copy: whose data it holds. */
  copyOf?: DatabaseServer['copyOf'];
};

export type ClusterState = {
  clusters: Map<string, SimulatedCluster>;
  snapshots: { region: string; shown: DBClusterSnapshot }[];
  /** `<region>/<name>` of what exists. */
  parameterGroups: Set<string>;
  /** Security groups that exist, `<region>/<id>`. */
  securityGroups: Set<string>;
  /** Every server of data that was ever asked for, by its id: copies refer to those that are gone. */
  servers: Map<string, DatabaseServer>;
};

export function clusterState(world: World): ClusterState {
  return world.state<ClusterState>('rds-clusters', () => ({
    clusters: new Map(),
    snapshots: [],
    parameterGroups: new Set(),
    securityGroups: new Set(),
    servers: new Map(),
  }));
}

export function clusterArn(region: string, identifier: string): string {
  return `arn:aws:rds:${region}:${accountId}:cluster:${identifier}`;
}

/** The endpoint that follows the writer, in the form that RDS gives it, or another service that keeps clusters. */
export function clusterEndpointOf(region: string, identifier: string, domain = 'rds'): string {
  const account = Math.floor(hashToUnit(0, `rds-endpoint/${region}`) * 36 ** 10).toString(36);
  return `${identifier}.cluster-c${account.padStart(10, '0')}.${region}.${domain}.amazonaws.com`;
}

/** The same of a component of the plan. */
export function endpointOfCluster(component: ClusterComponent): string {
  return clusterEndpointOf(component.region, component.identifier, domainOf(component));
}

/** Instances of a cluster whose number the plan does not say: one in each of three zones, fewer where it stands by. */
const zones = ['a', 'b', 'c'];

/** Makes a cluster of the plan with its instances. A secondary of a global database has readers only. */
export function addCluster(
  world: World,
  component: ClusterComponent,
  options: { global?: string; secondary: boolean },
): void {
  const { region, identifier, port } = component;
  const engine = engineOf(component);
  const endpoint = endpointOfCluster(component);
  const { serverless, instances, instanceClass } = component.type === 'rds-cluster' ? component : {};
  const cluster: SimulatedCluster = {
    region,
    shown: {
      DBClusterIdentifier: identifier,
      DBClusterArn: clusterArn(region, identifier),
      Status: 'available',
      Engine: engine,
      EngineVersion: versionOf(engine),
      DBClusterParameterGroup: `default.${engine}`,
      DatabaseName: component.type === 'rds-cluster' ? component.database : undefined,
      Endpoint: endpoint,
      ReaderEndpoint: endpoint.replace('.cluster-', '.cluster-ro-'),
      Port: port,
      MultiAZ: true,
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 7,
      LatestRestorableTime: world.now(),
      EarliestRestorableTime: new Date(world.nowMs() - 7 * 86_400_000),
      GlobalClusterIdentifier: options.global,
      ...(serverless && {
        ServerlessV2ScalingConfiguration: { MinCapacity: serverless.min, MaxCapacity: serverless.max },
      }),
      TagList: [],
      DBClusterMembers: [],
    },
  };
  clusterState(world).clusters.set(keyOf(region, identifier), cluster);
  const wanted = instances ?? (options.secondary ? 2 : 3);
  for (let index = 0; index < wanted; index++) {
    addMember(world, cluster, {
      identifier: `${identifier}-${index + 1}`,
      zone: `${region}${zones[index % zones.length]}`,
      instanceClass: instanceClass ?? (serverless && serverlessClass),
      writer: index === 0 && !options.secondary,
      status: 'available',
    });
  }
}

/** A DB instance of a cluster. */
export function addMember(
  world: World,
  cluster: SimulatedCluster,
  member: {
    identifier: string;
    zone: string;
    writer: boolean;
    status: string;
    tags?: { Key: string; Value: string }[];
    instanceClass?: string | undefined;
    promotionTier?: number | undefined;
  },
): SimulatedInstance {
  const { region, shown } = cluster;
  const instance: SimulatedInstance = {
    region,
    server: `cluster/${region}/${shown.DBClusterIdentifier}`,
    serving: member.status === 'available',
    shown: {
      DBInstanceIdentifier: member.identifier,
      DBInstanceStatus: member.status,
      DBInstanceArn: instanceArn(region, member.identifier),
      DBInstanceClass: member.instanceClass ?? 'db.r6g.large',
      DBClusterIdentifier: shown.DBClusterIdentifier,
      Engine: shown.Engine,
      Endpoint: { Address: endpointOf(region, member.identifier), Port: shown.Port },
      // Each instance of a cluster is in one zone; what is Multi-AZ is the cluster.
      MultiAZ: false,
      AvailabilityZone: member.zone,
      TagList: member.tags ?? [],
    },
  };
  rdsState(world).instances.set(keyOf(region, member.identifier), instance);
  shown.DBClusterMembers.push({
    DBInstanceIdentifier: member.identifier,
    IsClusterWriter: member.writer,
    PromotionTier: member.promotionTier ?? 1,
    DBClusterParameterGroupStatus: 'in-sync',
  });
  remember(world);
  growsWithItsCluster(world, cluster, instance);
  return instance;
}

export function writerIn(cluster: SimulatedCluster): DBClusterMember | undefined {
  return cluster.shown.DBClusterMembers.find(member => member.IsClusterWriter);
}

export function memberInstance(world: World, cluster: SimulatedCluster, identifier: string | undefined) {
  return rdsState(world).instances.get(keyOf(cluster.region, identifier ?? ''));
}

/** What stands behind a cluster's endpoint, or behind the endpoint of one of its instances. */
export function clusterAt(world: World, host: string): DatabaseAt | undefined {
  for (const cluster of clusterState(world).clusters.values()) {
    const { Endpoint, ReaderEndpoint, DBClusterIdentifier, Status } = cluster.shown;
    const named = cluster.shown.DBClusterMembers.find(
      ({ DBInstanceIdentifier: id = '' }) => endpointOf(cluster.region, id) === host,
    );
    if (Endpoint !== host && ReaderEndpoint !== host && !named) continue;
    // The endpoint of a secondary of a global database leads to a reader, as its reader endpoint does.
    const writer = writerIn(cluster);
    const reader = cluster.shown.DBClusterMembers.find(({ IsClusterWriter }) => !IsClusterWriter);
    const member = named ?? (host === ReaderEndpoint ? (reader ?? writer) : (writer ?? reader));
    const instance = memberInstance(world, cluster, member?.DBInstanceIdentifier);
    const serving = ['available', 'backing-up', 'failing-over', 'resetting-master-credentials'];
    const up = serving.includes(Status);
    const reachable = up && instance?.serving === true && !world.isLost(cluster.region);
    return {
      instance: DBClusterIdentifier,
      region: cluster.region,
      engine: cluster.shown.Engine ?? 'aurora-postgresql',
      reachable,
      writable: reachable && member?.IsClusterWriter === true,
      cutAt: cluster.cutAtMs === undefined ? undefined : new Date(cluster.cutAtMs),
      // Readers share the writer's storage, and are milliseconds behind.
      replayedAtMs: member?.IsClusterWriter === true ? undefined : world.nowMs(),
      // Readers of Aurora are no replicas of MySQL's own kind.
      receives: false,
      setReadOnly: false,
    };
  }
  return undefined;
}

/** Changes what a cluster shows; the caller records the change of the world. */
export function changeCluster(_world: World, cluster: SimulatedCluster, shown: Partial<DBCluster>): void {
  Object.assign(cluster.shown, shown);
}

export function describeClusters(world: World, call: Call): unknown {
  const { clusters: state } = seenState(world, 'rds', { clusters: clusterState(world).clusters });
  const wanted = call.input.DBClusterIdentifier;
  const found = [...state.values()].filter(
    ({ region, shown }) =>
      region === call.region && (typeof wanted !== 'string' || shown.DBClusterIdentifier === wanted),
  );
  if (typeof wanted === 'string' && found.length === 0) throw clusterNotFound(wanted);
  // Automated backups reach to five minutes ago (Aurora User Guide, "Restoring a DB cluster to a specified time").
  const LatestRestorableTime = new Date(world.nowMs() - 5 * 60_000);
  return {
    DBClusters: found.map(({ shown }) => ({ ...structuredClone(shown), LatestRestorableTime })),
  };
}

export function describeClusterSnapshots(world: World, call: Call): unknown {
  const filters = Array.isArray(call.input.Filters) ? call.input.Filters : [];
  const ids = filters.find(filter => filter.Name === 'db-cluster-id')?.Values;
  const { SnapshotType: type, DBClusterSnapshotIdentifier: name } = call.input;
  const snapshots = clusterState(world)
    .snapshots.filter(({ region }) => region === call.region)
    .map(snapshot => snapshot.shown)
    .filter(shown => !Array.isArray(ids) || ids.includes(shown.DBClusterIdentifier))
    .filter(shown => name === undefined || shown.DBClusterSnapshotIdentifier === name)
    .filter(({ SnapshotType }) => (type ? SnapshotType === type : SnapshotType !== 'awsbackup'));
  return { DBClusterSnapshots: structuredClone(snapshots) };
}

export function describeParameterGroup(world: World, call: Call): unknown {
  const name = String(call.input.DBClusterParameterGroupName);
  if (!clusterState(world).parameterGroups.has(`${call.region}/${name}`)) {
    const message = `DBClusterParameterGroup not found: ${name}`;
    throw new SimulatedAwsError('DBParameterGroupNotFoundFault', message, 404);
  }
  return { DBClusterParameterGroups: [{ DBClusterParameterGroupName: name }] };
}

export function existingCluster(world: World, { region, input }: Call): SimulatedCluster {
  const id = String(input.DBClusterIdentifier);
  const cluster = clusterState(world).clusters.get(keyOf(region, id));
  if (!cluster) throw clusterNotFound(id);
  return cluster;
}

export function wrongClusterState(cluster: SimulatedCluster, wanted: string): SimulatedAwsError {
  const { DBClusterIdentifier: id, Status } = cluster.shown;
  return new SimulatedAwsError('InvalidDBClusterStateFault', `DbCluster ${id} is ${Status}, not ${wanted}.`);
}

function clusterNotFound(id: string): SimulatedAwsError {
  return new SimulatedAwsError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);
}
