import { occurrences } from '../../shared/backups/occurrences.ts';
import type { Schedule } from '../../shared/plan/schedule.ts';
import type { Backup } from '../../shared/plan/schema.ts';
import type { World } from '../world/world.ts';

const dayMs = 86_400_000;
/** More of each class than these are not needed for anybody to look at. */
const mostKept = 30;

/** When they were made that are kept now, oldest first; at least one, a little before now. */
export function timesOf(world: World, { schedule, retention }: Backup): number[] {
  const now = world.nowMs();
  const fromMs = now - Math.min(retention * 1000, 40 * dayMs);
  const past = schedule ? occurrences(schedule, fromMs, now - settledMs(schedule, now)) : [];
  return past.length > 0 ? past.slice(-mostKept) : [now - 2 * 3_600_000];
}

/** How long ago the newest one was made at the least: an hour, or as long as it is until the next one. */
export function settledMs(schedule: Schedule, nowMs: number): number {
  const [first = 0, second = Number.POSITIVE_INFINITY] = occurrences(schedule, nowMs, nowMs + 2 * dayMs);
  return Math.min(3_600_000, second - first);
}
