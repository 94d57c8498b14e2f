import * as z from 'zod';
import { InvalidInputError } from '../errors.ts';

/**
 * The envelope of every event on an EventBridge bus. An event that was forwarded from another region keeps the region
 * that it came from. Source: EventBridge user guide, "Event structure".
 */
export const envelopeSchema = z.looseObject({
  id: z.string().min(1),
  source: z.string(),
  'detail-type': z.string(),
  time: z.string(),
  region: z.string().default(''),
  detail: z.unknown(),
});
export type Envelope = z.output<typeof envelopeSchema>;

/**
 * A time as AWS writes it, in ISO-8601 UTC with milliseconds. Alarms have `2019-10-02T17:04:40.989+0000`, AWS Health
 * `Fri, 27 Jan 2023 06:02:51 GMT`.
 */
export const awsTime = z.string().transform((text, context) => {
  const ms = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  context.addIssue({ code: 'custom', message: `"${text}" is not a time` });
  return z.NEVER;
});

/** Parses a part of an event; InvalidInputError says what came and what is wrong with it. */
export function parseAs<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string) {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issue => `${issue.path.join('.') || what}: ${issue.message}`);
  throw new InvalidInputError(
    `This ${what} can't be read: ${problems.join('; ')}. It came as ${show(value)}`,
    {
      nextStep:
        'Compare it with the documented form; a rule or a topic may send something else than was meant.',
      cause: parsed.error,
    },
  );
}

/** The beginning of a value, for an error's text. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
