import { expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { rehearse } from '../../simulator/rehearse.ts';

const folder = 'test/simulator/fixtures/own-mysql';

test('a MySQL on a server of the system’s own is asked and mended in its words', async () => {
  const { plan, findings } = await checkPlan(`${folder}/plan.yml`);
  expect(findings).toEqual([]);
  if (!plan) throw new Error('the plan has errors');
  const entries: string[] = [];
  const result = await rehearse({
    plan,
    planDirectory: folder,
    scenario: 'wrong',
    mode: 'recover',
    seed: 20261151,
    faults: [],
    parameters: {},
    onEntry: entry => entries.push(JSON.stringify(entry)),
  });
  if (!result.ok) throw new Error(result.problems.join(' '));
  expect(result.report).toMatchObject({ outcome: 'recovered' });
  expect(entries.join('\n')).toContain('0 sessions are left');
  expect(entries.join('\n')).toContain('answered 30 at db.clinic.internal');
});
