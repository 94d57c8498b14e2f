import { occurrences } from '../../shared/backups/occurrences.ts';
import type { Schedule } from '../../shared/plan/schedule.ts';
import type { Plan } from '../../shared/plan/schema.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What comes more often than that is too much to carry out for a year, one by one. */
const oftenMs = 6 * hourMs;
const firstMs = 3 * hourMs;
/** Of a sampled calendar the first week is played whole, and afterwards what comes more rarely than every week, once. */
const wholeMs = 7 * dayMs;
const rareMs = 8 * dayMs;

/** When a schedule is due, and at which of these times what it wants is carried out; oldest first. */
export type PlayedTimes = { due: number[]; played: number[] };

/** How the time between two moments is played. */
export type Span = {
  fromMs: number;
  toMs: number;
  sampled: boolean;
  /** Whether something is carried out at a time of a schedule that comes at least every week. */
  isLively(atMs: number): boolean;
  /** When something that is carried out asks how young the newest backups are. */
  looks: readonly number[];
};

/** Of a span that is `sampled` only the first week is lively, and half a day before and after what is rare. */
export function spanOf(
  plan: Pick<Plan, 'backups' | 'calendar'>,
  fromMs: number,
  toMs: number,
  sampled: boolean,
): Span {
  const quiet: Span = { fromMs, toMs, sampled, isLively: () => !sampled, looks: [] };
  const all = [...Object.values(plan.backups), ...Object.values(plan.calendar)];
  const rare = all.flatMap(({ schedule }) =>
    schedule && gapOf(schedule, fromMs) >= rareMs ? playedTimes(schedule, quiet).played : [],
  );
  const isLively = (atMs: number) =>
    !sampled || atMs <= fromMs + wholeMs || rare.some(time => Math.abs(time - atMs) <= dayMs / 2);
  const looks = Object.values(plan.calendar).flatMap(({ does, schedule }) =>
    does.type === 'backups' ? playedTimes(schedule, { ...quiet, isLively }).played : [],
  );
  return { ...quiet, isLively, looks };
}

/**
 * Carried out is what is due while the span is lively. Of a schedule that comes often only that of the first hours, and
 * the last few times before each look.
 */
export function playedTimes(schedule: Schedule, span: Span): PlayedTimes {
  const { fromMs, toMs, sampled, isLively, looks } = span;
  const due = occurrences(schedule, fromMs, toMs, Number.POSITIVE_INFINITY);
  const gapMs = gapOf(schedule, fromMs);
  if (gapMs >= rareMs) return { due, played: sampled ? due.slice(0, 1) : due };
  if (gapMs >= oftenMs) return { due, played: due.filter(isLively) };
  const before = Math.max(3 * gapMs, hourMs / 2);
  const windows = [[fromMs, fromMs + firstMs], ...looks.map(look => [look - before, look])];
  const chosen = new Set(
    windows.flatMap(([start = 0, end = 0]) => due.slice(firstAfter(due, start), firstAfter(due, end))),
  );
  return { due, played: due.filter(time => chosen.has(time)) };
}

/** Between the next two times; for ever if there are no two. */
function gapOf(schedule: Schedule, fromMs: number): number {
  const [first, second] = occurrences(schedule, fromMs, fromMs + 366 * dayMs, 2);
  return first !== undefined && second !== undefined ? second - first : Number.POSITIVE_INFINITY;
}

/** Index of the first time after `atMs`. */
function firstAfter(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
