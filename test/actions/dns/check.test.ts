import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/dns/check.ts';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import { contextOf } from '../../support/compute-world.ts';

function observe(answers: Record<string, string[] | undefined>, given: object = {}) {
  const context = contextOf({
    network: {
      async dns({ resolver }) {
        const values = answers[resolver];
        if (!values) throw new ServiceUnavailableError('silent', { nextStep: 'wait' });
        return { values, ttlSeconds: 42 };
      },
    },
  });
  const parameters = action.parameters.parse({
    name: 'app.example',
    expect: ['192.0.2.1', '192.0.2.2'],
    resolvers: Object.keys(answers),
    ...given,
  });
  return action.observe(context, parameters, {});
}

describe('dns.check', () => {
  it('is done when every resolver answers only what is expected', async () => {
    expect(
      await observe({ authoritative: ['192.0.2.1', '192.0.2.2'], '1.1.1.1': ['192.0.2.2'] }),
    ).toMatchObject({
      status: 'done',
      outputs: { answers: ['192.0.2.1', '192.0.2.2'] },
    });
  });

  it('compares names without regard to case and the last dot', async () => {
    const seen = await observe({ '1.1.1.1': ['lb.example'] }, { recordType: 'CNAME', expect: 'LB.example.' });
    expect(seen.status).toBe('done');
  });

  it.each<[string, Record<string, string[] | undefined>, string]>([
    [
      'one resolver holds the old answer',
      { a: ['192.0.2.1'], b: ['198.51.100.1'] },
      'b: 198.51.100.1 (42 s left)',
    ],
    ['an answer is mixed', { a: ['192.0.2.1', '198.51.100.1'] }, '198.51.100.1'],
    ['there is no record', { a: [] }, 'no such record'],
    ['a resolver is silent', { a: ['192.0.2.1'], b: undefined }, 'b: no answer'],
  ])('is pending when %s', async (_, answers, note) => {
    expect(await observe(answers)).toMatchObject({ status: 'pending', note: expect.stringContaining(note) });
  });
});
