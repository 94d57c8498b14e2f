import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { rehearse } from '../../simulator/rehearse.ts';

const rule = 'recovered-means-served';

/** Rehearses a scenario of an example after changes of its text; gives the outcome and what its claim breaks. */
async function claim(example: string, scenario: string, ...changes: [from: RegExp, to: string][]) {
  let text = readFileSync(`examples/${example}/plan.yml`, 'utf8');
  for (const [from, to] of changes) {
    expect(text).toMatch(from);
    text = text.replace(from, () => to);
  }
  const { plan, findings } = await checkPlan({ file: 'plan.yml', text });
  if (!plan) throw new Error(JSON.stringify(findings));
  const planDirectory = `examples/${example}`;
  const request = {
    plan,
    planDirectory,
    scenario,
    mode: 'recover',
    seed: 3,
    faults: [],
    parameters: {},
  } as const;
  const result = await rehearse(request);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  const { outcome, invariants } = result.report;
  return { outcome, broken: invariants?.find(({ name }) => name === rule)?.violations };
}

const told = 'value: "${steps.restore-beside.table}"';
const name = new RegExp(told.replaceAll(/[$.{}]/g, '\\$&'));
const table = 'recovered, but applications go on with damaged data: permit-drafts';

test.each([
  ['is told the copy from before the damage', told, undefined],
  ['goes on with the damaged table', 'value: permit-drafts', [table]],
])('a run whose application %s', async (_, put, broken) => {
  expect(await claim('permit-desk', 'drafts-damaged', [name, put])).toEqual({ outcome: 'recovered', broken });
});

test('a copy from after the damage is as wrong', async () => {
  const moment = /incident\.startedAt - 22m/;
  expect(await claim('permit-desk', 'drafts-damaged', [moment, 'incident.startedAt - 6m'])).toEqual({
    outcome: 'recovered',
    broken: [table],
  });
});

test('what a function mends in place, as the plan assumes, is right again', async () => {
  const step = /- id: name-it[\s\S]*?onFailure: stop\n/;
  const put =
    '- { id: put-right, title: Drafts are put right, do: lambda.invoke, with: { function: place-documents, payload: { table: permit-drafts } }, timeout: 10m }\n';
  const assumed = /name: place-documents \}/;
  const mends = await claim(
    'permit-desk',
    'drafts-damaged',
    [step, put],
    [assumed, 'name: place-documents, restores: [drafts] }'],
  );
  expect(mends).toEqual({ outcome: 'recovered', broken: undefined });
  expect(await claim('permit-desk', 'drafts-damaged', [step, put])).toMatchObject({ broken: [table] });
});

test('a database that nobody puts in place is seen', async () => {
  const put = /\n {10}- id: use-restored\n[\s\S]*?modes: \[recover\]/;
  expect(await claim('tool-library', 'wrong-data', [put, ''])).toEqual({
    outcome: 'recovered',
    broken: [
      expect.stringMatching(
        /^recovered, but applications go on with damaged data: the database at library-loans\./,
      ),
    ],
  });
});
