import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import { normalName } from '../../traffic/records.ts';
import { type ActionContext, defineAction } from '../contract.ts';

const timeoutMs = 3_000;

const parameters = z.object({
  name: z.string(),
  recordType: z.enum(['A', 'AAAA', 'CNAME']).default('A'),
  expect: z.union([z.string(), z.array(z.string()).min(1)]).meta({
    description: 'Every answered value must be one of these',
  }),
  resolvers: z.array(z.string()).min(1).meta({ description: 'Addresses, or "authoritative"' }),
});
type Parameters = z.output<typeof parameters>;

type Seen = { resolver: string; ok: boolean; what: string; values: string[] };

async function ask(context: ActionContext, resolver: string, wanted: Parameters): Promise<Seen> {
  const { name, recordType: type } = wanted;
  try {
    const { values, ttlSeconds } = await context.network.dns({ name, type, resolver, timeoutMs });
    const expected = [wanted.expect].flat().map(normalName);
    const ok = values.length > 0 && values.every(value => expected.includes(normalName(value)));
    const said = values.length > 0 ? `${values.join(' ')} (${ttlSeconds} s left)` : 'no such record';
    return { resolver, ok, what: `${resolver}: ${said}`, values };
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    return { resolver, ok: false, what: `${resolver}: no answer`, values: [] };
  }
}

/** Waits until every resolver answers what is expected and nothing else. */
export const action = defineAction({
  kind: 'dns.check',
  summary: 'Checks what resolvers answer for a name',
  parameters,
  components: {},
  outputs: { answers: 'Values that were answered, each once' },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 0,
    likelySeconds: 1,
    maxSeconds: 300,
    source: 'One query; until the old TTL has passed when the name has just moved',
  },
  failureModes: [
    'A resolver holds the old answer until its TTL ends',
    'Split horizon: inside and outside differ',
  ],
  permissions: () => [],
  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async observe(context, wanted) {
    const seen = await Promise.all(wanted.resolvers.map(resolver => ask(context, resolver, wanted)));
    const what = `${wanted.name} (${wanted.recordType}): ${seen.map(one => one.what).join('; ')}`;
    if (seen.some(one => !one.ok))
      return { status: 'pending', note: `${what}; expected ${[wanted.expect].flat().join(' ')}.` };
    const answers = [...new Set(seen.flatMap(one => one.values))].sort();
    return { status: 'done', outputs: { answers }, evidence: [{ what: `${what}.` }] };
  },
});
