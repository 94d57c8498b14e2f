import { occurrences } from '../../shared/backups/occurrences.ts';
import type { Schedule } from '../../shared/plan/schedule.ts';
import type { Plan } from '../../shared/plan/schema.ts';

/** What comes more often than that is too much to play for a year, one by one. */
const oftenMs = 6 * 3_600_000;
const firstMs = 3 * 3_600_000;
const dayMs = 86_400_000;

/**
 * When a schedule is played. All of its times; of one that comes often only those of the first hours, and the last few
 * before each of `looks`, when something asks how young the newest one is.
 */
export function playedTimes(
  schedule: Schedule,
  fromMs: number,
  toMs: number,
  looks: readonly number[],
): number[] {
  const [first, second] = occurrences(schedule, fromMs, fromMs + 2 * dayMs);
  const gapMs = first !== undefined && second !== undefined ? second - first : Number.POSITIVE_INFINITY;
  if (gapMs >= oftenMs) return occurrences(schedule, fromMs, toMs);
  const before = Math.max(3 * gapMs, 1_800_000);
  const windows = [[fromMs, Math.min(fromMs + firstMs, toMs)], ...looks.map(look => [look - before, look])];
  const times = windows.flatMap(([start = 0, end = 0]) =>
    occurrences(schedule, Math.max(start, fromMs), end),
  );
  return [...new Set(times)].sort((a, b) => a - b);
}

/** When the calendar of a plan looks at its backups. */
export function looksAtBackups({ calendar }: Pick<Plan, 'calendar'>, fromMs: number, toMs: number): number[] {
  return Object.values(calendar).flatMap(({ does, schedule }) =>
    does.type === 'backups' ? occurrences(schedule, fromMs, toMs) : [],
  );
}
