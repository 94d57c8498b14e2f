import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { fixtureText } from './fixture-text.ts';

const triggers = fixtureText('unchecked-claim', 'triggers');
const original = '"We are back. Data integrity verified, no data was lost."';
const rulesFor = async (text: string) => {
  const written = triggers.replace(original, JSON.stringify(text));
  if (written === triggers) throw new Error('the fixture has another text');
  const { findings } = await checkPlan({ text: written, file: 'triggers.yml' });
  return findings.map(({ rule }) => rule);
};

describe('a template that says', () => {
  it.each([
    'Data integrity has been confirmed.',
    'We have checked the integrity of all data.',
    'All systems are operational again.',
    'All services fully restored',
    'The service is fully operational.',
    'There was no data loss.',
    'No transactions were lost.',
    'It was moved without any data loss.',
    'Backups are intact, and your data is safe.',
    'Service is back. Everything was validated',
    // A heading whose list is written out is a claim as well.
    'Verified:\n- accounts\n- balances',
  ])('"%s" is found', async text => {
    expect(await rulesFor(text)).toEqual(['unchecked-claim']);
  });

  it.each([
    'Your data has not been verified yet.',
    'We will tell you when the integrity of the data is confirmed.',
    'The data is being verified.',
    'Please keep your data safe.',
    'Verified:\n${message.checkTitles}',
    'What we checked and confirmed of the data:\n- ${message.checkTitles}',
    'Data loss: ${message.dataLoss}.',
    'Nobody has confirmed the data.',
    'We check the integrity of all data next.',
  ])('"%s" is not', async text => {
    expect(await rulesFor(text)).toEqual([]);
  });

  it('so in a field of its own is found in the step', async () => {
    const step = `          - id: tell
            do: notify.send
            with: { audience: all, template: all-clear-customer, fields: { state: All data verified } }
`;
    const { findings } = await checkPlan({ text: `${triggers}${step}`, file: 'triggers.yml' });
    const lines = findings.filter(({ rule }) => rule === 'unchecked-claim').map(({ line }) => line);
    const last = triggers.trimEnd().split('\n').length;
    expect(lines).toEqual([expect.any(Number), last + 3]);
  });
});
