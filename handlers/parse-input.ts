import type * as z from 'zod';
import { InvalidInputError } from '../shared/errors.ts';

/** What a handler was called with, parsed; InvalidInputError says what is wrong with it. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  event: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issue => `${issue.path.join('.') || 'event'}: ${issue.message}`);
  throw new InvalidInputError(`This is no ${what} event: ${problems.join('; ')}`, {
    nextStep: 'Deploy again: the state machines and the functions come from different versions.',
  });
}
