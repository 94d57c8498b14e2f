import { InvalidInputError, PhaseFailedError } from '../errors.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { Phase, PhaseItem, StepPlan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import type { Run } from './contract.ts';
import { readSteps, type StepRecord } from './step-record.ts';

/** The steps of a phase in the order of the plan, those of parallel branches included. */
export function stepsOf(items: readonly PhaseItem[]): StepPlan[] {
  return items.flatMap(item => ('parallel' in item ? item.parallel.flat() : [item]));
}

/** Marks the beginning of a phase. */
export async function beginPhase(runtime: Runtime, run: Run, phaseId: string): Promise<void> {
  await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    { type: 'phase-started', run: run.id, phase: phaseId },
    { idempotencyKey: `${run.id}/${phaseId}/started` },
  );
}

/** Marks the end of a phase. Throws PhaseFailedError when a step that it needs is neither done nor skipped. */
export async function endPhase(runtime: Runtime, run: Run, phaseId: string): Promise<void> {
  const phase = runtime.plan.scenarios[run.scenario]?.phases.find(candidate => candidate.id === phaseId);
  if (!phase) {
    throw new InvalidInputError(`The scenario "${run.scenario}" has no phase "${phaseId}"`, {
      nextStep: 'Deploy again: the state machine and the functions come from different versions.',
    });
  }
  const failedSteps = unfinished(phase, await readSteps(runtime.store, run.id));
  await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    { type: 'phase-ended', run: run.id, phase: phaseId, ok: failedSteps.length === 0, failedSteps },
    { idempotencyKey: `${run.id}/${phaseId}/ended` },
  );
  if (failedSteps.length > 0) {
    throw new PhaseFailedError(`The phase "${phase.title}" ended without: ${failedSteps.join(', ')}`, {
      nextStep: 'The report says why each of them failed and how to mend it.',
    });
  }
}

function unfinished(phase: Phase, records: StepRecord[]): string[] {
  const byId = new Map(records.map(record => [record.step.id, record]));
  return stepsOf(phase.steps)
    .filter(step => step.onFailure !== 'continue')
    .filter(step => !['done', 'skipped'].includes(byId.get(step.id)?.status ?? 'missing'))
    .map(step => step.id);
}
