import { describe, expect, it } from 'vitest';
import {
  longestGapSeconds,
  momentOf,
  nextOccurrence,
  occurrences,
} from '../../shared/backups/occurrences.ts';
import { parseSchedule, scheduleSchema } from '../../shared/plan/schedule.ts';

const at = (text: string) => Date.parse(text);
const times = (when: string, from: string, count: number, timeZone = 'UTC') =>
  occurrences({ when, timeZone }, at(from), at(from) + 3 * 366 * 86_400_000, count).map(ms =>
    new Date(ms).toISOString().slice(0, 16),
  );

describe('a cron', () => {
  it.each([
    ['cron(0 2/6 * * ? *)', ['2026-03-10T02:00', '2026-03-10T08:00', '2026-03-10T14:00', '2026-03-10T20:00']],
    [
      'cron(0/20 4 ? * MON-FRI *)',
      ['2026-03-10T04:00', '2026-03-10T04:20', '2026-03-10T04:40', '2026-03-11T04:00'],
    ],
    [
      'cron(0 3 15 1,4,7,10 ? *)',
      ['2026-04-15T03:00', '2026-07-15T03:00', '2026-10-15T03:00', '2027-01-15T03:00'],
    ],
    [
      'cron(0 3 ? 3,9 7#2 *)',
      ['2026-03-14T03:00', '2026-09-12T03:00', '2027-03-13T03:00', '2027-09-11T03:00'],
    ],
    [
      'cron(0 9 L 3,6,9,12 ? *)',
      ['2026-03-31T09:00', '2026-06-30T09:00', '2026-09-30T09:00', '2026-12-31T09:00'],
    ],
    ['cron(0 9 L-2 2 ? *)', ['2027-02-26T09:00', '2028-02-27T09:00', '2029-02-26T09:00']],
    ['cron(0 9 ? * 6L *)', ['2026-03-27T09:00', '2026-04-24T09:00', '2026-05-29T09:00', '2026-06-26T09:00']],
    [
      'cron(0 9 1W * ? 2026)',
      ['2026-04-01T09:00', '2026-05-01T09:00', '2026-06-01T09:00', '2026-07-01T09:00'],
    ],
    ['cron(0 9 1W 8 ? 2026)', ['2026-08-03T09:00']],
  ])('%s', (when, expected) => {
    expect(times(when, '2026-03-10T00:00:00Z', 4)).toEqual(expected);
  });

  it('goes by the clock of its zone through the change of the clocks', () => {
    // Sydney: UTC+11 until 2026-04-05, then UTC+10.
    expect(times('cron(0 3 ? * SUN *)', '2026-03-28T00:00:00Z', 3, 'Australia/Sydney')).toEqual([
      '2026-03-28T16:00',
      '2026-04-04T17:00',
      '2026-04-11T17:00',
    ]);
  });

  it('leaves out a time that does not exist, and takes one that comes twice once', () => {
    // Berlin: 02:30 is skipped on 2026-03-29 and comes twice on 2026-10-25.
    expect(times('cron(30 2 ? 3 SUN *)', '2026-03-20T00:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-22T01:30',
      '2027-03-07T01:30',
    ]);
    expect(times('cron(30 2 25 10 ? *)', '2026-10-01T00:00:00Z', 1, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30',
    ]);
  });

  it('that never comes has no next time', () => {
    expect(
      nextOccurrence({ when: 'cron(0 0 31 2 ? *)', timeZone: 'UTC' }, at('2026-01-01T00:00:00Z')),
    ).toBeUndefined();
  });
});

it('a rate counts from where it began', () => {
  expect(times('rate(90 minutes)', '2026-03-10T00:15:00Z', 2)).toEqual([
    '2026-03-10T01:45',
    '2026-03-10T03:15',
  ]);
});

it('an at() is one moment, on the clock of its zone, past or not', () => {
  const review = { when: 'at(2025-04-06T09:00:00)', timeZone: 'Australia/Sydney' };
  expect(momentOf(review)).toBe(at('2025-04-05T23:00:00Z'));
  expect(occurrences(review, at('2026-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z'))).toEqual([]);
  expect(occurrences(review, at('2025-04-05T00:00:00Z'), at('2027-01-01T00:00:00Z'))).toHaveLength(1);
});

it('says the longest time between two runs', () => {
  const from = at('2026-01-01T00:00:00Z');
  expect(longestGapSeconds({ when: 'cron(0 2/6 * * ? *)', timeZone: 'UTC' }, from)).toBe(6 * 3600);
  expect(longestGapSeconds({ when: 'cron(0 6 ? * MON-FRI *)', timeZone: 'UTC' }, from)).toBe(72 * 3600);
  expect(longestGapSeconds({ when: 'at(2026-04-06T09:00:00)', timeZone: 'UTC' }, from)).toBeUndefined();
});

describe('what is no schedule is refused with what is wrong', () => {
  it.each([
    ['every day', /write cron/],
    ['cron(0 2 * * *)', /six fields/],
    ['cron(0 2 * * * *)', /exactly one/],
    ['cron(0 25 * * ? *)', /hour that can be read: "25"/],
    ['cron(0 2 ? * 8 *)', /day that can be read: "8"/],
    ['cron(0 2 32 * ? *)', /day that can be read: "32"/],
    ['rate(0 hours)', /no rate/],
    ['rate(5 weeks)', /no rate/],
    ['at(2026-02-30T09:00:00)', /does not exist/],
    ['at(tomorrow)', /no local time/],
  ])('%s', (when, said) => {
    expect(parseSchedule(when)).toMatch(said);
  });

  it('and a time zone that nobody has', () => {
    expect(scheduleSchema.safeParse({ when: 'rate(1 day)', timeZone: 'Australia/Sidney' }).success).toBe(
      false,
    );
    expect(scheduleSchema.parse({ when: 'rate(1 day)' })).toEqual({ when: 'rate(1 day)', timeZone: 'UTC' });
  });
});
