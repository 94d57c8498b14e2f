import { isThrowAway } from '../../shared/backups/verify/throw-away-tags.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { rdsState } from '../services/rds/state.ts';
import type { World } from '../world/world.ts';

/** Identifiers of the instances and clusters of verifications that are still there. */
export function throwAwaysIn(world: World): string[] {
  const instances = [...rdsState(world).instances.values()]
    .filter(({ shown }) => isThrowAway(shown))
    .map(({ shown }) => shown.DBInstanceIdentifier);
  const clusters = [...clusterState(world).clusters.values()]
    .filter(({ shown }) => isThrowAway(shown))
    .map(({ shown }) => shown.DBClusterIdentifier);
  return [...instances, ...clusters];
}
