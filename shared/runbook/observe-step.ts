import type { Observation } from '../actions/contract.ts';
import { LifeboatError, StepFailedError, StepTimedOutError, ThrottledError } from '../errors.ts';
import { actionContext } from './action-context.ts';
import type { StepReply } from './contract.ts';
import { lookingMs, nextPauseMs, nextWaitSeconds } from './poll.ts';
import { parametersOf } from './prepare-step.ts';
import { readStep, type StepRecord, writeStep } from './step-record.ts';
import { conclude, firstRecord, reply, type StepWork, tell, tellAgain } from './step-work.ts';

/** Once it is there, a late or repeated call to act must neither change anything nor put it back to "acting". */
const ended: readonly StepRecord['status'][] = ['done', 'skipped', 'failed', 'refused', 'undoing', 'undone'];

/** Makes the change. That it was begun is recorded first, so that a lost call never hides a change. */
export async function actStep(work: StepWork): Promise<StepReply> {
  const { runtime, run, step, action } = work;
  const now = runtime.clock.now().toISOString();
  const record = await writeStep(runtime.store, run.id, step.id, current => {
    const known = current ?? firstRecord(step, now);
    if (ended.includes(known.status)) return known;
    return {
      ...known,
      status: 'acting',
      acted: known.acted || action.mutates,
      actedAt: known.actedAt ?? now,
      // After a retry the world may hold half of the change already; undo goes back to before the first attempt.
      ...(action.mutates && { undoBaseline: known.undoBaseline ?? known.baseline }),
    };
  });
  if (ended.includes(record.status)) return reply('observe');
  await tell(work, record);
  if (action.act) {
    const parameters = await parametersOf(work);
    if (!parameters.ok) throw parameters.error;
    await action.act(actionContext(runtime, run, step, record), parameters.value, record.baseline);
  }
  return reply('observe');
}

/**
 * Looks whether the wanted state holds, and again in the same call while it may come true at any moment. Throws when
 * it can't be reached any more, or the step's time is up.
 */
export async function observeStep(work: StepWork): Promise<StepReply> {
  const { runtime, step, action } = work;
  const nowMs = () => runtime.clock.now().getTime();
  const untilMs = nowMs() + lookingMs;
  // They follow from steps that have ended, and are the same for every look of the call.
  let parameters: ReturnType<typeof parametersOf> | undefined;
  const parametersOnce = () => {
    parameters ??= parametersOf(work);
    return parameters;
  };
  for (;;) {
    const { next, elapsedSeconds } = await lookOnce(work, parametersOnce);
    if (next === 'done') return reply('done');
    const pauseMs = nextPauseMs(elapsedSeconds, action.typical);
    if (!runtime.pause || pauseMs === 0)
      return reply('pending', nextWaitSeconds(elapsedSeconds, action.typical, step.timeoutSeconds));
    // The next call goes on at once, and hears whether somebody stopped the run meanwhile.
    if (nowMs() >= untilMs) return reply('pending', 0);
    await runtime.pause(pauseMs);
  }
}

async function lookOnce(
  work: StepWork,
  parametersOnce: () => ReturnType<typeof parametersOf>,
): Promise<{ next: 'done' | 'pending'; elapsedSeconds: number }> {
  const { runtime, run, step, action } = work;
  const record = await recordOf(work);
  if (record.status === 'done') {
    await tellAgain(work, record);
    return { next: 'done', elapsedSeconds: 0 };
  }
  const parameters = await parametersOnce();
  if (!parameters.ok) throw parameters.error;
  const context = actionContext(runtime, run, step, record);
  const { elapsedSeconds } = context;
  const seen = await look(work, record, () => action.observe(context, parameters.value, record.baseline));
  switch (seen.status) {
    case 'done':
      await conclude(work, 'done', { outputs: seen.outputs, evidence: seen.evidence });
      return { next: 'done', elapsedSeconds };
    case 'failed':
      await remember(work, { reasons: seen.reasons, evidence: seen.evidence });
      throw new StepFailedError(seen.reasons.map(reason => reason.what).join(' '), {
        nextStep: seen.reasons.map(reason => reason.mend).join(' '),
      });
    case 'pending':
      if (elapsedSeconds >= step.timeoutSeconds) {
        throw new StepTimedOutError(`Not done after ${step.timeoutSeconds} s: ${seen.note}`, {
          nextStep: 'Look at the resource itself; retry when it is well, skip if you have done it by hand.',
        });
      }
      if (seen.note !== record.note) await remember(work, { note: seen.note });
      return { next: 'pending', elapsedSeconds };
  }
}

/** Longer than this in a row nothing is looked at in vain; the plan may have another way. */
const blindSeconds = 60;

/**
 * A look that fails with an error that passes is no answer, so it is looked again, as in any other wait: a service that
 * has a bad minute must not end a step that may well be done. What was refused for its rate is there, and is asked until
 * the step's own time is up; what does not answer at all is given a minute.
 */
async function look(
  work: StepWork,
  record: StepRecord,
  observe: () => Promise<Observation>,
): Promise<Observation> {
  const now = work.runtime.clock.now();
  try {
    const seen = await observe();
    if (record.blindSince !== undefined) await remember(work, { blindSince: undefined });
    return seen;
  } catch (error) {
    if (!(error instanceof LifeboatError) || !error.retryable) throw error;
    const blindSince = record.blindSince ?? now.toISOString();
    const blindForMs = now.getTime() - Date.parse(blindSince);
    if (!(error instanceof ThrottledError) && blindForMs >= blindSeconds * 1000) throw error;
    if (record.blindSince === undefined) await remember(work, { blindSince });
    return { status: 'pending', note: `It could not be looked at: ${error.message}` };
  }
}

async function recordOf(work: StepWork): Promise<StepRecord> {
  const stored = await readStep(work.runtime.store, work.run.id, work.step.id);
  return stored ?? firstRecord(work.step, work.runtime.clock.now().toISOString());
}

async function remember(work: StepWork, facts: Partial<StepRecord>): Promise<void> {
  const now = work.runtime.clock.now().toISOString();
  await writeStep(work.runtime.store, work.run.id, work.step.id, current => ({
    ...(current ?? firstRecord(work.step, now)),
    ...facts,
  }));
}
