import { backupTag } from '../../shared/backups/names.ts';
import { occurrences } from '../../shared/backups/occurrences.ts';
import type { Schedule } from '../../shared/plan/schedule.ts';
import type { Backup } from '../../shared/plan/schema.ts';
import { rdsState } from '../services/rds/state.ts';
import { bucketsOf } from '../services/s3/state.ts';
import { sleep } from '../world/sleep.ts';
import type { World } from '../world/world.ts';
import { type ArrangeOptions, addOne } from './arrange.ts';
import { settledMs } from './made-times.ts';
import { playedTimes, type Span } from './sparse.ts';

const dayMs = 86_400_000;

/**
 * Lets backups go on being made: all of those that others make, and of those that Lifeboat makes the ones
 * that are due while the rehearsal does not carry its own part out (`playedTimes`).
 */
export function keepMaking(world: World, options: ArrangeOptions, span: Span): void {
  for (const [id, backup] of Object.entries(world.plan.backups)) {
    if (!backup.schedule || madeByItself(backup)) continue;
    const { due, played } = playedTimes(backup.schedule, span);
    const carriedOut = new Set(madeByOthers(backup) ? [] : played);
    const times = due.filter(atMs => !carriedOut.has(atMs));
    void makeInTurn(world, id, backup, [...justNow(backup.schedule, world.nowMs()), ...times], options);
  }
}

/** What was due so shortly before now that it was not settled when the world began. */
function justNow(schedule: Schedule, nowMs: number): number[] {
  return occurrences(schedule, nowMs - settledMs(schedule, nowMs), nowMs);
}

/** One timer at a time: the clock looks through all that are set whenever it moves. */
async function makeInTurn(
  world: World,
  id: string,
  backup: Backup,
  times: readonly number[],
  options: ArrangeOptions,
): Promise<void> {
  let day = Math.floor(world.nowMs() / dayMs);
  for (const atMs of times) {
    await sleep(atMs - world.nowMs());
    addOne(world, id, backup, atMs, options);
    if (Math.floor(atMs / dayMs) === day) continue;
    day = Math.floor(atMs / dayMs);
    expire(world, id, backup, atMs - backup.retention * 1000);
  }
}

/** Removes those whose time is over, once a day: what makes them would do it, or a lifecycle rule of the bucket. */
function expire(world: World, id: string, backup: Backup, oldestMs: number): void {
  if (backup.type === 'rds-snapshot' || backup.type === 'rds-snapshot-copy') {
    const state = rdsState(world);
    state.snapshots = state.snapshots.filter(
      ({ shown: { SnapshotCreateTime, TagList } }) =>
        !TagList?.some(({ Value }) => Value === id) ||
        (SnapshotCreateTime?.getTime() ?? oldestMs) >= oldestMs,
    );
  }
  if (!('prefix' in backup)) return;
  for (const name of [backup.bucket, ...(backup.copy ? [backup.copy.bucket] : [])]) {
    const objects = bucketsOf(world).get(name)?.objects;
    for (const [key, versions] of objects ?? []) {
      const newest = versions.at(-1);
      if (newest?.tags[backupTag] === id && newest.lastModified.getTime() < oldestMs) objects?.delete(key);
    }
  }
}

/** RDS makes these all the time, and the simulated one does. */
function madeByItself({ type }: Backup): boolean {
  return type === 'rds-automated' || type === 'rds-replicated-backups';
}

/** A dump that only a job inside a cluster or a build writes is written by the world, whoever started the job. */
function madeByOthers(backup: Backup): boolean {
  return backup.type === 'dump' || backup.type === 'terraform-state' || backup.type === 'rds-fleet';
}
