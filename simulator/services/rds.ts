import { appDependencies } from '../world/dependencies.ts';
import type { SimulatedService } from '../world/world.ts';
import { arrangeRds } from './rds/arrange.ts';
import { freezeBackups, startReplication, stopReplication } from './rds/backups.ts';
import { loseClusterZone } from './rds/cluster-failover.ts';
import { clusterLineage, clusterLineageOf } from './rds/cluster-lineage.ts';
import {
  arrangeClusters,
  clusterOperations,
  returnClusters,
  strikeCluster,
} from './rds/cluster-operations.ts';
import { createMember } from './rds/cluster-restore.ts';
import { createInstance } from './rds/create.ts';
import { existing, shown } from './rds/existing.ts';
import { reboot } from './rds/failover.ts';
import { freezeGlobals } from './rds/global-clusters.ts';
import { remove, start, stop, stopAll } from './rds/lifecycle.ts';
import { lineageOf, lineageOfServer } from './rds/lineage.ts';
import { addTags, modify, removeTags } from './rds/modify.ts';
import { describeParameters, modifyParameterGroup } from './rds/parameter-groups.ts';
import {
  describeBackups,
  describeEvents,
  describeInstances,
  describeOrderable,
  describeParameterGroups,
  describeSnapshots,
  describeSubnetGroups,
} from './rds/reads.ts';
import { createReadReplica, promote } from './rds/replicas.ts';
import { restoreFromSnapshot, restoreToPointInTime } from './rds/restore.ts';
import { copySnapshot, createSnapshot, deleteSnapshot } from './rds/snapshots.ts';
import { beginHistory } from './rds/state.ts';
import { loseZone, strikeInstance } from './rds/strikes.ts';
import { databaseAt } from './rds/who-answers.ts';

export { clusterEndpointOf } from './rds/clusters.ts';
export type { DatabaseAt } from './rds/database-at.ts';
export { failPrimaryZone } from './rds/failover.ts';
export { lineageOf } from './rds/lineage.ts';
export { endpointOf } from './rds/state.ts';
export { databaseAt } from './rds/who-answers.ts';

export const service: SimulatedService = {
  name: 'rds',
  operations: {
    DescribeDBInstances: describeInstances,
    DescribeDBInstanceAutomatedBackups: describeBackups,
    DescribeDBSnapshots: describeSnapshots,
    DescribeEvents: describeEvents,
    DescribeDBSubnetGroups: describeSubnetGroups,
    DescribeDBParameterGroups: describeParameterGroups,
    DescribeDBParameters: describeParameters,
    ModifyDBParameterGroup: modifyParameterGroup,
    DescribeOrderableDBInstanceOptions: describeOrderable,
    // Every pair of regions replicates backups; which ones do not is told in the RDS User Guide.
    DescribeSourceRegions: (_world, { input }) => ({
      SourceRegions: [
        {
          RegionName: input.RegionName,
          Status: 'available',
          SupportsDBInstanceAutomatedBackupsReplication: true,
        },
      ],
    }),
    CreateDBInstance: (world, call) =>
      call.input.DBClusterIdentifier === undefined ? createInstance(world, call) : createMember(world, call),
    CreateDBInstanceReadReplica: createReadReplica,
    PromoteReadReplica: promote,
    RestoreDBInstanceToPointInTime: restoreToPointInTime,
    RestoreDBInstanceFromDBSnapshot: restoreFromSnapshot,
    CreateDBSnapshot: createSnapshot,
    CopyDBSnapshot: copySnapshot,
    DeleteDBSnapshot: deleteSnapshot,
    StartDBInstanceAutomatedBackupsReplication: startReplication,
    StopDBInstanceAutomatedBackupsReplication: stopReplication,
    RebootDBInstance: (world, call) => {
      const instance = existing(world, call);
      reboot(world, instance, call.input.ForceFailover === true);
      return shown(instance);
    },
    StopDBInstance: stop,
    StartDBInstance: start,
    ModifyDBInstance: modify,
    DeleteDBInstance: remove,
    AddTagsToResource: addTags,
    RemoveTagsFromResource: removeTags,
    ...clusterOperations,
  },
  arrange(world, plan) {
    arrangeRds(world, plan);
    arrangeClusters(world, plan);
    beginHistory(world);
    const dependencies = appDependencies(world);
    dependencies.databaseAt = host => {
      const found = databaseAt(world, host);
      if (!found?.reachable) return undefined;
      const { writable, replayedAtMs, engine, receives, setReadOnly } = found;
      if (replayedAtMs === undefined) return { writable, engine, setReadOnly };
      return { writable, inRecovery: true, replayedAtMs, engine, receives, setReadOnly };
    };
    dependencies.serverAt = host => clusterLineage(world, host) ?? lineageOf(world, host) ?? { id: host };
    dependencies.serverOf = id => clusterLineageOf(world, id) ?? lineageOfServer(world, id) ?? { id };
  },
  loseRegion(world, region) {
    freezeBackups(world, region);
    freezeGlobals(world, region);
  },
  returnRegion(world, region) {
    stopAll(world, region);
    returnClusters(world, region);
  },
  loseZone(world, region, letter) {
    const damages = [loseZone(world, region, letter), loseClusterZone(world, region, letter)];
    const holding = damages.filter(holds => holds !== undefined);
    return holding.length === 0 ? undefined : () => holding.some(holds => holds());
  },
  strike: (world, blow) => strikeCluster(world, blow) ?? strikeInstance(world, blow),
};
