import * as z from 'zod';

/**
 * Schedules in the form of EventBridge Scheduler: `cron(minutes hours day-of-month month day-of-week year)`,
 * `rate(6 hours)` or `at(2026-03-31T09:00:00)`, with a time zone. Source: EventBridge Scheduler user guide, "Schedule
 * types in EventBridge Scheduler".
 */
export type Schedule = { when: string; timeZone: string };

type Field = { has(value: number): boolean };
export type CronDay = { year: number; month: number; day: number };
export type Expression =
  | { kind: 'at'; year: number; month: number; day: number; hour: number; minute: number; second: number }
  | { kind: 'rate'; seconds: number }
  | { kind: 'cron'; minutes: number[]; hours: number[]; runsOn(day: CronDay): boolean };

const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const unitSeconds: Record<string, number> = { minute: 60, hour: 3600, day: 86_400 };

/** What a schedule says; a text instead says what is wrong with it, as the end of a sentence. */
export function parseSchedule(when: string): Expression | string {
  const [, kind, inner = ''] = /^(cron|rate|at)\(([^()]*)\)$/.exec(when.trim()) ?? [];
  if (kind === 'at') return parseAt(inner);
  if (kind === 'rate') return parseRate(inner);
  if (kind === 'cron') return parseCron(inner.trim().split(/\s+/));
  return 'is no schedule: write cron(0 2 * * ? *), rate(6 hours) or at(2026-03-31T09:00:00)';
}

function parseAt(text: string): Expression | string {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (!match) return 'has no local time such as 2026-03-31T09:00:00 in at()';
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const real = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!real || hour > 23 || minute > 59 || second > 59) return `names a time that does not exist: ${text}`;
  return { kind: 'at', year, month, day, hour, minute, second };
}

function parseRate(text: string): Expression | string {
  const [, amount, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(text) ?? [];
  const seconds = Number(amount) * (unitSeconds[unit] ?? Number.NaN);
  return seconds > 0
    ? { kind: 'rate', seconds }
    : 'has no rate such as rate(30 minutes), rate(6 hours) or rate(1 day)';
}

function parseCron(fields: string[]): Expression | string {
  if (fields.length !== 6)
    return 'has not six fields: minutes, hours, day of month, month, day of week, year';
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    return 'must have "?" in exactly one of day of month and day of week';
  }
  const parsed = {
    minute: parseField(minute, 0, 59),
    hour: parseField(hour, 0, 23),
    month: parseField(month, 1, 12, months, 1),
    year: parseField(year, 1970, 2199),
  };
  for (const [name, field] of Object.entries(parsed)) {
    if (!field)
      return `has no ${name} that can be read: "${fields[['minute', 'hour', '', 'month', '', 'year'].indexOf(name)]}"`;
  }
  const onDay = dayOfMonth === '?' ? parseDayOfWeek(dayOfWeek) : parseDayOfMonth(dayOfMonth);
  if (!onDay) return `has no day that can be read: "${dayOfMonth === '?' ? dayOfWeek : dayOfMonth}"`;
  const range = (field: Field | undefined, last: number) =>
    Array.from({ length: last + 1 }, (_, value) => value).filter(value => field?.has(value));
  return {
    kind: 'cron',
    minutes: range(parsed.minute, 59),
    hours: range(parsed.hour, 23),
    runsOn: day => parsed.year?.has(day.year) === true && parsed.month?.has(day.month) === true && onDay(day),
  };
}

/** `*`, `5`, `1-5`, `MON-FRI`, `0/15`, `2,8,14`: a value, a range, a step, or several of them. */
function parseField(
  text: string,
  first: number,
  last: number,
  names: string[] = [],
  base = 0,
): Field | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [low, high] =
      range === '*' || range === '?' ? [first, last] : range.split('-').map(numberOf(names, base));
    const every = step === undefined ? 1 : Number(step);
    const from = low ?? Number.NaN;
    // A step without a range goes to the end: 2/6 is 2, 8, 14, 20.
    const to = high ?? (step === undefined ? from : last);
    const good =
      [from, to, every].every(Number.isInteger) && from >= first && to <= last && from <= to && every > 0;
    if (!good || part.split('/').length > 2) return undefined;
    for (let value = from; value <= to; value += every) found.add(value);
  }
  return found;
}

const numberOf =
  (names: string[], base: number) =>
  (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    if (named >= 0) return named + base;
    return /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };

/** `15`, `1/7`, `L` (the last day), `L-2`, `15W` (the weekday nearest to the 15th). */
function parseDayOfMonth(text: string): ((day: CronDay) => boolean) | undefined {
  const [, before = '0'] = /^L(?:-(\d+))?$/.exec(text) ?? [];
  if (/^L(-\d+)?$/.test(text)) {
    return ({ year, month, day }) => day === daysIn(year, month) - Number(before);
  }
  const nearest = Number(/^(\d+)W$/.exec(text)?.[1]);
  if (nearest >= 1 && nearest <= 31) return date => date.day === nearestWeekday(date, nearest);
  const field = parseField(text, 1, 31);
  return field && (({ day }) => field.has(day));
}

/** `2`, `MON-FRI`, `7#2` (the second Saturday), `6L` (the last Friday). Sunday is 1. */
function parseDayOfWeek(text: string): ((day: CronDay) => boolean) | undefined {
  const [, which = '', kind, nth = ''] = /^(\w+?)(?:(#)(\d)|L)$/.exec(text) ?? [];
  const weekday = which === '' ? undefined : numberOf(weekdays, 1)(which);
  if (weekday !== undefined && weekday >= 1 && weekday <= 7) {
    if (kind === '#' && Number(nth) >= 1 && Number(nth) <= 5) {
      return date => weekdayOf(date) === weekday && Math.ceil(date.day / 7) === Number(nth);
    }
    if (kind === undefined) {
      return date => weekdayOf(date) === weekday && date.day + 7 > daysIn(date.year, date.month);
    }
  }
  const field = parseField(text === 'L' ? '7' : text, 1, 7, weekdays, 1);
  return field && (date => field.has(weekdayOf(date)));
}

const weekdayOf = ({ year, month, day }: CronDay) => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate();

function nearestWeekday({ year, month }: CronDay, wanted: number): number {
  const last = daysIn(year, month);
  const day = Math.min(wanted, last);
  const weekday = weekdayOf({ year, month, day });
  // Never into another month.
  if (weekday === 7) return day > 1 ? day - 1 : day + 2;
  if (weekday === 1) return day < last ? day + 1 : day - 2;
  return day;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const scheduleSchema = z
  .strictObject({
    when: z
      .string()
      .superRefine((text, context) => {
        const parsed = parseSchedule(text);
        if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: `"${text}" ${parsed}` });
      })
      .meta({
        description:
          'As EventBridge Scheduler has it: cron(minutes hours day-of-month month day-of-week year), rate(6 hours), at(2026-03-31T09:00:00). In cron Sunday is 1, 7#2 is the second Saturday, and one of the two days is "?"',
        examples: ['cron(0 2/6 * * ? *)', 'rate(6 hours)', 'at(2026-03-31T09:00:00)'],
      }),
    timeZone: z
      .string()
      .refine(isTimeZone, 'a time zone such as Australia/Sydney or UTC')
      .default('UTC')
      .meta({ description: 'Whose clock it goes by, such as Australia/Sydney; UTC if it is not said' }),
  })
  .meta({ description: 'When: an expression and its time zone' });
