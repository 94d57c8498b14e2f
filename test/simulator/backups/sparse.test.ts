import { describe, expect, it } from 'vitest';
import { scheduleSchema } from '../../../shared/plan/schedule.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { playedTimes, spanOf } from '../../../simulator/backups/sparse.ts';

const hourMs = 3_600_000;
const fromMs = Date.parse('2026-01-01T00:00:00Z');
const at = (day: number, hour = 0) => fromMs + (day * 24 + hour) * hourMs;
const schedule = (when: string) => scheduleSchema.parse({ when });

/** A calendar that checks daily at six and proves on the first of each month. */
const plan = {
  backups: {},
  calendar: {
    check: { does: { type: 'backups', operation: 'check' }, schedule: schedule('cron(0 6 * * ? *)') },
    proof: { does: { type: 'backups', operation: 'verify' }, schedule: schedule('cron(0 4 1 * ? *)') },
  },
} as unknown as Pick<Plan, 'backups' | 'calendar'>;
const whole = spanOf(plan, fromMs, at(60), false);
const sampled = spanOf(plan, fromMs, at(60), true);

describe('what is due in the time that is played', () => {
  it('is all carried out when it comes every six hours or less often', () => {
    const { due, played } = playedTimes(schedule('cron(0 0/6 * * ? *)'), whole);
    expect(due).toHaveLength(240);
    expect(played).toEqual(due);
  });

  it('is carried out in the first hours and before each look when it comes more often', () => {
    const { due, played } = playedTimes(schedule('rate(5 minutes)'), { ...whole, looks: [at(30, 6)] });
    expect(due).toHaveLength(60 * 288);
    expect(played.filter(time => time <= at(0, 3))).toHaveLength(36);
    expect(played.slice(36).map(time => (time - at(30, 6)) / 60_000)).toEqual([-25, -20, -15, -10, -5, 0]);
  });

  it('is carried out in the first week and around what is rare when the calendar is sampled', () => {
    const { due, played } = playedTimes(schedule('cron(0 6 * * ? *)'), sampled);
    expect(due).toHaveLength(60);
    const days = played.map(time => Math.floor((time - fromMs) / (24 * hourMs)));
    // The first of January is the once that the rare one is carried out.
    expect(days).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const rare = playedTimes(schedule('cron(0 4 1 * ? *)'), sampled);
    expect([rare.due.length, rare.played.length]).toEqual([3, 1]);
  });

  it('is looked at only when something is carried out', () => {
    expect(whole.looks).toHaveLength(63);
    expect(sampled.looks).toHaveLength(7 + 1);
  });
});
