import { expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { fixtureText } from './fixture-text.ts';

const clean = fixtureText('no-check-after-switch', 'clean');
const switching = 'with: { name: name, fallbackAfter: 5m }';
const looking = "with: { url: 'https://shop.acme.test/' }";
const mayFail = (text: string, parameters: string) =>
  text.replace(parameters, `${parameters}\n            onFailure: continue`);

it.each([
  ['the check after it may fail too', mayFail(mayFail(clean, switching), looking), 1],
  ['the check after it may not fail', mayFail(clean, switching), 0],
  ['only the check may fail', mayFail(clean, looking), 0],
])('a switch that may fail: %s', async (_, text, count) => {
  const { findings } = await checkPlan({ text, file: 'plan.yml' });
  const found = findings.filter(({ waived }) => waived === undefined);
  expect(found).toHaveLength(count);
  for (const { rule, message } of found) {
    expect(rule).toBe('no-check-after-switch');
    expect(message).toContain('"move" may fail, and no check after it');
  }
});
