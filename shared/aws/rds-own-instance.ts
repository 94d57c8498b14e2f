import type { ActionContext, Reason } from '../actions/contract.ts';
import { RefusedError } from '../errors.ts';
import { runTag } from './names.ts';
import { readInstance } from './rds-reader.ts';
import { isOfRun } from './rds-run-tag.ts';

/** Whether this run's instance exists already; throws if somebody else's has the name. */
export async function ownInstance(
  context: ActionContext,
  region: string,
  identifier: string,
): Promise<boolean> {
  const existing = await readInstance(context.aws, region, identifier);
  if (existing === undefined) return false;
  if (isOfRun(existing, context.run.id)) return true;
  const reason = nameTaken(identifier, region);
  throw new RefusedError(reason.what, { nextStep: reason.mend, reasons: [reason.what] });
}

export function nameTaken(identifier: string, region: string): Reason {
  return {
    what: `${identifier} exists already in ${region} and was not made by this run (it lacks the tag ${runTag})`,
    mend: 'Find out what it is. Rename or remove it if nothing uses it, or start a new run, which uses another name.',
  };
}
