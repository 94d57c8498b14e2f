import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import type { TlsResult } from '../../ports.ts';
import { defineAction } from '../contract.ts';

/** A handshake takes three round trips; ten seconds is silence. */
const timeoutMs = 10_000;

const parameters = z.object({
  host: z.string().meta({ description: 'Name that the certificate must be valid for' }),
  connectTo: z.string().optional().meta({ description: 'Load balancer to connect to instead of the name' }),
  port: z.number().int().min(1).max(65_535).default(443),
  daysLeft: z.number().int().nonnegative().default(14),
});

/** Whole days until a certificate ends; negative when it has ended. */
function daysUntil(validTo: string, now: Date): number {
  return Math.floor((Date.parse(validTo) - now.getTime()) / 86_400_000);
}

/** Chain valid, name matches, and enough days left. */
function problemOf(result: TlsResult, host: string, days: number, wanted: number): string | undefined {
  if (!result.authorized) {
    return `The certificate "${result.subject}" is not accepted for ${host}: ${result.authorizationError ?? 'unknown reason'}.`;
  }
  if (days < wanted)
    return `The certificate "${result.subject}" ends in ${days} days, at least ${wanted} are wanted.`;
  return undefined;
}

/**
 * Checks the certificate that users get, before or after the name moved. A bad certificate does not mend itself
 * while a step waits, but a listener may still be getting its certificate, so the step's time-out decides.
 */
export const action = defineAction({
  kind: 'tls.check',
  summary: 'Checks that a valid certificate is served for a name',
  parameters,
  components: {},
  outputs: { validTo: 'When the certificate ends', daysLeft: 'Whole days until then' },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: { minSeconds: 0, likelySeconds: 1, maxSeconds: 10, source: 'One handshake' },
  failureModes: [
    'The recovery load balancer has no certificate for the name: certificates are regional',
    'The certificate has ended, because renewal by DNS failed unnoticed',
  ],
  permissions: () => [],
  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async observe(context, { host, connectTo, port, daysLeft }) {
    try {
      const result = await context.network.tls({
        host: connectTo ?? host,
        port,
        serverName: host,
        timeoutMs,
      });
      const days = daysUntil(result.validTo, context.clock.now());
      const problem = problemOf(result, host, days, daysLeft);
      if (problem) return { status: 'pending', note: problem };
      const what = `The certificate "${result.subject}" is valid for ${host} until ${result.validTo} (${days} days).`;
      return { status: 'done', outputs: { validTo: result.validTo, daysLeft: days }, evidence: [{ what }] };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError)) throw error;
      return { status: 'pending', note: error.message };
    }
  },
});
