import { messageInCause } from './cause.ts';
import type { StepReply } from './contract.ts';
import { hasChanged } from './has-changed.ts';
import { type StepRecord, writeStep } from './step-record.ts';
import { firstRecord, reply, type StepWork, tell } from './step-work.ts';

/** How long a person has to say retry, skip or abort before the run ends. */
export const failedStepAnswerSeconds = 1800;

/** Errors after which going on is not in question, whatever the plan says about failures. */
const final = ['AbortedError', 'NotApprovedError'];

/** Records why a step failed and decides what happens next, from the plan's `onFailure`. */
export async function settleStep(
  work: StepWork,
  failure: { Error: string; Cause?: string },
): Promise<StepReply> {
  const { runtime, run, step, action } = work;
  const error = { name: failure.Error, message: messageOf(failure) };
  const now = runtime.clock.now().toISOString();
  const record = await writeStep(runtime.store, run.id, step.id, current => {
    const known = current ?? firstRecord(step, now);
    if (isUndoing(known)) return { ...known, status: 'failed', undoError: error };
    return {
      ...known,
      status: failure.Error === 'RefusedError' ? 'refused' : 'failed',
      endedAt: known.error ? known.endedAt : now,
      error,
    };
  });
  const said = `${error.name}: ${error.message}`;
  if (record.undoError) {
    await tell(work, record, { error: said, note: 'It could not be undone' }, 'undo-failed');
    return reply('stop');
  }
  await tell(work, record, { error: said, reasons: record.reasons, evidence: record.evidence });
  if (isTaskLeftOpen(work, record, failure)) return reply('continue');
  if (final.includes(failure.Error)) return reply('stop');
  // A refusal before the first change ends the run: the same refusal would only be asked about in an outage.
  if (
    failure.Error === 'RefusedError' &&
    step.onFailure !== 'continue' &&
    !(await hasChanged(runtime.store, run))
  ) {
    return reply('stop');
  }
  switch (step.onFailure) {
    case 'continue':
      return reply('continue');
    case 'stop':
      return reply('stop');
    case 'undo':
      return reply(action.undo && record.acted ? 'undo' : 'stop');
    case 'ask':
      return run.mode === 'dry-run' ? reply('stop') : reply('ask', 0, failedStepAnswerSeconds);
  }
}

/**
 * A task that nobody has carried out in time decides nothing: when the plan says that the run goes on without it, it
 * stays an open task. An approval without an answer is a no, whatever the plan says.
 */
function isTaskLeftOpen({ step }: StepWork, { answer }: StepRecord, failure: { Error: string }): boolean {
  return (
    failure.Error === 'NotApprovedError' &&
    step.action === 'people.task' &&
    step.onFailure === 'continue' &&
    answer?.value === 'timeout'
  );
}

/** Whether what failed was the undoing; also when this call is made again. */
function isUndoing(record: StepRecord): boolean {
  return record.undoBegunAt !== undefined && (record.status === 'undoing' || record.undoError !== undefined);
}

function messageOf({ Cause }: { Cause?: string }): string {
  return Cause ? messageInCause(Cause) : 'no further information';
}
