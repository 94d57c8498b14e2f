import { describe, expect, test } from 'vitest';
import { fixedFunctions } from '../../shared/deployment.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import { runSeed } from '../../simulator/campaign/one-run.ts';
import { passes, staleServices } from '../../simulator/faults/faults.ts';
import { countOf, plan, planPath, rehearsal, violations } from '../simulator/support/liquid-abt.ts';

/** Rehearsals that need no server, but more time than the tests that everybody runs may take. */

const reads = /\.(Describe|Get|List|Query|Test)/;

/**
 * Passing faults that can hit what a calm run calls: each change in every way, or with its reply lost, which is the one
 * that makes things twice, and in one other; every second read, or every fourth, in one way.
 */
async function faultsOf(scenario: string, all: boolean): Promise<string[]> {
  const { report } = await rehearsal({ scenario });
  const calls = Object.keys(report.awsCalls ?? {}).sort();
  const services = [...new Set(calls.map(call => call.split('.')[0] ?? ''))];
  const families = [...new Set(report.steps.map(step => step.action.split('.')[0] ?? ''))];
  const ways = ['error5xx', 'timeout', 'lost-reply'];
  return [
    ...services.map(service => `throttle:${service}`),
    ...services.filter(service => staleServices.includes(service)).map(service => `stale-read:${service}`),
    ...calls
      .filter(call => !reads.test(call))
      .flatMap((call, index) =>
        ways.flatMap((way, at) =>
          all || way === 'lost-reply' || at === index % 2 ? [`${way}:${call}`] : [],
        ),
      ),
    ...calls
      .filter(call => reads.test(call))
      .flatMap((call, index) => {
        const step = all ? 2 : 4;
        return index % step === 0 ? [`${ways[(index / step) % ways.length]}:${call}`] : [];
      }),
    ...[...fixedFunctions, ...families].map(handler => `handler-crash:${handler}`),
    'duplicate-event',
  ];
}

/** Every item once, `size` at a time, none beside its neighbour in the list. */
function apart(items: readonly string[], size: number): string[][] {
  const groups = Math.ceil(items.length / size);
  return Array.from({ length: groups }, (_, first) => items.filter((_, at) => at % groups === first));
}

// Every call of the short one in every way, one by one, and most of the long one, four at a time, which takes a quarter of
// the time and is harder; the other scenarios, here and of other plans, are what campaigns are for.
for (const { scenario, all, together } of [
  { scenario: 'database-failure', all: true, together: 1 },
  { scenario: 'region-failure', all: false, together: 4 },
]) {
  const seed = scenario.length * 1009;
  describe(`${scenario} reaches its objectives (seed ${seed}) with`, async () => {
    const cases = apart(await faultsOf(scenario, all), together).map(faults => ({
      faults,
      name: faults.join(', '),
    }));
    test.each(cases)('$name', async ({ faults }) => {
      const result = await rehearsal({ scenario, seed, faults });
      expect(result.report.detail.problems).toEqual([]);
      expect(isSuccess(result.report)).toBe(true);
      expect(violations(result)).toEqual([]);
      expect(countOf(result, 'incident-opened')).toBe(1);
      expect(countOf(result, 'run-started')).toBe(1);
      expect(result.report.notifications.filter(({ onTime }) => !onTime)).toEqual([]);
    });
  });
}

describe('runs with faults drawn at random', () => {
  const seeds = Array.from({ length: 8 }, (_, index) => 610_000 + index);

  test.each(seeds)('seed %i', async seed => {
    const run = await runSeed([{ path: planPath, plan }], seed);
    expect({ faults: run.faults, problems: run.problems }).toEqual({ faults: run.faults, problems: [] });
  });
});

test('a run that faults which pass by themselves kept from its objectives is a problem', async () => {
  const hasty = { ...plan, objectives: { ...plan.objectives, rto: 60 } };
  const scenario = hasty.scenarios['region-failure'];
  if (!scenario) throw new Error('no scenario');
  const only = { ...hasty, scenarios: { 'region-failure': { ...scenario, modes: ['recover' as const] } } };
  const results = [];
  for (const seed of [2, 3, 4]) results.push(await runSeed([{ path: planPath, plan: only }], seed));
  const late = results.filter(({ outcome, faults }) => outcome === 'recovered' && faults.every(passes));
  expect(late.length).toBeGreaterThan(0);
  for (const { problems, faults } of late) {
    const why =
      faults.length > 0
        ? 'faults that pass by themselves kept it from success'
        : 'it was no success although there was no fault';
    expect(problems).toEqual([`${why}: an objective was missed`]);
  }
});
