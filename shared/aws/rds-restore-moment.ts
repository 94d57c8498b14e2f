import type { DBInstanceAutomatedBackup } from '@aws-sdk/client-rds';
import type { ActionContext, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { readReplicatedBackups, readSnapshot } from './rds-reader.ts';

type Target = ComponentOf<'rds-restore-target'>;

/** What a restore is made from. `restoreTime` is there where the moment differs from the one that was asked for. */
export type Chosen = { useLatest: boolean; from?: string; resourceId?: string; restoreTime?: string };

/** A moment may be this much later than the newest one that was seen: two reads of RDS differ by seconds. */
const readsDifferMs = 60_000;

/** The automated backup that holds a moment, or the reason why none does. */
export async function chooseMoment(
  context: Pick<ActionContext, 'aws'>,
  target: Target,
  wanted: { from: string | undefined; pointTime: string },
): Promise<Chosen | Reason> {
  const source = { identifier: target.sourceIdentifier, region: target.sourceRegion };
  const backups = await readReplicatedBackups(context.aws, target.region, source);
  const atMs = Date.parse(wanted.pointTime);
  const candidates = backups.filter(({ DBInstanceAutomatedBackupsArn: arn }) =>
    wanted.from === undefined ? arn !== undefined : arn === wanted.from,
  );
  const backup = candidates.find(one => holds(one, atMs)) ?? candidates[0];
  const latest = backup?.RestoreWindow?.LatestTime;
  const from = backup?.DBInstanceAutomatedBackupsArn;
  if (backup === undefined || latest === undefined || from === undefined) {
    return backupGone(wanted.from ?? `of ${target.sourceIdentifier}`, target.region);
  }
  if (!holds(backup, atMs)) return outside(target, wanted.pointTime, backup);
  // RestoreTime must lie before the latest restorable time, so the newest point is asked for as such. Where the source
  // lives, newer logs arrive all the time, and "the latest" would be later than what was asked for.
  const newest = latest.getTime() <= atMs;
  if (target.region !== target.sourceRegion) return { useLatest: newest, from };
  return {
    useLatest: false,
    from,
    ...(backup.DbiResourceId !== undefined && { resourceId: backup.DbiResourceId }),
    ...(newest && { restoreTime: new Date(latest.getTime() - 1000).toISOString() }),
  };
}

/** The snapshot, if it can be restored from. */
export async function chooseSnapshot(
  context: Pick<ActionContext, 'aws'>,
  { region }: Target,
  from: string | undefined,
): Promise<Chosen | Reason> {
  if (from === undefined) {
    return {
      what: 'The step restores a snapshot and does not say which',
      mend: "Write the snapshot's identifier, or an output such as ${steps.<id>.snapshot}, under from.",
    };
  }
  const snapshot = await readSnapshot(context.aws, region, from);
  if (snapshot?.Status === 'available') return { useLatest: false, from };
  return {
    what: snapshot
      ? `The snapshot ${from} in ${region} is ${snapshot.Status ?? 'in an unknown state'}`
      : `There is no snapshot ${from} in ${region}`,
    mend: snapshot
      ? 'Wait until it is available, then retry the step.'
      : `Snapshots stay in the region that they were taken in until they are copied. Look at aws rds describe-db-snapshots --region ${region}.`,
  };
}

function holds({ RestoreWindow: window }: DBInstanceAutomatedBackup, atMs: number): boolean {
  const earliestMs = window?.EarliestTime?.getTime() ?? 0;
  const latestMs = window?.LatestTime?.getTime() ?? 0;
  return atMs >= earliestMs && atMs <= latestMs + readsDifferMs;
}

function outside(
  target: Target,
  pointTime: string,
  { RestoreWindow: window }: DBInstanceAutomatedBackup,
): Reason {
  const earliest = window?.EarliestTime?.toISOString() ?? 'an unknown time';
  const latest = window?.LatestTime?.toISOString() ?? 'an unknown time';
  return {
    what: `${target.sourceIdentifier} can't be restored to ${pointTime}: its backup in ${target.region} holds ${earliest} to ${latest}`,
    mend: 'Choose a moment in that time (times are UTC unless they say otherwise; the newest one is about five minutes old), or restore from a snapshot or a dump that is older.',
  };
}

function backupGone(from: string, region: string): Reason {
  return {
    what: `The automated backup ${from} can't be found in ${region}`,
    mend: 'Retry the step that finds the restore point, then this one.',
  };
}
