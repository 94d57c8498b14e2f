import { StepFailedError } from '../errors.ts';
import { actionContext } from './action-context.ts';
import type { StepReply } from './contract.ts';
import { nextWaitSeconds } from './poll.ts';
import { parametersOf } from './prepare-step.ts';
import { readStep, writeStep } from './step-record.ts';
import { conclude, reply, type StepWork, tell, tellAgain } from './step-work.ts';

/** Longest that undoing one step may take: deleting a database is the slowest that is known. */
export const undoTimeoutSeconds = 3600;

/** Brings back what was before the step. Called until it answers done; the action reads before it changes. */
export async function undoStep(work: StepWork): Promise<StepReply> {
  const { runtime, run, step, action } = work;
  const now = runtime.clock.now();
  const stored = await readStep(runtime.store, run.id, step.id);
  if (!stored?.acted) return reply('done');
  if (stored.undone) {
    await tellAgain(work, stored);
    return reply('done');
  }
  // The clock of undoing starts at its first call, which is when the status changes.
  const record = await writeStep(runtime.store, run.id, step.id, current => {
    const known = current ?? stored;
    const undoing = known.status === 'undoing' ? known.undoBegunAt : undefined;
    return {
      ...known,
      ...(action.undo && { status: 'undoing' }),
      undoBegunAt: undoing ?? now.toISOString(),
      undoError: undefined,
    };
  });
  if (!action.undo) return reply('done');
  await tell(work, record);
  const parameters = await parametersOf(work);
  if (!parameters.ok) throw parameters.error;
  const context = actionContext(runtime, run, step, { ...record, actedAt: record.undoBegunAt });
  const baseline = record.undoBaseline ?? record.baseline;
  const seen = await action.undo(context, parameters.value, baseline, record.outputs);
  switch (seen.status) {
    case 'done':
      await conclude(work, 'undone', { evidence: seen.evidence });
      return reply('done');
    case 'failed':
      throw new StepFailedError(seen.reasons.map(reason => reason.what).join(' '), {
        nextStep: seen.reasons.map(reason => reason.mend).join(' '),
      });
    case 'pending':
      if (context.elapsedSeconds >= undoTimeoutSeconds) {
        throw new StepFailedError(`Not undone after ${undoTimeoutSeconds} s: ${seen.note}`, {
          nextStep: `Remove by hand what carries the tag lifeboat:run = ${run.id}.`,
        });
      }
      return reply('pending', nextWaitSeconds(context.elapsedSeconds, action.typical, undoTimeoutSeconds));
  }
}
