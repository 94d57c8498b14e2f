import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import {
  objectivesOf,
  tierObjectivesOf,
  tiersOf,
  yearlyDowntimeSeconds,
} from '../../shared/plan/objectives.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { type LevelInput, serviceLevels } from '../../shared/report/service-levels.ts';
import { makePlan } from './fixtures/plan.ts';

const start = '2026-03-10T16:42:00.000Z';
const at = (seconds: number) => new Date(Date.parse(start) + seconds * 1000).toISOString();

function planWith(levels: {
  severity?: object;
  tiers?: object;
  scenario?: object;
  firstPhase?: object;
}): Plan {
  return makePlan(plan => {
    plan.severities = { critical: { title: 'Critical', ...levels.severity } };
    plan.tiers = levels.tiers ?? {};
    const scenario = (plan.scenarios as Record<string, Record<string, unknown>>)['region-failure'];
    Object.assign(scenario ?? {}, levels.scenario);
    const phases = scenario?.phases as object[];
    Object.assign(phases[0] ?? {}, levels.firstPhase);
  });
}

function levelsOf(plan: Plan, change: Partial<LevelInput> = {}) {
  const first = plan.scenarios['region-failure']?.phases[0]?.id ?? '';
  const entry = (seconds: number, type: string) =>
    ({ seq: 1, at: at(seconds), entry: { type }, previousHash: '', hash: '' }) as unknown as LedgerEntry;
  return serviceLevels({
    plan,
    scenario: 'region-failure',
    mode: 'recover',
    rto: { actualSeconds: 3600, measuredFrom: 'outage' } as LevelInput['rto'],
    rpo: { actualSeconds: 300 } as LevelInput['rpo'],
    phases: [{ id: first, ok: true, endedAt: at(900), steps: [] } as unknown as LevelInput['phases'][number]],
    lossOf: steps => (steps.length > 0 ? 60 : null),
    ledger: [entry(420, 'run-started'), entry(600, 'acknowledged')],
    clockStartedAt: start,
    noticedAtOnce: false,
    ...change,
  });
}

describe('objectives of a scenario', () => {
  it("are its own, else its severity's, else the plan's", () => {
    expect(objectivesOf(planWith({}), 'region-failure')).toEqual({ rto: 14_400, rpo: 3600 });
    const severity = { rto: '2h' };
    expect(objectivesOf(planWith({ severity }), 'region-failure')).toEqual({ rto: 7200, rpo: 3600 });
    const scenario = { rto: '1h', rpo: '5m' };
    expect(objectivesOf(planWith({ severity, scenario }), 'region-failure')).toEqual({ rto: 3600, rpo: 300 });
  });

  it('take all tiers that it does not choose from', () => {
    const tiers = { high: { title: 'High', services: [] }, low: { title: 'Low', services: [] } };
    expect(tiersOf(planWith({ tiers }), 'region-failure')).toEqual(['high', 'low']);
    expect(tiersOf(planWith({ tiers, scenario: { tiers: ['low'] } }), 'region-failure')).toEqual(['low']);
  });

  it('of a tier may differ in a scenario, which counts there', () => {
    const tiers = { high: { title: 'High', services: [], rto: '15m', rpo: '5m' } };
    const plan = planWith({ tiers, scenario: { tierObjectives: { high: { rto: '1h' } } } });
    expect(tierObjectivesOf(plan, 'region-failure', 'high')).toEqual({ rto: 3600, rpo: 300 });
    expect(tierObjectivesOf(plan, 'database-failure', 'high')).toEqual({ rto: 900, rpo: 300 });
  });

  it('leave 8.77 hours of a year at 99.9 %', () => {
    expect(yearlyDowntimeSeconds(99.9) / 3600).toBeCloseTo(8.77, 2);
  });
});

describe('service levels', () => {
  const tiers = { high: { title: 'High', services: ['Payments'], rto: '30m', rpo: '10m' } };

  it('measure severity and tiers, each against its own objective', () => {
    const levels = levelsOf(planWith({ severity: { rto: '2h', respondWithin: '5m' }, tiers }));
    expect(levels).toMatchObject([
      {
        of: 'severity',
        rto: { actualSeconds: 3600, met: true },
        rpo: null,
        respond: { actualSeconds: 420, met: false },
      },
      {
        of: 'tier',
        id: 'high',
        rto: { actualSeconds: 3600, met: false },
        rpo: { actualSeconds: 300, met: true },
      },
    ]);
  });

  it('let a tier be back with the last phase that names it', () => {
    const plan = planWith({ tiers, firstPhase: { tiers: ['high'] } });
    expect(levelsOf(plan)[0]?.rto).toEqual({ targetSeconds: 1800, actualSeconds: 900, met: true });
    const unfinished = [
      { id: plan.scenarios['region-failure']?.phases[0]?.id, ok: false, endedAt: at(900), steps: [] },
    ];
    expect(levelsOf(plan, { phases: unfinished as unknown as LevelInput['phases'] })[0]?.rto).toMatchObject({
      actualSeconds: null,
      met: false,
    });
  });

  it.each([
    ['what a drill left alone', 'drill', ['skipped'], null, null],
    ['what a drill carried out in part', 'drill', ['undone', 'skipped'], 900, true],
    ['what failed while the run went on', 'recover', ['failed'], null, false],
    ['what was not needed', 'recover', ['skipped'], 900, true],
  ] as const)('say of a tier: %s', (_, mode, statuses, actualSeconds, met) => {
    const plan = planWith({ tiers, firstPhase: { tiers: ['high'] } });
    const id = plan.scenarios['region-failure']?.phases[0]?.id;
    const steps = statuses.map(status => ({ status }));
    const measuredFrom = mode === 'drill' ? 'run' : 'outage';
    const [level] = levelsOf(plan, {
      mode,
      rto: { actualSeconds: 900, measuredFrom } as LevelInput['rto'],
      phases: [{ id, ok: true, endedAt: at(900), steps }] as unknown as LevelInput['phases'],
    });
    expect(level?.rto).toMatchObject({ actualSeconds, met });
  });

  it('say nothing of the response to an outage that a rehearsal has somebody notice at once', () => {
    const plan = planWith({ severity: { respondWithin: '5m' } });
    expect(levelsOf(plan, { noticedAtOnce: true })[0]?.respond).toEqual({
      targetSeconds: 300,
      actualSeconds: null,
      met: null,
    });
  });

  it('let a tier lose only what was restored until it was back', () => {
    const plan = planWith({ tiers, firstPhase: { tiers: ['high'] } });
    const restored = [
      { id: plan.scenarios['region-failure']?.phases[0]?.id, ok: true, endedAt: at(900), steps: [{}] },
    ];
    const phases = restored as unknown as LevelInput['phases'];
    expect(levelsOf(plan, { phases })[0]?.rpo).toMatchObject({ actualSeconds: 60, met: true });
  });

  it('claim nothing where the plan has no such objective, or the mode measures none', () => {
    expect(levelsOf(planWith({}))).toEqual([]);
    const dry = levelsOf(planWith({ tiers }), {
      mode: 'dry-run',
      rto: { actualSeconds: null, measuredFrom: 'nothing' } as LevelInput['rto'],
      rpo: { actualSeconds: null } as LevelInput['rpo'],
    });
    expect(dry[0]).toMatchObject({ rto: { actualSeconds: null, met: null }, rpo: { met: null } });
  });
});
