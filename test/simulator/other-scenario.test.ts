import { expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { rehearse } from '../../simulator/rehearse.ts';

test('signals that are taken for another scenario: the report names it, and its incident comes to an end', async () => {
  const { plan } = await checkPlan('plans/ag-botkit/plan.yml');
  if (!plan) throw new Error('the plan has errors');
  const result = await rehearse({
    plan,
    planDirectory: 'plans/ag-botkit',
    scenario: 'database-corruption',
    mode: 'recover',
    seed: 20261149,
    faults: ['region:us-east-1'],
    parameters: {},
  });
  if (!result.ok) throw new Error(result.problems.join(' '));
  const { outcome, detail, invariants } = result.report;
  expect(outcome).toBe('failed');
  expect(detail.problems[0]?.what).toMatch(/taken for "region-failure"/);
  expect(invariants?.filter(({ held }) => !held)).toEqual([]);
});
