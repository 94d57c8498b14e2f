import { occurrences } from '../../../shared/backups/occurrences.ts';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { keepHistory } from '../../world/history.ts';
import type { Blow, SimulatedService, World } from '../../world/world.ts';
import { keyArnOf } from '../kms.ts';
import { isCluster, isGlobal } from './cluster-components.ts';
import { clusterIsDown, failoverCluster, failWriter, loseCluster } from './cluster-failover.ts';
import { deleteCluster, modifyCluster, startCluster, stopCluster } from './cluster-lifecycle.ts';
import { restoreClusterFromSnapshot, restoreClusterToPointInTime } from './cluster-restore.ts';
import { copyClusterSnapshot, createClusterSnapshot, deleteClusterSnapshot } from './cluster-snapshots.ts';
import {
  addCluster,
  changeCluster,
  clusterState,
  describeClusterSnapshots,
  describeClusters,
  describeParameterGroup,
  memberInstance,
} from './clusters.ts';
import { versionOf } from './engines.ts';
import {
  addGlobal,
  describeGlobalClusters,
  failoverGlobal,
  globalsOf,
  returnGlobals,
  switchoverGlobal,
} from './global-clusters.ts';
import { describeClusterParameters } from './parameter-groups.ts';
import { describeEngineVersions } from './serverless.ts';
import { accountId, change, rdsState } from './state.ts';

/** The part of the simulated RDS that is about DB clusters and global databases. */

export const clusterOperations: SimulatedService['operations'] = {
  DescribeDBClusters: describeClusters,
  DescribeDBClusterSnapshots: describeClusterSnapshots,
  CreateDBClusterSnapshot: createClusterSnapshot,
  CopyDBClusterSnapshot: copyClusterSnapshot,
  DeleteDBClusterSnapshot: deleteClusterSnapshot,
  DescribeDBClusterParameterGroups: describeParameterGroup,
  DescribeDBClusterParameters: describeClusterParameters,
  DescribeDBEngineVersions: describeEngineVersions,
  DescribeGlobalClusters: describeGlobalClusters,
  FailoverDBCluster: failoverCluster,
  SwitchoverGlobalCluster: switchoverGlobal,
  FailoverGlobalCluster: failoverGlobal,
  StopDBCluster: stopCluster,
  StartDBCluster: startCluster,
  ModifyDBCluster: modifyCluster,
  DeleteDBCluster: deleteCluster,
  RestoreDBClusterFromSnapshot: restoreClusterFromSnapshot,
  RestoreDBClusterToPointInTime: restoreClusterToPointInTime,
};

const dayMs = 86_400_000;
/** When the nightly snapshot of a cluster is taken; its copy is there two hours later. */
const snapshotHourUtc = 13;

/** Makes the clusters and global databases of the plan, and what restored clusters need. */
export function arrangeClusters(world: World, plan: Plan): void {
  const globals = Object.entries(plan.components).flatMap(([id, component]) =>
    isGlobal(component) ? [{ ...component, id }] : [],
  );
  for (const [id, component] of Object.entries(plan.components)) {
    if (isCluster(component)) {
      const global = globals.find(({ primary, secondary }) => primary === id || secondary === id);
      addCluster(world, component, { global: global?.identifier, secondary: global?.secondary === id });
    }
    if (component.type === 'rds-cluster-restore-target') {
      const { region, sourceIdentifier, sourceRegion, engine } = component;
      const kmsKeyArn = keyArnOf(world, region, component.kmsKey);
      rdsState(world).subnetGroups.add(`${region}/${component.subnetGroup}`);
      clusterState(world).parameterGroups.add(`${region}/${component.clusterParameterGroup}`);
      for (const group of component.securityGroups)
        clusterState(world).securityGroups.add(`${region}/${group}`);
      const source = clusterState(world).clusters.get(`${sourceRegion}/${sourceIdentifier}`);
      if (source && sourceRegion === region) changeCluster(world, source, { KmsKeyId: kmsKeyArn });
      if (!world.faults.has('no-snapshot')) {
        const times = copiesOfThePlan(world, component) ?? nightly(world);
        addSnapshots(world, { region, source: sourceIdentifier, sourceRegion, engine, kmsKeyArn }, times);
      }
    }
  }
  for (const global of globals) addGlobal(world, plan, global);
  keepHistory(world, 'rds', () => ({
    clusters: clusterState(world).clusters,
    globals: globalsOf(world),
  }));
}

/** Of a plan that does not say when. */
function nightly(world: World): number[] {
  const today = Math.floor(world.nowMs() / dayMs) * dayMs + snapshotHourUtc * 3_600_000;
  const newest = today + 7_200_000 <= world.nowMs() ? today : today - dayMs;
  return Array.from({ length: 7 }, (_, nth) => newest - nth * dayMs);
}

/**
 * When the copies were taken that AWS Backup has in the region of a target, newest first, if the plan has it make them.
 * Each one is copied when the next one is made, so the newest of all is not there.
 */
function copiesOfThePlan(
  world: World,
  { region, sourceRegion, sourceIdentifier }: ComponentOf<'rds-cluster-restore-target'>,
): number[] | undefined {
  if (region === sourceRegion) return undefined;
  const copied = Object.values(world.plan.backups).flatMap(backup =>
    backup.type === 'aws-backup' &&
    backup.resource.endsWith(`:cluster:${sourceIdentifier}`) &&
    backup.copyTo?.region === region &&
    backup.schedule
      ? [occurrences(backup.schedule, world.nowMs() - 40 * dayMs, world.nowMs())]
      : [],
  );
  const [times] = copied;
  return times && times.length > 1 ? times.slice(0, -1).slice(-30).reverse() : undefined;
}

function addSnapshots(
  world: World,
  of: { region: string; source: string; sourceRegion: string; engine: string; kmsKeyArn: string },
  times: readonly number[],
): void {
  const daily = times.every((atMs, nth) => nth === 0 || (times[nth - 1] ?? 0) - atMs >= dayMs);
  for (const atMs of times) {
    const takenAt = new Date(atMs);
    // One a day has its day in its name, and more of them their minute as well.
    const [day = '', minute = ''] = takenAt.toISOString().split(/T|:\d\d\.\d+Z/);
    const name = `${of.source}-copy-${day}${daily ? '' : `-${minute.replace(':', '-')}`}`;
    const original = `arn:aws:rds:${of.sourceRegion}:${accountId}:cluster-snapshot:${name}`;
    clusterState(world).snapshots.push({
      region: of.region,
      shown: {
        DBClusterSnapshotIdentifier: name,
        DBClusterSnapshotArn: `arn:aws:rds:${of.region}:${accountId}:cluster-snapshot:${name}`,
        DBClusterIdentifier: of.source,
        SnapshotType: 'manual',
        Status: 'available',
        Engine: of.engine,
        EngineVersion: versionOf(of.engine),
        StorageEncrypted: true,
        KmsKeyId: of.kmsKeyArn,
        // The time of the data: copies keep it (RDS API Reference, DBClusterSnapshot).
        SnapshotCreateTime: takenAt,
        ...(of.sourceRegion !== of.region && { SourceDBClusterSnapshotArn: original }),
      },
    });
  }
}

/** Plays what happens to a cluster; undefined for other components. */
export function strikeCluster(world: World, { type, component, ...how }: Blow): (() => boolean) | undefined {
  if (!isCluster(component)) return undefined;
  if (type === 'loss') return loseCluster(world, component);
  if (type !== 'failure') return undefined;
  failWriter(world, component.region, component.identifier, 'selfHealing' in how && how.selfHealing);
  return () => clusterIsDown(world, component);
}

/** A region that answers again: its clusters were stopped, and global databases have taken theirs back as readers. */
export function returnClusters(world: World, region: string): void {
  returnGlobals(world, region);
  for (const cluster of clusterState(world).clusters.values()) {
    if (cluster.region !== region || cluster.shown.GlobalClusterIdentifier) continue;
    for (const { DBInstanceIdentifier: id } of cluster.shown.DBClusterMembers) {
      const instance = memberInstance(world, cluster, id);
      if (!instance) continue;
      instance.serving = false;
      change(world, instance, { DBInstanceStatus: 'stopped' });
    }
    changeCluster(world, cluster, { Status: 'stopped' });
  }
}
