import { expect, it } from 'vitest';
import { buildReport } from '../../shared/report/model.ts';
import { isIdle, overrunsOf } from '../../shared/report/phases.ts';
import type { PhaseDetail } from '../../shared/report/report.ts';
import { recoveredRun } from './fixtures/recovered.ts';

const phase: PhaseDetail = {
  id: 'route',
  title: 'Move users',
  stage: 'execute',
  startedAt: '2026-03-10T17:26:48.000Z',
  endedAt: '2026-03-10T17:26:49.000Z',
  ok: true,
  withinSeconds: null,
  inTime: null,
  lastsSeconds: null,
  tooLong: null,
  order: [],
  steps: [],
};

it('a phase without a step in this mode was passed through, and nobody may read that it was done', () => {
  expect(isIdle(phase)).toBe(true);
});

it.each([null, false])('a phase that ended with %s was not passed through', ok => {
  expect(isIdle({ ...phase, ok })).toBe(false);
});

it('what a phase took more than the plan gives it is said, by the clock and by itself', () => {
  const late = { ...phase, withinSeconds: 1200, inTime: false, lastsSeconds: 180, tooLong: true };
  expect(overrunsOf(late)).toEqual(['later than 20 min', 'longer than 3 min']);
  expect(overrunsOf({ ...late, inTime: true, tooLong: false })).toEqual([]);
  expect(overrunsOf(phase)).toEqual([]);
});

it('a phase is measured from its own beginning, whatever went before', async () => {
  const tooLong = async (lasts: number) => {
    const input = await recoveredRun();
    const [, second] = input.plan.scenarios[input.run.scenario]?.phases ?? [];
    if (second) second.lasts = lasts;
    return buildReport(input).detail.phases[1];
  };
  const found = await tooLong(60);
  const took = (Date.parse(found?.endedAt ?? '') - Date.parse(found?.startedAt ?? '')) / 1000;
  expect(took).toBeGreaterThan(60);
  expect(found).toMatchObject({ lastsSeconds: 60, tooLong: true });
  expect(await tooLong(took)).toMatchObject({ tooLong: false });
  expect((await tooLong(0))?.tooLong).toBe(true);
});
