import * as z from 'zod';
import { parseJson } from '../json.ts';
import { valueAtPointer } from '../network/json-pointer.ts';
import type { HttpResponse } from '../ports.ts';

/** What an answer must be like, in http.check and http.request. */
export const expectations = {
  expectBody: z.string().optional().meta({ description: 'A phrase that the body must contain' }),
  expectJson: z
    .record(
      z.string().regex(/^\//, 'a JSON pointer, such as /status'),
      z.union([z.string(), z.number(), z.boolean()]),
    )
    .optional()
    .meta({ description: 'Values that a JSON body must have, by JSON pointer' }),
  maxLatency: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({ description: 'Milliseconds that an answer may take at most' }),
};
type Wanted = {
  expectBody?: string;
  expectJson?: Record<string, string | number | boolean>;
  maxLatency?: number;
};

/** Why an answer does not count, or undefined. Says nothing of the body but what was looked for in it. */
export function problemOf(
  response: HttpResponse,
  expected: readonly number[],
  { expectBody, expectJson, maxLatency }: Wanted,
): string | undefined {
  const { status, headers, body, latencyMs } = response;
  if (!expected.includes(status)) {
    const to = headers.location ? ` (redirect to ${headers.location})` : '';
    return `answered ${status}${to} instead of ${expected.join(' or ')}`;
  }
  if (expectBody !== undefined && !body.includes(expectBody)) {
    return `answered ${status}, but the body does not contain "${expectBody}"`;
  }
  const json = expectJson && parseJson(body);
  for (const [pointer, wanted] of Object.entries(expectJson ?? {})) {
    if (valueAtPointer(json, pointer) === wanted) continue;
    return `answered ${status}, but ${pointer} of its body is not ${JSON.stringify(wanted)}`;
  }
  if (maxLatency !== undefined && latencyMs > maxLatency) {
    return `answered ${status} after ${latencyMs} ms, and ${maxLatency} ms are allowed`;
  }
  return undefined;
}
