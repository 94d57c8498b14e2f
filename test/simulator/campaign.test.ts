import { expect, test } from 'vitest';
import { campaign } from '../../cli/commands/campaign.ts';
import { runSeed } from '../../simulator/campaign/one-run.ts';
import { planPath } from './support/liquid-abt.ts';
import { withPhases } from './support/play.ts';

const small = 'examples/river-gauges/plan.yml';

async function run(args: Partial<Parameters<typeof campaign>[0]>) {
  const said = { out: [] as string[], err: [] as string[] };
  const io = {
    out: (text: string) => void said.out.push(text),
    err: (text: string) => void said.err.push(text),
    colour: false,
  };
  const exit = await campaign({ plans: [small], json: true, ...args }, io);
  return { exit, out: said.out.join(''), err: said.err.join('') };
}

test('says how the runs ended, and is the same however many threads rehearse', async () => {
  const one = await run({ runs: '2', seed: '800' });
  expect(one.exit).toBe(0);
  expect(JSON.parse(one.out)).toEqual({ runs: 2, seed: 800, outcomes: expect.any(Object), failed: [] });
  expect(await run({ runs: '2', seed: '800', jobs: '2' })).toEqual(one);
});

test('says so on a terminal as well', async () => {
  const { exit, out, err } = await run({ runs: '2', seed: '800', json: false });
  expect(exit).toBe(0);
  expect(err).toBe('Seeds 800 to 801\n');
  expect(out).toMatch(/^2 runs: .*; none went wrong\n$/);
});

test.each([{ runs: 'many' }, { runs: '0' }, { seed: '-1' }, { jobs: '0' }, { plans: [] }])(
  'refuses %o',
  async args => {
    expect(await run(args)).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('whole numbers'),
    });
  },
);

test('a plan that can not be read is bad input', async () => {
  expect(await run({ plans: ['plans/liquid-abt/rehearsal.sql'] })).toMatchObject({ exit: 2, out: '' });
});

test('a broken rule is a problem of its seed, with everything that replays it', async () => {
  const early = withPhases('region-failure', phases => {
    const route = phases.filter(({ id }) => id === 'route');
    const others = phases.filter(({ id }) => id !== 'route');
    return [...others.slice(0, 1), ...route, ...others.slice(1)];
  });
  const scenario = early.scenarios['region-failure'];
  if (!scenario) throw new Error('no scenario');
  const only = { ...early, scenarios: { 'region-failure': { ...scenario, modes: ['recover' as const] } } };
  const results = [];
  for (const seed of [1, 2]) results.push(await runSeed([{ path: planPath, plan: only }], seed));
  const broken = results.filter(({ problems }) => problems.length > 0);
  expect(broken.length).toBeGreaterThan(0);
  expect(broken[0]).toMatchObject({ plan: planPath, scenario: 'region-failure', mode: 'recover' });
  expect(broken.flatMap(({ problems }) => problems).join()).toContain(
    'traffic-after-readiness: users of app-name',
  );
});
