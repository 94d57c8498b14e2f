import * as z from 'zod';
import { type DecisionRequest, decide } from '../shared/communication/decide.ts';
import { takePagerDuty, takeSlack } from '../shared/communication/inbound.ts';
import type { PageResponse } from '../shared/communication/page.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Payload format 2.0, which Lambda function URLs and API Gateway HTTP APIs have in common. */
const eventSchema = z.object({
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  rawPath: z.string().default('/'),
  headers: z.record(z.string(), z.string()).default({}),
  rawQueryString: z.string().default(''),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
});

/** Longest body that is looked at: an event of PagerDuty or Slack, which repeat the whole message. */
const longestBody = 262_144;

/** The page behind the links by which people decide and acknowledge, and where Slack and PagerDuty report. */
export function createDecideHandler(runtime: RuntimeProvider) {
  return takeEvent(async (given: unknown): Promise<PageResponse> => {
    const event = parseInput(eventSchema, given, 'HTTP');
    const { headers, rawPath } = event;
    if (rawPath.endsWith('/slack')) return takeSlack(await runtime(), { headers, body: bodyOf(event) });
    if (rawPath.endsWith('/pagerduty'))
      return takePagerDuty(await runtime(), { headers, body: bodyOf(event) });
    return decide(await runtime(), toRequest(event));
  });
}

function bodyOf({ body = '', isBase64Encoded }: z.output<typeof eventSchema>): string {
  const encoded = body.slice(0, longestBody);
  return isBase64Encoded ? Buffer.from(encoded, 'base64').toString('utf8') : encoded;
}

function toRequest(event: z.output<typeof eventSchema>): DecisionRequest {
  const form = new URLSearchParams(bodyOf(event));
  return {
    method: event.requestContext.http.method,
    token: form.get('t') ?? new URLSearchParams(event.rawQueryString).get('t') ?? undefined,
    value: form.get('value') ?? undefined,
    reason: form.get('reason') ?? undefined,
  };
}

export const handler = createDecideHandler(loadRuntime());
