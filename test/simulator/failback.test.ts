import { describe, expect, test } from 'vitest';
import type { Plan, Scenario } from '../../shared/plan/schema.ts';
import { plan, tryRehearsal, violations } from './support/liquid-abt.ts';

/** LIQUID ABT with a way back that does nothing but what is given. */
function withWayBack(steps: Scenario['phases'][number]['steps']): Plan {
  const failover = plan.scenarios['region-failure'];
  if (!failover) throw new Error('the plan has no region failure');
  const { disaster: _, trigger: __, ...rest } = failover;
  const phases: Scenario['phases'] = [{ id: 'back', title: 'Go back', stage: 'execute', steps }];
  const back: Scenario = {
    ...rest,
    title: 'Go back',
    failbackOf: 'region-failure',
    modes: ['planned'],
    phases,
  };
  return { ...plan, scenarios: { ...plan.scenarios, 'region-failback': back } };
}

const step = { onFailure: 'stop', timeout: 900 } as const;

describe('a failback', () => {
  test('is rehearsed on what its failover has left behind, and knows what that made', async () => {
    const result = await tryRehearsal({
      plan: withWayBack([
        {
          ...step,
          id: 'look',
          do: 'sql.query',
          with: {
            database: 'database-restored',
            host: '${failover.steps.restore-database.endpoint}',
            query: 'SELECT count(*) FROM tenants',
            expect: { min: 1 },
          },
        },
      ]),
      scenario: 'region-failback',
      mode: 'planned',
      seed: 7,
    });
    if (!result.ok) throw new Error(result.problems.join('\n'));
    expect(result.report.detail.problems).toEqual([]);
    expect(result.report.outcome).toBe('recovered');
    expect(violations(result)).toEqual([]);
    // Only what belongs to the way back is shown and counted.
    expect(result.report.steps.map(({ id }) => id)).toEqual(['look']);
    expect(result.report.awsCalls).not.toHaveProperty('rds.RestoreDBInstanceToPointInTime');
    expect(result.report.rto.actualSeconds).toBeLessThan(600);
  });

  test('that sends users to a region where nothing is ready breaks a rule', async () => {
    const result = await tryRehearsal({
      plan: withWayBack([{ ...step, id: 'move', do: 'route53.failback', with: { name: 'app-name' } }]),
      scenario: 'region-failback',
      mode: 'planned',
      seed: 7,
    });
    if (!result.ok) throw new Error(result.problems.join('\n'));
    expect(violations(result).join()).toMatch(/recovered, with 0 databases written to|nothing is ready/);
  });

  test('is refused when its failover did not recover', async () => {
    const damaged = withWayBack([
      { ...step, id: 'move', do: 'route53.failback', with: { name: 'app-name' } },
    ]);
    const failover = damaged.scenarios['region-failure'];
    const [decide] = failover?.phases ?? [];
    if (!failover || !decide) throw new Error('the plan has no first phase');
    const failing = { ...step, id: 'fail', do: 'http.check', with: { url: 'https://nowhere.invalid/' } };
    const phases = [{ ...decide, steps: [failing] }, ...failover.phases.slice(1)];
    const result = await tryRehearsal({
      plan: { ...damaged, scenarios: { ...damaged.scenarios, 'region-failure': { ...failover, phases } } },
      scenario: 'region-failback',
      mode: 'planned',
    });
    if (!result.ok) throw new Error(result.problems.join('\n'));
    expect(result.report.outcome).toBe('failed');
    expect(result.report.detail.problems[0]?.what).toMatch(/"region-failure" did not recover/);
  });
});
