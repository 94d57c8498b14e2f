import { type CronDay, type Expression, parseSchedule, type Schedule } from '../plan/schedule.ts';

const dayMs = 86_400_000;
/** A cron that never comes is given up after so many days. */
const longestSearchDays = 366 * 8;

/**
 * When a schedule is due in `(fromMs, toMs]`, at most `limit` times, ms since the epoch. A rate counts from `fromMs`.
 * A local time that does not exist on the day when the clocks go forward is left out, and one that comes twice counts
 * once (EventBridge Scheduler user guide, "Daylight saving time").
 */
export function occurrences(schedule: Schedule, fromMs: number, toMs: number, limit = 10_000): number[] {
  const expression = parseSchedule(schedule.when);
  if (typeof expression === 'string') return [];
  switch (expression.kind) {
    case 'at': {
      const atMs = atTime(expression, schedule.timeZone);
      return atMs !== undefined && atMs > fromMs && atMs <= toMs ? [atMs] : [];
    }
    case 'rate': {
      const stepMs = expression.seconds * 1000;
      const count = Math.min(limit, Math.floor((toMs - fromMs) / stepMs));
      return Array.from({ length: Math.max(0, count) }, (_, index) => fromMs + (index + 1) * stepMs);
    }
    case 'cron':
      return cronTimes(expression, schedule.timeZone, fromMs, toMs, limit);
  }
}

/** The moment of an `at()`, whether it is past or not. */
export function momentOf(schedule: Schedule): number | undefined {
  const expression = parseSchedule(schedule.when);
  return typeof expression !== 'string' && expression.kind === 'at'
    ? atTime(expression, schedule.timeZone)
    : undefined;
}

/** The next time after `fromMs`; undefined if there is none. */
export function nextOccurrence(schedule: Schedule, fromMs: number): number | undefined {
  return occurrences(schedule, fromMs, fromMs + longestSearchDays * dayMs, 1)[0];
}

/** The longest time in seconds between two runs within a year; undefined for what runs once or never. */
export function longestGapSeconds(schedule: Schedule, fromMs: number): number | undefined {
  const times = occurrences(schedule, fromMs, fromMs + 400 * dayMs, 2_000);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return gaps.length > 0 ? Math.max(...gaps) / 1000 : undefined;
}

function cronTimes(
  { minutes, hours, runsOn }: Extract<Expression, { kind: 'cron' }>,
  timeZone: string,
  fromMs: number,
  toMs: number,
  limit: number,
): number[] {
  const found: number[] = [];
  const start = localDay(fromMs, timeZone);
  const lastDay = Math.min(Math.ceil((toMs - fromMs) / dayMs) + 1, longestSearchDays);
  for (let offset = 0; offset <= lastDay && found.length < limit; offset++) {
    const date = new Date(Date.UTC(start.year, start.month - 1, start.day + offset));
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    if (!runsOn(day)) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const atMs = zonedMs({ ...day, hour, minute, second: 0 }, timeZone);
        if (atMs !== undefined && atMs > fromMs && atMs <= toMs && found.length < limit) found.push(atMs);
      }
    }
  }
  return found;
}

type Local = CronDay & { hour: number; minute: number; second: number };

const atTime = (local: Local, timeZone: string) => zonedMs(local, timeZone);

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}

function localOf(atMs: number, timeZone: string): Local {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return { year, month, day, hour, minute, second };
}

function localDay(atMs: number, timeZone: string): CronDay {
  const { year, month, day } = localOf(atMs, timeZone);
  return { year, month, day };
}

const asUtc = ({ year, month, day, hour, minute, second }: Local) =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** The first moment with this local time in the zone; undefined if the clocks jump over it. */
function zonedMs(local: Local, timeZone: string): number | undefined {
  const wanted = asUtc(local);
  if (timeZone === 'UTC') return wanted;
  const offsets = [wanted - dayMs, wanted + dayMs].map(near => asUtc(localOf(near, timeZone)) - near);
  const candidates = offsets.map(offset => wanted - offset).sort((a, b) => a - b);
  return candidates.find(candidate => asUtc(localOf(candidate, timeZone)) === wanted);
}
