import { describe, expect, test } from 'vitest';
import { isSuccess } from '../../shared/report/verdict.ts';
import { countOf, plan, rehearsal, tryRehearsal, violations } from './support/liquid-abt.ts';

/** Requests that change something, in AWS or in a cluster. Reports are written to S3 in every run, so it is left out. */
const mutations =
  /^(rds\.(Restore|Delete|Stop|Reboot)|route53\.Change|eks\.Update|kubernetes\.Patch|secretsmanager\.Put)/;

function changesOf(result: Awaited<ReturnType<typeof rehearsal>>): string[] {
  const calls = Object.keys(result.report.awsCalls ?? {}).filter(call => mutations.test(call));
  return [...calls, ...result.report.detail.changes.map(({ call }) => call)];
}

describe('a dry run', () => {
  const scenarios = Object.keys(plan.scenarios).filter(id => plan.scenarios[id]?.modes.includes('dry-run'));

  test.each(scenarios)('of %s changes nothing', async scenario => {
    const result = await rehearsal({ scenario, mode: 'dry-run', seed: 20260310 });
    expect(result.report.outcome).toBe('recovered');
    expect(changesOf(result)).toEqual([]);
    expect(countOf(result, 'incident-opened')).toBe(1);
    expect(countOf(result, 'run-started')).toBe(1);
  });
});

describe('the loss of a region', () => {
  test('says how long each part took, and the parts make up the whole', async () => {
    const { report } = await rehearsal({ seed: 31 });
    const { rto, rpo } = report;
    const parts = [rto.detectSeconds, rto.decideSeconds, rto.executeSeconds, rto.verifySeconds];
    const sum = parts.reduce<number>((total, seconds) => total + (seconds ?? Number.NaN), 0);
    expect(Math.abs(sum - (rto.actualSeconds ?? Number.NaN))).toBeLessThanOrEqual(parts.length);
    expect(rto.criticalPathSeconds).toBeGreaterThan(600);
    expect(rto.criticalPathSeconds).toBeLessThanOrEqual(rto.executeSeconds ?? 0);
    expect(rpo.actualSeconds).toBeGreaterThan(0);
    expect(rpo.actualSeconds).toBeLessThan(3600);
  });

  test('nobody who answers ends in escalation and an aborted run, with DNS never touched', async () => {
    const result = await rehearsal({ faults: ['no-approval'], seed: 88 });
    expect(result.report.outcome).toBe('aborted');
    expect(changesOf(result)).toEqual([]);
    expect(result.report.steps.map(({ action }) => action)).not.toContain('route53.failover');
    expect(countOf(result, 'escalated')).toBeGreaterThan(1);
    expect(result.report.rto.criticalPathSeconds).toBeNull();
    const [problem, ...others] = result.report.detail.problems;
    expect(problem?.what).toBe('Activate Melbourne?: Nobody answered in time');
    expect(problem?.mend).toMatch(/^Start the scenario again/);
    expect(others).toEqual([]);
    expect(violations(result)).toEqual([]);
  });

  test.each([
    { fault: 'no-snapshot', what: /no restore point/, mode: 'recover' as const },
    { fault: 'no-snapshot', what: /no restore point/, mode: 'drill' as const },
    { fault: 'kms-key-missing', what: /KMS key/, mode: 'recover' as const },
    { fault: 'kms-key-missing', what: /KMS key/, mode: 'dry-run' as const },
  ])('$fault refuses in mode $mode before anything is changed, and says what to do', async one => {
    const result = await rehearsal({ mode: one.mode, faults: [one.fault], seed: 5150 });
    expect(result.report.outcome).toBe('refused');
    expect(changesOf(result)).toEqual([]);
    expect(result.report.detail.problems[0]?.what).toMatch(one.what);
    expect(result.report.detail.problems[0]?.mend).toBeTruthy();
    expect(violations(result)).toEqual([]);
  });

  test('with the recovery region lost as well no run starts, and the report says why', async () => {
    const result = await rehearsal({ faults: ['region:ap-southeast-4'] });
    expect(result.report.outcome).toBe('failed');
    expect(result.report.lambdaInvocations).toBe(0);
    expect(result.report.detail.problems.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^The recovery region ap-southeast-4 does not answer/),
    ]);
  });

  test("without Route 53's control plane it loses seconds, not minutes", async () => {
    const calm = await rehearsal({ seed: 12 });
    const lost = await rehearsal({ seed: 12, faults: ['region:us-east-1'] });
    expect(isSuccess(lost.report)).toBe(true);
    const step = ({ report }: typeof calm) => report.steps.find(({ id }) => id === 'move-traffic');
    const seconds = (result: typeof calm) =>
      (Date.parse(step(result)?.endedAt ?? '') - Date.parse(step(result)?.startedAt ?? '')) / 1000;
    expect(seconds(lost) - seconds(calm)).toBeLessThan(60);
  });
});

test('a database that came back by itself opens no second incident', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const result = await rehearsal({ scenario: 'database-failure', seed });
    expect(countOf(result, 'incident-opened')).toBe(1);
    // Only what fires after the end of the run could open another one.
    expect(result.report.detail.problems).toEqual([]);
  }
});

test('an execution that could not open a run is named, with why', async () => {
  const operations = ['GetItem', 'PutItem', 'Query'];
  const ways = ['error5xx', 'timeout', 'lost-reply'];
  const calls = operations.flatMap(operation => ways.map(way => `${way}:dynamodb.${operation}`));
  const faults = ['throttle:dynamodb', 'handler-crash:run', ...calls];
  const result = await rehearsal({ scenario: 'database-failure', mode: 'planned', seed: 41, faults });
  expect(result.report.outcome).toBe('failed');
  expect(result.report.detail.problems).toEqual([
    expect.objectContaining({
      what: expect.stringMatching(/^The execution rehearsal-41 ended as FAILED before it had opened a run: /),
      mend: expect.stringMatching(/^Start the scenario again/),
    }),
  ]);
});

describe('a run is a function of its request', () => {
  const requests = [
    { seed: 7 },
    { seed: 7, mode: 'drill' as const, faults: ['throttle:dynamodb'] },
    { seed: 7, faults: ['duplicate-event', 'stale-read:rds', 'timeout:sns.Publish'] },
    { seed: 7, scenario: 'database-failure', faults: ['lost-reply:states.StartExecution'] },
  ];

  test.each(requests)('%j', async request => {
    const [first, second] = [await rehearsal(request), await rehearsal(request)];
    expect(JSON.stringify(second.report)).toBe(JSON.stringify(first.report));
    expect(JSON.stringify(second.ledger)).toBe(JSON.stringify(first.ledger));
  });

  test('another seed is another run', async () => {
    const [first, second] = [await rehearsal({ seed: 8 }), await rehearsal({ seed: 9 })];
    expect(second.report.rto.actualSeconds).not.toBe(first.report.rto.actualSeconds);
  });
});

describe('bad input', () => {
  test('an unknown fault is answered with all that are known', async () => {
    const result = await tryRehearsal({ faults: ['no-aproval'] });
    expect(result).toEqual({ ok: false, problems: [expect.stringMatching(/Did you mean "no-approval"\?/)] });
    expect(JSON.stringify(result)).toMatch(/throttle:<service>.*handler-crash:<handler>.*kms-key-missing/s);
  });

  test.each([
    ['throttle:rdz', /Did you mean "rds"\?/],
    ['handler-crash:triagge', /Did you mean "triage"\?/],
    ['region:sydney', /does not name an AWS region/],
  ])('%s names nothing that is there', async (fault, problem) => {
    const result = await tryRehearsal({ faults: [fault] });
    expect(result).toEqual({ ok: false, problems: [expect.stringMatching(problem)] });
  });

  test('all problems with the faults come at once', async () => {
    const result = await tryRehearsal({ faults: ['storm', 'throttle', 'no-snapshot:x'] });
    expect(result.ok === false && result.problems).toHaveLength(3);
  });

  test('an unknown scenario or parameter is named', async () => {
    expect(await tryRehearsal({ scenario: 'flood' })).toMatchObject({ ok: false });
    expect(await tryRehearsal({ parameters: { size: 4 } })).toEqual({
      ok: false,
      problems: [expect.stringContaining('has no parameter "size"')],
    });
  });
});

test('a fault that hits nothing is not passed off as survived', async () => {
  const faults = ['timeout:rds.RebootDBInstance', 'region:eu-west-1', 'timeout:rds.DescribeDBInstances'];
  const result = await rehearsal({ faults });
  expect(result.faultsWithoutEffect).toEqual(['timeout:rds.RebootDBInstance', 'region:eu-west-1']);
});
