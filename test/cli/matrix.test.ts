import { describe, expect, it, vi } from 'vitest';
import { lifeboat } from './collect.ts';

// All scenarios of a plan and a year of its calendar are rehearsed, which takes longer than most tests.
vi.setConfig({ testTimeout: 240_000 });

describe('lifeboat matrix', () => {
  it('has a row for each scenario, with what its rehearsal measured', async () => {
    const path = 'examples/river-gauges/plan.yml';
    const { code, out, err } = await lifeboat(['matrix', path]);
    expect(code).toBe(0);
    expect(out).toMatch(/\| Ohio is lost \| 1 h \| \d+ min .*\| 5 min \| \d+ s/);
    expect(err).toContain('Real runs were not looked at');
    const { rows } = JSON.parse((await lifeboat(['matrix', path, '--json'])).out);
    expect(rows[0]).toMatchObject({ of: 'scenario', id: 'region-failure', rto: { targetSeconds: 3600 } });
  });

  it('needs one plan', async () => {
    expect((await lifeboat(['matrix'])).code).toBe(2);
  });
});
