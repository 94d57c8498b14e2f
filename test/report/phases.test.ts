import { expect, it } from 'vitest';
import { isIdle } from '../../shared/report/phases.ts';
import type { PhaseDetail } from '../../shared/report/report.ts';

const phase: PhaseDetail = {
  id: 'route',
  title: 'Move users',
  stage: 'execute',
  startedAt: '2026-03-10T17:26:48.000Z',
  endedAt: '2026-03-10T17:26:49.000Z',
  ok: true,
  withinSeconds: null,
  inTime: null,
  order: [],
  steps: [],
};

it('a phase without a step in this mode was passed through, and nobody may read that it was done', () => {
  expect(isIdle(phase)).toBe(true);
});

it.each([null, false])('a phase that ended with %s was not passed through', ok => {
  expect(isIdle({ ...phase, ok })).toBe(false);
});
