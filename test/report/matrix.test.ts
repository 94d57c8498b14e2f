import { describe, expect, it } from 'vitest';
import { type Measured, matrixMarkdown, misses, recoveryMatrix } from '../../shared/report/matrix.ts';
import { makePlan } from './fixtures/plan.ts';

const plan = makePlan(draft => {
  draft.tiers = {
    high: { title: 'High', services: ['Payments'], rto: '1h' },
    low: { title: 'Low', services: ['Reports'] },
  };
});
const run = (change: Partial<Measured> = {}): Measured => ({
  scenario: 'region-failure',
  mode: 'recover',
  outcome: 'recovered',
  faults: [],
  rtoSeconds: 3000,
  rpoSeconds: 360,
  tiers: { high: { rtoSeconds: 2000, rpoSeconds: null } },
  ...change,
});

describe('the recovery time matrix', () => {
  it('has target and rehearsed figure of each scenario, and of each tier with an objective', () => {
    const rows = recoveryMatrix(plan, [run(), run({ mode: 'drill', rtoSeconds: 9 })]);
    expect(rows).toMatchObject([
      {
        of: 'scenario',
        rto: { targetSeconds: 14_400, rehearsedSeconds: 3000 },
        rpo: { targetSeconds: 3600, rehearsedSeconds: 360 },
      },
      { of: 'tier', id: 'high', rto: { targetSeconds: 3600, rehearsedSeconds: 2000 }, rpo: null },
    ]);
    expect(rows).toHaveLength(2);
    expect(rows.some(misses)).toBe(false);
  });

  it('does not take a run with faults for what a recovery needs, and fills nothing in', () => {
    const rows = recoveryMatrix(plan, [run({ faults: ['throttle:rds'], rtoSeconds: 99_999 })]);
    expect(rows[0]?.rto?.rehearsedSeconds).toBeNull();
    expect(matrixMarkdown('Shop', rows)).toContain('| 4 h | not measured |');
  });

  it('says that nothing was lost to measure only where the disaster harms no data', () => {
    const own = [run({ rpoSeconds: null, movedNoData: true })];
    const scenarioOf = (disaster?: { type: string }) =>
      makePlan(draft => {
        const scenarios = draft.scenarios as Record<string, object>;
        Object.assign(scenarios['region-failure'] ?? {}, { disaster });
      });
    const textOf = (disaster?: { type: string }) =>
      matrixMarkdown('Shop', recoveryMatrix(scenarioOf(disaster), own));
    expect(textOf()).toContain('| 1 h | no data moved |');
    expect(textOf({ type: 'region-loss', ...{ region: 'primary' } })).toContain('| 1 h | not measured |');
    expect(matrixMarkdown('Shop', recoveryMatrix(scenarioOf(), [run({ rpoSeconds: null })]))).toContain(
      '| 1 h | not measured |',
    );
  });

  it('says that the loss was not measured where code of the user’s own may have moved data', () => {
    const own = [run({ rpoSeconds: null, movedNoData: 'as-far-as-known' })];
    const rows = recoveryMatrix(plan, own);
    expect(matrixMarkdown('Shop', rows)).toContain('| 1 h | not measured |');
    expect(rows[0]?.rpo?.nothingToLose).toBe('as-far-as-known');
  });

  it('takes no planned move for an outage of a tier, unless there is nothing else', () => {
    const both = makePlan(draft => {
      draft.tiers = { high: { title: 'High', services: [], rto: '1h' } };
      const scenarios = draft.scenarios as Record<string, object>;
      scenarios.back = { ...scenarios['region-failure'], modes: ['planned'] };
    });
    const back = run({
      scenario: 'back',
      mode: 'planned',
      tiers: { high: { rtoSeconds: 9000, rpoSeconds: null } },
    });
    const tierOf = (runs: Measured[]) => recoveryMatrix(both, runs).at(-1)?.rto?.rehearsedSeconds;
    expect(tierOf([run(), back])).toBe(2000);
    expect(tierOf([back])).toBe(9000);
  });

  it('says what misses its target', () => {
    const rows = recoveryMatrix(plan, [run({ tiers: { high: { rtoSeconds: 4000, rpoSeconds: null } } })]);
    expect(rows.map(misses)).toEqual([false, true]);
    expect(matrixMarkdown('Shop', rows)).toContain('| High (tier) | 1 h | **1 h 6 min, missed** |');
  });

  it('names the newest real recovery and drill with date and run', () => {
    const real = [
      run({ run: '20260101-aaaaaa', startedAt: '2026-01-01T10:00:00.000Z', rtoSeconds: 5400 }),
      run({ run: '20260301-bbbbbb', startedAt: '2026-03-01T10:00:00.000Z', rtoSeconds: 3600 }),
      run({ run: '20260401-cccccc', startedAt: '2026-04-01T10:00:00.000Z', mode: 'drill' }),
    ];
    expect(recoveryMatrix(plan, [run()])[0]).not.toHaveProperty('lastReal');
    expect(recoveryMatrix(plan, [run()], [])[0]?.lastReal).toBeNull();
    const [row] = recoveryMatrix(plan, [run()], real);
    expect(row).toMatchObject({
      lastReal: { run: '20260301-bbbbbb' },
      lastDrill: { run: '20260401-cccccc' },
    });
    expect(matrixMarkdown('Shop', row ? [row] : [])).toContain(
      '1 h, 6 min lost (2026-03-01, run 20260301-bbbbbb)',
    );
  });
});
