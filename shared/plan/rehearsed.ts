import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { InvalidInputError } from '../errors.ts';
import { estimatesSchema } from './sections/estimates.ts';

/** What rehearsals have measured, by scenario and step. `lifeboat estimates` writes it beside the plan. */
export const rehearsedSchema = z.strictObject({
  /** For whoever opens the file. */
  about: z.string(),
  scenarios: estimatesSchema,
});
export type Rehearsed = z.infer<typeof rehearsedSchema>;

export const rehearsedFile = 'rehearsed.json';

/** What is kept beside a plan; undefined when nothing is. Throws InvalidInputError for a file that nobody can read. */
export function readRehearsed(planDirectory: string): Rehearsed | undefined {
  const path = join(planDirectory, rehearsedFile);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return rehearsedSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new InvalidInputError(`${path} is not what \`lifeboat estimates\` writes`, {
      cause,
      nextStep: 'Write it anew with `npx lifeboat estimates` and the plan, or delete it.',
    });
  }
}
