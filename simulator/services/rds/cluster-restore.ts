import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyIsEnabled } from '../kms.ts';
import {
  addMember,
  changeCluster,
  clusterArn,
  clusterEndpointOf,
  clusterState,
  type SimulatedCluster,
} from './clusters.ts';
import { instanceQuota } from './create.ts';
import { portOf } from './engines.ts';
import { globalServer, isSecondary } from './global-clusters.ts';
import { serverlessClass } from './serverless.ts';
import { change, keyOf, rdsState } from './state.ts';

/** Restoring clusters, and the instances that a restored Aurora cluster needs. */

type Source = { engine: string; engineVersion?: string; kmsKeyArn: string; cutAtMs: number; server: string };

export function restoreClusterFromSnapshot(world: World, call: Call): unknown {
  const id = textOf(call, 'SnapshotIdentifier');
  const snapshot = clusterState(world).snapshots.find(
    ({ region, shown }) =>
      region === call.region &&
      (shown.DBClusterSnapshotIdentifier === id || shown.DBClusterSnapshotArn === id),
  )?.shown;
  if (!snapshot) {
    throw new SimulatedAwsError('DBClusterSnapshotNotFoundFault', `DBClusterSnapshot ${id} not found.`, 404);
  }
  return create(world, call, 'restoreFromSnapshot', {
    engine: snapshot.Engine ?? textOf(call, 'Engine'),
    engineVersion: snapshot.EngineVersion,
    kmsKeyArn: snapshot.KmsKeyId ?? '',
    cutAtMs: (snapshot.SnapshotCreateTime ?? new Date(0)).getTime(),
    server: serverIdOf(
      world,
      snapshot.SourceDBClusterSnapshotArn?.split(':')[3] ?? call.region,
      snapshot.DBClusterIdentifier ?? '',
    ),
  });
}

export function restoreClusterToPointInTime(world: World, call: Call): unknown {
  const id = textOf(call, 'SourceDBClusterIdentifier');
  const source = clusterState(world).clusters.get(keyOf(call.region, id));
  if (!source) throw new SimulatedAwsError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);
  const latestMs = world.nowMs() - 5 * 60_000;
  const wanted = call.input.RestoreToTime;
  if (wanted instanceof Date && wanted.getTime() > latestMs) {
    throw new SimulatedAwsError(
      'InvalidRestoreFault',
      `The specified cluster cannot be restored to a time later than ${new Date(latestMs).toISOString()}.`,
    );
  }
  return create(world, call, 'restoreToPointInTime', {
    engine: source.shown.Engine ?? '',
    engineVersion: source.shown.EngineVersion,
    kmsKeyArn: source.shown.KmsKeyId ?? '',
    cutAtMs: wanted instanceof Date ? wanted.getTime() : latestMs,
    server: serverIdOf(world, call.region, id),
  });
}

function create(
  world: World,
  call: Call,
  duration: 'restoreToPointInTime' | 'restoreFromSnapshot',
  source: Source,
): unknown {
  const { region, input } = call;
  const identifier = textOf(call, 'DBClusterIdentifier');
  check(world, call, identifier, source);
  const cluster: SimulatedCluster = {
    region,
    cutAtMs: source.cutAtMs,
    copyOf: { id: source.server, untilMs: source.cutAtMs },
    shown: {
      DBClusterIdentifier: identifier,
      DBClusterArn: clusterArn(region, identifier),
      Status: 'creating',
      Engine: source.engine,
      EngineVersion: source.engineVersion,
      Endpoint: clusterEndpointOf(region, identifier),
      Port: typeof input.Port === 'number' ? input.Port : portOf(source.engine),
      StorageEncrypted: true,
      KmsKeyId: source.kmsKeyArn,
      DBSubnetGroup: textOf(call, 'DBSubnetGroupName'),
      DeletionProtection: input.DeletionProtection === true,
      TagList: tagsOf(call),
      DBClusterMembers: [],
    },
  };
  clusterState(world).clusters.set(keyOf(region, identifier), cluster);
  world.changed(`rds/${identifier}`, `The cluster ${identifier} is being restored in ${region}`, 'lifeboat');
  const seconds = world.duration(rdsDurations[duration], `rds-cluster-restore/${identifier}`);
  // Aurora's storage is there before its instances; a Multi-AZ DB cluster makes its three instances itself.
  world.after(seconds, `rds/${identifier}`, `The cluster ${identifier} is available`, () => {
    if (cluster.shown.Status !== 'creating') return;
    changeCluster(world, cluster, { Status: 'available' });
    if (source.engine.startsWith('aurora')) return;
    for (const [index, zone] of ['a', 'b', 'c'].entries()) {
      addMember(world, cluster, {
        identifier: `${identifier}-instance-${index + 1}`,
        zone: `${region}${zone}`,
        writer: index === 0,
        status: 'available',
      });
    }
  });
  return { DBCluster: structuredClone(cluster.shown) };
}

/** CreateDBInstance for a member of an Aurora cluster; the first one becomes the writer where the cluster writes. */
export function createMember(world: World, call: Call): unknown {
  const { region } = call;
  const identifier = textOf(call, 'DBInstanceIdentifier');
  const id = textOf(call, 'DBClusterIdentifier');
  const cluster = clusterState(world).clusters.get(keyOf(region, id));
  if (!cluster) throw new SimulatedAwsError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);
  if (rdsState(world).instances.has(keyOf(region, identifier))) {
    throw new SimulatedAwsError('DBInstanceAlreadyExistsFault', `DB instance already exists: ${identifier}`);
  }
  if (cluster.shown.Status !== 'available') {
    throw new SimulatedAwsError('InvalidDBClusterStateFault', `DbCluster ${id} is ${cluster.shown.Status}.`);
  }
  refuseMember(world, call, cluster);
  const position = cluster.shown.DBClusterMembers.length;
  const instance = addMember(world, cluster, {
    identifier,
    zone: `${region}${['a', 'b', 'c'][position % 3]}`,
    writer: position === 0 && !isSecondary(world, region, id),
    promotionTier: typeof call.input.PromotionTier === 'number' ? call.input.PromotionTier : undefined,
    status: 'creating',
    tags: tagsOf(call),
    instanceClass: textOf(call, 'DBInstanceClass'),
  });
  world.changed(`rds/${identifier}`, `${identifier} is being made for the cluster ${id}`, 'lifeboat');
  const seconds = world.duration(rdsDurations.createClusterInstance, `rds-create/${identifier}`);
  world.after(seconds, `rds/${identifier}`, `${identifier} is available`, () => {
    if (instance.shown.DBInstanceStatus !== 'creating') return;
    instance.serving = true;
    change(world, instance, { DBInstanceStatus: 'available' });
  });
  return { DBInstance: structuredClone(instance.shown) };
}

/** Serverless instances need a range of their cluster, and an account has so many instances in a region. */
function refuseMember(world: World, { region, input }: Call, cluster: SimulatedCluster): void {
  if (input.DBInstanceClass === serverlessClass && !cluster.shown.ServerlessV2ScalingConfiguration) {
    throw new SimulatedAwsError(
      'InvalidParameterCombination',
      'Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.',
    );
  }
  const count = [...rdsState(world).instances.values()].filter(instance => instance.region === region).length;
  if (count >= instanceQuota) {
    throw new SimulatedAwsError('InstanceQuotaExceededFault', 'DB Instance quota exceeded');
  }
}

/** What RDS refuses at once, in the order in which it looks. */
function check(world: World, call: Call, identifier: string, source: Source): void {
  const { region, input } = call;
  const state = clusterState(world);
  const refuse = (name: string, message: string): never => {
    throw new SimulatedAwsError(name, message);
  };
  if (state.clusters.has(keyOf(region, identifier))) {
    refuse('DBClusterAlreadyExistsFault', `DB Cluster already exists: ${identifier}`);
  }
  const subnetGroup = textOf(call, 'DBSubnetGroupName');
  if (!rdsState(world).subnetGroups.has(`${region}/${subnetGroup}`)) {
    refuse('DBSubnetGroupNotFoundFault', `DB subnet group '${subnetGroup}' does not exist.`);
  }
  const parameterGroup = textOf(call, 'DBClusterParameterGroupName');
  if (!state.parameterGroups.has(`${region}/${parameterGroup}`)) {
    refuse('DBClusterParameterGroupNotFoundFault', `DBClusterParameterGroup not found: ${parameterGroup}`);
  }
  const groups = Array.isArray(input.VpcSecurityGroupIds) ? input.VpcSecurityGroupIds : [];
  const unknown = groups.find(group => !state.securityGroups.has(`${region}/${group}`));
  if (unknown !== undefined) {
    refuse('InvalidVPCNetworkStateFault', `Invalid security group , groupId= ${unknown}, groupName=.`);
  }
  if (!keyIsEnabled(world, region, source.kmsKeyArn)) {
    refuse(
      'KMSKeyNotAccessibleFault',
      `The specified KMS key [${source.kmsKeyArn}] does not exist or is not enabled.`,
    );
  }
}

/** The server of data that a cluster writes to. */
function serverIdOf(world: World, region: string, identifier: string): string {
  return globalServer(world, region, identifier)?.id ?? `cluster/${region}/${identifier}`;
}

function textOf(call: Call, key: string): string {
  const value = call.input[key];
  if (typeof value === 'string') return value;
  throw new SimulatedAwsError('InvalidParameterValue', `${call.operation} needs ${key}.`);
}

function tagsOf(call: Call): { Key: string; Value: string }[] {
  const tags = Array.isArray(call.input.Tags) ? call.input.Tags : [];
  return tags.map(tag => ({ Key: String(tag.Key), Value: String(tag.Value) }));
}
