import { describe, expect, test } from 'vitest';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import { estimatedEnd } from '../../shared/communication/estimate.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import { readRehearsed } from '../../shared/plan/rehearsed.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import { rehearse } from '../../simulator/rehearse.ts';
import { withEstimates } from '../../state-machines/estimates.ts';
import { systems } from './support.ts';

/** A seed that no estimate was made with. */
const seed = 12;
/** Shares of a run at which people ask how long it will take. */
const moments = [0, 0.25, 0.5, 0.75];
/** A figure that is wrong by more than this share of the run is worse than none. */
const mostWrong = 0.35;

describe.each(systems)('the estimates of %s', async system => {
  const directory = `plans/${system}`;
  const { plan } = await checkPlan(`${directory}/plan.yml`);
  const rehearsed = readRehearsed(directory);
  const actions = await loadActions(listKinds());

  test('were rehearsed for every step that the plan has, and for no other', () => {
    const known = Object.entries(rehearsed?.scenarios ?? {}).flatMap(([id, steps]) =>
      Object.keys(steps).map(step => `${id}/${step}`),
    );
    const planned = Object.entries(plan?.scenarios ?? {}).flatMap(([id, { phases, modes }]) =>
      phases
        .flatMap(phase => stepsOf(phase.steps))
        .filter(step => (step.modes ?? modes).some(mode => mode !== 'dry-run' && modes.includes(mode)))
        .map(step => `${id}/${step.id}`),
    );
    const mend = `run \`lifeboat estimates ${directory}/plan.yml\``;
    expect(known.sort(), mend).toEqual(planned.sort());
  });

  test('say within a third when the longest recovery ends, and move as its steps end', async () => {
    if (!plan) throw new Error('the plan has errors');
    const scenario = longest(plan, rehearsed?.scenarios ?? {});
    const request = { planDirectory: directory, scenario, mode: 'recover' as const, seed };
    const result = await rehearse({ plan, ...request, faults: [], parameters: {} });
    if (!result.ok) throw new Error(result.problems.join('\n'));
    const { ledger } = result;
    const endMs = Date.parse(ledger.findLast(({ entry }) => entry.type === 'run-ended')?.at ?? '');
    const { id, startedAt } = result.report.detail.run;
    const run = { id, startedAt, scenario, mode: 'recover' as const, incidentId: '', system, parameters: {} };
    const lengthMs = endMs - Date.parse(startedAt);
    const expected = moments.map(share => {
      const now = new Date(Date.parse(startedAt) + share * lengthMs);
      return estimatedEnd({
        plan: withEstimates(plan, actions, rehearsed),
        run: { ...run, outageStartedAt: startedAt },
        ledger: ledger.filter(({ at }) => Date.parse(at) <= now.getTime()),
        questions: [],
        now,
      });
    });
    const wrong = expected.map(at => Math.abs(Date.parse(at ?? '') - endMs) / lengthMs);
    expect(Math.max(...wrong), `${scenario}: ${wrong}`).toBeLessThan(mostWrong);
    expect(new Set(expected).size).toBeGreaterThan(1);
  });
});

/** The scenario that takes longest by its own steps. */
function longest({ scenarios }: Plan, known: Record<string, Record<string, unknown>>): string {
  const seconds = (id: string) =>
    Object.values(known[id] ?? {}).reduce<number>(
      (sum, each) => sum + (typeof each === 'number' ? each : ((each as { recover?: number }).recover ?? 0)),
      0,
    );
  const recovering = Object.keys(scenarios).filter(id => scenarios[id]?.modes.includes('recover'));
  return recovering.sort((a, b) => seconds(b) - seconds(a))[0] ?? '';
}
