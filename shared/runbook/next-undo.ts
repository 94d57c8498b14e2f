import { openIncidentOf } from '../incident/incident.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { Runtime } from '../runtime.ts';
import type { Run, Step } from './contract.ts';
import { readSteps, type StepRecord, writeStep } from './step-record.ts';

export type NextUndo = { next: 'undo'; step: Step } | { next: 'done'; step: null };

/**
 * Picks what to undo next when a drill is torn down: the last step that changed something and was not undone. A step
 * is picked once, so that one that can't be undone does not hold up the others; and once more if its undoing was
 * never begun, since the call that picked it may have died before it could say so.
 * While a real incident is open nothing is taken back: the recovery may stand on what the drill has made.
 */
export async function nextUndo(runtime: Runtime, run: Run): Promise<NextUndo> {
  const last = (await readSteps(runtime.store, run.id)).findLast(isLeft);
  if (!last) return { next: 'done', step: null };
  const real = await openIncidentOf(runtime.store, run.system);
  if (real) {
    await noteLeft(runtime, run, real.id);
    return { next: 'done', step: null };
  }
  await writeStep(runtime.store, run.id, last.step.id, current => ({
    ...(current ?? last),
    handedOut: (current?.handedOut ?? 0) + 1,
  }));
  return { next: 'undo', step: last.step };
}

function isLeft({ acted, undone, handedOut = 0, undoBegunAt }: StepRecord): boolean {
  if (!acted || undone) return false;
  return handedOut === 0 || (handedOut === 1 && undoBegunAt === undefined);
}

async function noteLeft(runtime: Runtime, run: Run, incidentId: string): Promise<void> {
  const what =
    `The drill was not taken back, because the incident ${incidentId} is open and may need what it made. ` +
    `When that is over, remove what carries the tag lifeboat:run = ${run.id}.`;
  const entry = { type: 'note', by: 'lifeboat', what } as const;
  await appendEntry(runtime.store, runtime.clock, run.incidentId, entry, {
    idempotencyKey: `${run.id}/not-torn-down`,
  });
}
