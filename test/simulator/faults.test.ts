import { describe, expect, test } from 'vitest';
import { fixedFunctions } from '../../shared/deployment.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import { runSeed, usedBy } from '../../simulator/campaign/one-run.ts';
import { drawFaults } from '../../simulator/faults/draw.ts';
import { createFaults, knownFaults, passes, staleServices } from '../../simulator/faults/faults.ts';
import { countOf, plan, planPath, rehearsal, violations } from './support/liquid-abt.ts';

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

// Every call of the short one in every way, three at a time, and most of the long one, eight at a time, which takes an eighth of
// the time and is harder; the other scenarios, here and of other plans, are what campaigns are for.
for (const { scenario, all, together } of [
  { scenario: 'database-failure', all: true, together: 3 },
  { scenario: 'region-failure', all: false, together: 8 },
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
  const seeds = Array.from({ length: 6 }, (_, index) => 610_000 + index);

  test.each(seeds)('seed %i', async seed => {
    const run = await runSeed([{ path: planPath, plan }], seed);
    expect({ faults: run.faults, problems: run.problems }).toEqual({ faults: run.faults, problems: [] });
  });
});

describe('drawing', () => {
  test('the same seed draws the same faults, and all of them are known', async () => {
    const used = await usedBy({ path: planPath, plan }, 'region-failure', 'recover');
    expect(used.handlers).toContain('rds');
    const slack = { type: 'slack-webhook', url: 'secret:shop/slack#url' } as const;
    const more = { ...plan, channels: { ...plan.channels, chat: slack } };
    const draw = () => Array.from({ length: 400 }, (_, seed) => drawFaults(more, seed, used));
    const drawn = draw();
    expect(draw()).toEqual(drawn);
    for (const names of drawn) expect(createFaults(names).ok).toBe(true);
    const kinds = new Set(drawn.flat().map(name => name.split(':')[0]));
    expect([...kinds].sort()).toEqual(
      Object.keys(knownFaults)
        .map(name => name.split(':')[0])
        .sort(),
    );
  });
});

describe('what a fault hits', () => {
  const of = (...names: string[]) => {
    const made = createFaults(names);
    if (!made.ok) throw new Error(made.problems.join('\n'));
    return made.faults;
  };
  const describeInstances = { service: 'rds', operation: 'DescribeDBInstances', region: 'ap-southeast-4' };

  test('throttling refuses every third call, ten times', () => {
    const faults = of('throttle:rds');
    const seen = Array.from({ length: 60 }, () => faults.onCall(describeInstances));
    expect(seen.filter(fault => fault === 'throttle')).toHaveLength(10);
    expect(seen.slice(0, 3)).toEqual([undefined, undefined, 'throttle']);
    expect(faults.onCall({ ...describeInstances, service: 'kms' })).toBeUndefined();
  });

  test('a server fault comes twice, silence once', () => {
    const faults = of('error5xx:rds.DescribeDBInstances', 'timeout:rds.DescribeDBInstances');
    const seen = Array.from({ length: 4 }, () => faults.onCall(describeInstances));
    expect(seen).toEqual(['error5xx', 'error5xx', 'timeout', undefined]);
  });

  test('a handler dies before its second and after its fourth work', () => {
    const faults = of('handler-crash:run');
    const seen = Array.from({ length: 5 }, () => faults.onHandler('run'));
    expect(seen).toEqual([undefined, 'crash-before', undefined, 'crash-after', undefined]);
    expect(faults.onHandler('rds')).toBeUndefined();
  });

  test('some faults pass by themselves and some do not', () => {
    expect(passes('timeout:rds.RebootDBInstance')).toBe(true);
    expect(passes('no-approval')).toBe(false);
    expect(passes('region:us-east-1')).toBe(false);
  });
});
