import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import { durationSchema } from '../../plan/duration.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { expectations, problemOf } from '../http-expectations.ts';

const parameters = z.object({
  url: z.string().regex(/^https?:\/\//, 'an http or https URL'),
  connectTo: z
    .string()
    .optional()
    .meta({ description: 'Load balancer to connect to, with the Host header and SNI of the URL' }),
  method: z.enum(['GET', 'HEAD']).default('GET'),
  expectStatus: z.number().int().default(200),
  ...expectations,
  times: z.number().int().min(1).max(10).default(1).meta({ description: 'Successes in a row' }),
  timeout: durationSchema.default(10),
});
type Parameters = z.output<typeof parameters>;

type Try = { ok: true; latencyMs: number } | { ok: false; why: string };

async function tryOnce(context: ActionContext, wanted: Parameters): Promise<Try> {
  const { url, connectTo, method, timeout } = wanted;
  try {
    const response = await context.network.http({ url, connectTo, method, timeoutMs: timeout * 1000 });
    const why = problemOf(response, [wanted.expectStatus], wanted);
    return why === undefined ? { ok: true, latencyMs: response.latencyMs } : { ok: false, why };
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    return { ok: false, why: error.message };
  }
}

/**
 * Asks an address until it answers as it should, several times in a row if wanted. The tries in a row are made
 * within one look, so a success of minutes ago never counts. Only GET and HEAD: a check changes nothing.
 */
export const action = defineAction({
  kind: 'http.check',
  summary: 'Waits until an address answers with the expected status and text',
  parameters,
  components: {},
  outputs: { status: 'Status of the last answer', latencyMs: 'Slowest of the counted answers, milliseconds' },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 0,
    likelySeconds: 2,
    maxSeconds: 120,
    source: 'One request; longer while pods become ready or names move',
  },
  failureModes: [
    'The load balancer answers 503: no healthy target behind it',
    'A redirect to a login or error page: it is not followed and does not count',
    'The name still leads to the lost region',
  ],
  permissions: () => [],
  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async observe(context, wanted) {
    const { url, connectTo, times, expectStatus } = wanted;
    const where = connectTo ? `${url} at ${connectTo}` : url;
    let slowestMs = 0;
    for (let count = 0; count < times; count++) {
      const result = await tryOnce(context, wanted);
      if (!result.ok) {
        const before = times > 1 ? ` (${count} of ${times} in a row)` : '';
        return { status: 'pending', note: `${where}: ${result.why}${before}.` };
      }
      slowestMs = Math.max(slowestMs, result.latencyMs);
    }
    return {
      status: 'done',
      outputs: { status: expectStatus, latencyMs: slowestMs },
      evidence: [
        {
          what: `${where} answered ${expectStatus}${times > 1 ? ` ${times} times in a row` : ''}, slowest after ${slowestMs} ms.`,
          data: { latencyMs: slowestMs },
        },
      ],
    };
  },
});
