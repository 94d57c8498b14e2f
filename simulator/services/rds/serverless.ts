import type { DBCluster } from '@aws-sdk/client-rds';
import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { addMetric } from '../../world/metrics.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import type { SimulatedCluster } from './clusters.ts';
import { keyOf, rdsState, type SimulatedInstance } from './state.ts';

/** Aurora Serverless v2: the range of a cluster, and how its instances follow it. Nobody loads them in a rehearsal. */

export const serverlessClass = 'db.serverless';

/** What a version lets a range be. Source: RDS API Reference, ServerlessV2FeaturesSupport: older ones less. */
const limitsOf = (version: unknown) =>
  /^(13|14)\.|3\.0[2-7]/.test(String(version))
    ? { MinCapacity: 0.5, MaxCapacity: 128 }
    : { MinCapacity: 0, MaxCapacity: 256 };

/** DescribeDBEngineVersions, for what actions ask of it. */
export function describeEngineVersions(_world: World, { input }: Call): unknown {
  const { Engine, EngineVersion } = input;
  const aurora = typeof Engine === 'string' && Engine.startsWith('aurora');
  return {
    DBEngineVersions: [
      {
        Engine,
        EngineVersion,
        Status: 'available',
        ...(aurora && { ServerlessV2FeaturesSupport: limitsOf(EngineVersion) }),
      },
    ],
  };
}

const leastOf = ({ ServerlessV2ScalingConfiguration: range }: DBCluster) => range?.MinCapacity ?? 0;

/** A serverless instance begins with the least capacity of its cluster, and CloudWatch gets what it has. */
export function growsWithItsCluster(
  world: World,
  { shown, region }: SimulatedCluster,
  instance: SimulatedInstance,
): void {
  if (instance.shown.DBInstanceClass !== serverlessClass) return;
  instance.capacity = [{ atMs: world.nowMs(), units: leastOf(shown) }];
  const { DBInstanceIdentifier } = instance.shown;
  addMetric(world, {
    region,
    namespace: 'AWS/RDS',
    name: 'ServerlessDatabaseCapacity',
    dimensions: { DBInstanceIdentifier },
    valueAt: atMs => {
      const exists = rdsState(world).instances.get(keyOf(region, DBInstanceIdentifier)) === instance;
      if (!exists || !instance.serving) return undefined;
      // What it had before the plan's world began is what it has at first.
      const { capacity = [] } = instance;
      return (capacity.findLast(one => one.atMs <= atMs) ?? capacity[0])?.units;
    },
  });
}

/** ModifyDBCluster with a range: in force at once, and each instance grows or shrinks to it after a while. */
export function changeRange(world: World, cluster: SimulatedCluster, call: Call): void {
  const { MinCapacity: min, MaxCapacity: max } = (call.input.ServerlessV2ScalingConfiguration ?? {}) as {
    MinCapacity?: number;
    MaxCapacity?: number;
  };
  if (min === undefined || max === undefined) return;
  const limits = limitsOf(cluster.shown.EngineVersion);
  const bad = min > max || min < limits.MinCapacity || max > limits.MaxCapacity || max < 1;
  if (bad || (min * 2) % 1 !== 0 || (max * 2) % 1 !== 0) {
    const message = `The specified Serverless v2 capacity ${min} to ${max} is not valid.`;
    throw new SimulatedAwsError('InvalidParameterValue', message);
  }
  const { shown, region } = cluster;
  const id = shown.DBClusterIdentifier;
  if (shown.Status !== 'available') {
    throw new SimulatedAwsError('InvalidDBClusterStateFault', `DbCluster ${id} is ${shown.Status}.`);
  }
  shown.ServerlessV2ScalingConfiguration = { MinCapacity: min, MaxCapacity: max };
  world.changed(`rds/${id}`, `${id} scales from ${min} to ${max} ACU`, 'lifeboat');
  for (const { DBInstanceIdentifier = '' } of shown.DBClusterMembers) {
    const instance = rdsState(world).instances.get(keyOf(region, DBInstanceIdentifier));
    if (!instance?.capacity) continue;
    const seconds = world.duration(rdsDurations.growServerless, `rds-grow/${DBInstanceIdentifier}`);
    world.after(seconds, `rds/${id}`, `${DBInstanceIdentifier} has its new capacity`, () => {
      // Without load it has the least that the range of this moment allows.
      instance.capacity?.push({ atMs: world.nowMs(), units: leastOf(shown) });
    });
  }
}
