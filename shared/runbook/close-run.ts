import type { Reason } from '../actions/contract.ts';
import { tick } from '../communication/tick.ts';
import { isExercise, readIncident, resolveIncident } from '../incident/incident.ts';
import { appendEntry } from '../incident/ledger.ts';
import { releaseLock } from '../incident/lock.ts';
import type { Runtime } from '../runtime.ts';
import type { Outcome, Run } from './contract.ts';
import { writeFailover } from './failover-record.ts';
import { hasChanged } from './has-changed.ts';
import { updateRun } from './run-record.ts';
import { readSteps, type StepRecord } from './step-record.ts';

export type CloseReply = { outcome: Outcome };

/**
 * Ends a run: decides what became of it from what its steps recorded, says so, and gives the lock back.
 * An incident whose recovery did not succeed stays open, for people.
 */
export async function closeRun(
  runtime: Runtime,
  run: Run,
  failure: { Error: string; Cause?: string } | undefined,
): Promise<CloseReply> {
  const steps = await readSteps(runtime.store, run.id);
  const judged = judge(steps, failure, await hasChanged(runtime.store, run));
  const said = await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    { type: 'run-ended', run: run.id, ...judged },
    { idempotencyKey: `${run.id}/ended` },
  );
  // Closed before, and not to the end: what was said then stands.
  const outcome = said.entry.type === 'run-ended' ? said.entry.outcome : judged.outcome;
  const now = runtime.clock.now().toISOString();
  await updateRun(runtime.store, run.id, record => ({ ...record, outcome, endedAt: record.endedAt ?? now }));
  await noteFailover(runtime, run, outcome);
  await releaseLock(runtime.store, run.system, run.id);
  const incident = await readIncident(runtime.store, run.incidentId);
  if (incident?.status === 'open' && (outcome === 'recovered' || isExercise(incident))) {
    await resolveIncident(runtime.store, runtime.clock, run.incidentId, `run ${run.id}`);
  }
  await sayGoodbye(runtime, run);
  return { outcome };
}

/** Where users are served from now on is what a later failback goes by. Exercises and refusals change nothing of it. */
async function noteFailover({ plan, store }: Runtime, run: Run, outcome: Outcome): Promise<void> {
  if (outcome !== 'recovered' || isExercise(run)) return;
  const back = plan.scenarios[run.scenario]?.failbackOf;
  if (back !== undefined) await writeFailover(store, run.system, back, null);
  else if (Object.values(plan.scenarios).some(({ failbackOf }) => failbackOf === run.scenario)) {
    await writeFailover(store, run.system, run.scenario, run.id);
  }
}

/** The closing messages go out at once instead of with the next tick. That they can't must not undo the recovery. */
async function sayGoodbye(runtime: Runtime, run: Run): Promise<void> {
  try {
    await tick(runtime, run);
  } catch (error) {
    runtime.log('error', 'The closing messages wait for the next tick', { error: String(error) });
  }
}

/**
 * recovered: every phase ended. aborted: a person said no or stopped it, or nobody answered. refused: a guard said no
 * before anything was changed. failed: anything else.
 */
export function judge(
  steps: readonly StepRecord[],
  failure: { Error: string; Cause?: string } | undefined,
  changed: boolean,
): { outcome: Outcome; reasons: Reason[] } {
  const left = steps.flatMap(leftBehind);
  if (!failure) return { outcome: 'recovered', reasons: left };
  const broken = steps.filter(
    step => step.error && !['done', 'skipped'].includes(step.status) && step.step.onFailure !== 'continue',
  );
  const reasons = broken.length > 0 ? [...broken.flatMap(reasonsOf), ...left] : [reasonOf(failure), ...left];
  const names = [failure.Error, ...broken.map(step => step.error?.name ?? '')];
  if (names.some(name => name === 'NotApprovedError' || name === 'AbortedError'))
    return { outcome: 'aborted', reasons };
  if (!changed && broken.length > 0 && broken.every(step => step.error?.name === 'RefusedError'))
    return { outcome: 'refused', reasons };
  return { outcome: 'failed', reasons };
}

function reasonsOf(record: StepRecord): Reason[] {
  if (record.reasons && record.reasons.length > 0) return record.reasons;
  const { title } = record.step;
  const said = record.error?.message ?? 'it failed';
  return [
    {
      what: said.startsWith(`${title}: `) ? said : `${title}: ${said}`,
      mend: mendFor(record.error?.name),
    },
  ];
}

function mendFor(error: string | undefined): string {
  if (error === 'NotApprovedError' || error === 'AbortedError') {
    return 'Start the scenario again when it is wanted: what is done is found done.';
  }
  return 'Look at the resource itself, mend it, and start the scenario again: what is done is found done.';
}

function leftBehind({ step, undoError }: StepRecord): Reason[] {
  if (!undoError) return [];
  const mend = "Look for what carries the run's tag (lifeboat:run), and take it back by hand.";
  return [{ what: `${step.title} could not be undone: ${undoError.message}`, mend }];
}

function reasonOf(failure: { Error: string; Cause?: string }): Reason {
  return {
    what: `${failure.Error}: ${failure.Cause ?? 'no further information'}`,
    mend: 'Open the execution in the Step Functions console; the red box says where it ended.',
  };
}
