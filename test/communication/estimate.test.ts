import { describe, expect, it } from 'vitest';
import { estimatedEnd } from '../../shared/communication/estimate.ts';
import type { Situation } from '../../shared/communication/situation.ts';
import { withEstimates } from '../../state-machines/estimates.ts';
import { ended, ledgerOf, makePlan, makeRun, minute, opened, stepEntry } from './fixture.ts';

const plan = makePlan(raw =>
  Object.assign(raw, {
    estimates: { 'region-failure': { restore: 1800, 'check-api': 60, 'check-dns': 120 } },
  }),
);
const at = (minutes: number, ...moments: Parameters<typeof ledgerOf>): Situation => ({
  plan,
  run: makeRun(),
  ledger: ledgerOf(opened(), ...moments),
  questions: [],
  now: new Date(minute(minutes)),
});

describe('the estimated end', () => {
  it('is the sum of the steps before anything has begun', () => {
    expect(estimatedEnd(at(0))).toBe(minute(33));
  });

  it('moves on with a step that is under way, and jumps when it ends early', () => {
    const begun: Parameters<typeof ledgerOf>[0] = [minute(0), stepEntry('restore', 'activate', 'acting')];
    expect(estimatedEnd(at(10, begun))).toBe(minute(33));
    expect(estimatedEnd(at(12, begun, [minute(12), stepEntry('restore', 'activate', 'done')]))).toBe(
      minute(15),
    );
  });

  it('never lies in the past while a step takes longer than was expected', () => {
    const begun: Parameters<typeof ledgerOf>[0] = [minute(0), stepEntry('restore', 'activate', 'acting')];
    expect(estimatedEnd(at(50, begun))).toBe(minute(54));
  });

  it('is the longest of parallel branches', () => {
    const parallel = structuredClone(plan);
    const [first, second] = parallel.scenarios['region-failure']?.phases[1]?.steps ?? [];
    if (!first || !second || 'parallel' in first || 'parallel' in second) throw new Error('no steps');
    const phase = parallel.scenarios['region-failure']?.phases[1];
    if (phase) phase.steps = [{ parallel: [[first], [second]] }];
    expect(estimatedEnd({ ...at(0), plan: parallel })).toBe(minute(32));
  });

  it('is that of the mode, and without one the longest of the others', () => {
    const byMode = makePlan(raw =>
      Object.assign(raw, { estimates: { 'region-failure': { restore: { recover: 600, planned: 1200 } } } }),
    );
    expect(estimatedEnd({ ...at(0), plan: byMode })).toBe(minute(10));
    expect(estimatedEnd({ ...at(0), plan: byMode, run: makeRun('drill') })).toBe(minute(20));
  });

  it('is what the plan says, else what was rehearsed, else what such steps take', () => {
    const own = makePlan(raw => Object.assign(raw, { estimates: { 'region-failure': { restore: 60 } } }));
    const actions = { 'dns.check': { typical: { likelySeconds: 30 } } } as never;
    const rehearsed = { about: '', scenarios: { 'region-failure': { restore: 900, 'check-api': 120 } } };
    expect(withEstimates(own, actions, rehearsed).estimates).toEqual({
      'region-failure': { restore: 60, 'check-api': 120, 'check-dns': 30 },
    });
  });

  it('is not known without estimates or after the end', () => {
    expect(estimatedEnd({ ...at(0), plan: makePlan() })).toBeUndefined();
    expect(estimatedEnd(at(40, ended(minute(35))))).toBeUndefined();
  });
});
