import { describe, expect, it } from 'vitest';
import { estimateCostUsd, outageCost } from '../../shared/report/cost.ts';
import { makePlan } from './fixtures/plan.ts';
import { iso } from './fixtures/story.ts';

describe('the cost of a run', () => {
  it('is the list price of a thousand transitions', () => {
    expect(estimateCostUsd(1000, 0)).toBe(0.025);
  });

  it('counts Lambda by calls and by memory times seconds', () => {
    // 0.20 for the calls, 1M x 0.5 GB x 0.5 s x 0.0000133334 for the time
    expect(estimateCostUsd(0, 1_000_000)).toBeCloseTo(0.2 + 3.33335, 4);
  });

  it('counts what calls took beyond that', () => {
    expect(estimateCostUsd(0, 1_000_000, 500_000)).toBeCloseTo(0.2 + 2 * 3.33335, 4);
  });

  it('is not known when a count is not', () => {
    expect(estimateCostUsd(null, 10)).toBeNull();
    expect(estimateCostUsd(10, null)).toBeNull();
  });
});

describe('the cost of an outage', () => {
  const outage = { startedAt: iso(0), endedAt: iso(5400), over: false };

  it('is the figure per hour times its length, the least of it while it goes on', () => {
    expect(outageCost(makePlan(), outage)).toMatchObject({
      amount: 15_000,
      outageSeconds: 5400,
      atLeast: true,
    });
  });

  it('is not known without a figure in the plan, and there is none without an outage', () => {
    const without = makePlan(plan => {
      delete plan.costs;
    });
    expect(outageCost(without, outage)).toBeNull();
    expect(outageCost(makePlan(), null)).toBeNull();
  });
});
