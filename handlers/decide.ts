import middy from '@middy/core';
import * as z from 'zod';
import { type DecisionRequest, decide } from '../shared/communication/decide.ts';
import type { PageResponse } from '../shared/communication/page.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';

/** Payload format 2.0, which Lambda function URLs and API Gateway HTTP APIs have in common. */
const eventSchema = z.object({
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  rawQueryString: z.string().default(''),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
});

/** Longest body that is looked at: a token, a value and a reason of 500 characters, percent-encoded. */
const longestBody = 16_384;

/** The page behind the links by which people decide and acknowledge. */
export function createDecideHandler(runtime: RuntimeProvider) {
  return middy(
    async (event: unknown): Promise<PageResponse> =>
      decide(await runtime(), toRequest(parseInput(eventSchema, event, 'HTTP'))),
  );
}

function toRequest(event: z.output<typeof eventSchema>): DecisionRequest {
  const encoded = (event.body ?? '').slice(0, longestBody);
  const body = event.isBase64Encoded ? Buffer.from(encoded, 'base64').toString('utf8') : encoded;
  const form = new URLSearchParams(body);
  return {
    method: event.requestContext.http.method,
    token: form.get('t') ?? new URLSearchParams(event.rawQueryString).get('t') ?? undefined,
    value: form.get('value') ?? undefined,
    reason: form.get('reason') ?? undefined,
  };
}

export const handler = createDecideHandler(loadRuntime());
