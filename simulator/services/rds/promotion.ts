import { isAtLeast } from '../../../shared/aws/rds-instance-classes.ts';
import type { World } from '../../world/world.ts';
import { memberInstance, type SimulatedCluster } from './clusters.ts';

/**
 * Which member becomes the writer: one that serves, of the best promotion tier, and the largest of those. Source: Aurora
 * User Guide, "Fault tolerance for an Aurora DB cluster".
 */
export function nextInLine(world: World, cluster: SimulatedCluster): string | undefined {
  const instanceOf = (id: string | undefined) => memberInstance(world, cluster, id);
  const serving = cluster.shown.DBClusterMembers.filter(
    ({ DBInstanceIdentifier: id, IsClusterWriter }) => !IsClusterWriter && instanceOf(id)?.serving,
  );
  const tiers = serving.map(({ PromotionTier = 1 }) => PromotionTier);
  const best = serving.filter(({ PromotionTier = 1 }) => PromotionTier === Math.min(...tiers));
  const classOf = (id: string | undefined) => instanceOf(id)?.shown.DBInstanceClass ?? '';
  return best
    .map(({ DBInstanceIdentifier }) => DBInstanceIdentifier)
    .reduce<string | undefined>(
      (largest, id) =>
        largest === undefined || !isAtLeast(classOf(largest), classOf(id)) ? (id ?? largest) : largest,
      undefined,
    );
}
