import { expect, test } from 'vitest';
import type { Run } from '../../shared/runbook/contract.ts';
import { scopeOf } from '../../shared/runbook/scope.ts';

const run: Run = {
  id: 'run-1',
  incidentId: 'incident-1',
  system: 'shop',
  scenario: 'wrong-data',
  mode: 'recover',
  startedAt: '2026-03-10T16:50:00.000Z',
  outageStartedAt: '2026-03-10T16:42:00.000Z',
  parameters: {},
};

test('the default of a parameter may be relative to the outage, and what a person set is taken as it is', () => {
  const parameters = { before: '${incident.startedAt - 15m}', pods: 3, text: '${steps.a.b}' };
  expect(scopeOf({ ...run, parameters }, {}).parameters).toEqual({
    before: '2026-03-10T16:27:00.000Z',
    pods: 3,
    // No step has run when a run begins; lint refuses it in a plan.
    text: '${steps.a.b}',
  });
});
