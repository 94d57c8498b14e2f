import { StepFailedError } from '../errors.ts';
import { actionContext } from './action-context.ts';
import type { StepReply } from './contract.ts';
import { nextWaitSeconds } from './poll.ts';
import { parametersOf } from './prepare-step.ts';
import { readStep, writeStep } from './step-record.ts';
import { conclude, firstRecord, reply, type StepWork, tell } from './step-work.ts';

/** Longest that undoing one step may take: deleting a database is the slowest that is known. */
export const undoTimeoutSeconds = 3600;

/** Brings back what was before the step. Called until it answers done; the action reads before it changes. */
export async function undoStep(work: StepWork): Promise<StepReply> {
  const { runtime, run, step, action } = work;
  const now = runtime.clock.now();
  const stored = await readStep(runtime.store, run.id, step.id);
  if (!action.undo || !stored?.acted || stored.undone) return reply('done');
  // The clock of undoing starts at its first call, which is when the status changes.
  const undoing = stored.status === 'undoing' && stored.actedAt !== undefined;
  const record = await writeStep(runtime.store, run.id, step.id, current => ({
    ...(current ?? firstRecord(step, now.toISOString())),
    status: 'undoing',
    ...(!undoing && { actedAt: now.toISOString() }),
  }));
  if (!undoing) await tell(work, record);
  const parameters = await parametersOf(work);
  if (!parameters.ok) throw parameters.error;
  const context = actionContext(runtime, run, step, record);
  const seen = await action.undo(context, parameters.value, record.baseline, record.outputs);
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
