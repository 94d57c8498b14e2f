import type { ActionContext, Preparation } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { readCluster, readClusterSnapshots } from './rds-cluster-reader.ts';
import { newestSnapshot, noSnapshot, snapshotTime } from './rds-cluster-restore.ts';

/** Names of the cluster and the instances that are to be made; they go into the baseline as they are. */
type Names = { cluster: string; instances: string[] };
type Wanted = {
  target: ComponentOf<'rds-cluster-restore-target'>;
  from?: string | undefined;
  notAfter?: string | undefined;
};

/** The snapshot that is named, or the newest one that is not too young. */
export async function chooseSnapshot(
  context: ActionContext,
  { target, from, notAfter }: Wanted,
  names: Names,
): Promise<Preparation> {
  const limit = notAfter === undefined ? undefined : new Date(notAfter);
  const snapshots = await readClusterSnapshots(context.aws, target.region, target.sourceIdentifier);
  const named = snapshots.filter(
    one => one.DBClusterSnapshotIdentifier === from || one.DBClusterSnapshotArn === from,
  );
  const snapshot = newestSnapshot(from === undefined ? snapshots : named, limit);
  const at = snapshot && snapshotTime(snapshot);
  const name = from ?? snapshot?.DBClusterSnapshotIdentifier;
  if (at === undefined || name === undefined) {
    return { status: 'refused', reasons: [noSnapshot(target, limit)], evidence: [] };
  }
  const pointTime = at.toISOString();
  return {
    status: 'ready',
    baseline: {
      ...names,
      pointTime,
      snapshot: name,
      ...(snapshot?.EngineVersion && { engineVersion: snapshot.EngineVersion }),
    },
    evidence: [{ what: `Restores the snapshot ${name} in ${target.region}, of ${pointTime}` }],
  };
}

/** The latest moment that the automated backups of the source reach to, or an earlier one that is wanted. */
export async function chooseMoment(
  context: ActionContext,
  { target, notAfter }: Wanted,
  names: Names,
): Promise<Preparation> {
  const refuse = (what: string, mend: string): Preparation => ({
    status: 'refused',
    reasons: [{ what, mend }],
    evidence: [],
  });
  if (target.sourceRegion !== target.region) {
    return refuse(
      `${target.sourceIdentifier} can't be restored to a point in time in ${target.region}: clusters have no replicated backups`,
      'Use the method snapshot with copied snapshots, or an Aurora Global Database.',
    );
  }
  const source = await readCluster(context.aws, target.region, target.sourceIdentifier);
  const [earliest, latest] = [source?.EarliestRestorableTime, source?.LatestRestorableTime];
  if (earliest === undefined || latest === undefined) {
    return refuse(
      `${target.sourceIdentifier} has no automated backups in ${target.region}, or is gone`,
      'Use the method snapshot.',
    );
  }
  const wanted = notAfter === undefined ? latest : new Date(notAfter);
  if (wanted < earliest) {
    return refuse(
      `${wanted.toISOString()} is before the earliest restorable time, ${earliest.toISOString()}`,
      'Use the method snapshot with an older snapshot.',
    );
  }
  const at = wanted < latest ? wanted : latest;
  return {
    status: 'ready',
    baseline: {
      ...names,
      pointTime: at.toISOString(),
      ...(at < latest && { restoreTime: at.toISOString() }),
    },
    evidence: [{ what: `Restores ${target.sourceIdentifier} to ${at.toISOString()}, beside it` }],
  };
}
