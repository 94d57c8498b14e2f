import { InvalidInputError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { evaluate } from '../plan/expression.ts';
import type { Step } from './contract.ts';

/** Whether a step's condition holds, and in words what was compared, for the ledger. */
export type Verdict = { holds: boolean; what: string };

/**
 * Judges a step's `when`. A step that the value comes from and that was skipped leaves no value: then the condition
 * does not hold, since nothing was found that would ask for this step. Throws InvalidInputError for a comparison of
 * something that is no number with a number.
 */
export function judge(when: NonNullable<Step['when']>, scope: JsonObject): Verdict {
  const value = lookedUp(when.value, scope);
  if (value === undefined) return { holds: false, what: `${when.value} has no value` };
  if (when.is !== undefined) return verdict(when, value, value === when.is, `is "${when.is}"`);
  if (when.isNot !== undefined) return verdict(when, value, value !== when.isNot, `is not "${when.isNot}"`);
  const wanted = when.atLeast ?? when.below ?? 0;
  if (typeof value !== 'number') {
    throw new InvalidInputError(`${when.value} is ${JSON.stringify(value)}, which is not a number`, {
      nextStep: 'Compare it with "is" or "isNot" in the plan, and deploy again.',
    });
  }
  return when.atLeast !== undefined
    ? verdict(when, value, value >= wanted, `is at least ${wanted}`)
    : verdict(when, value, value < wanted, `is below ${wanted}`);
}

function verdict({ value: text }: { value: string }, value: Json, holds: boolean, wanted: string): Verdict {
  return { holds, what: `${text} is ${JSON.stringify(value)}; the step is for when it ${wanted}` };
}

function lookedUp(text: string, scope: JsonObject): Json | undefined {
  try {
    return evaluate(text, scope);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}
