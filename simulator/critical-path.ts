import type { LedgerEntry } from '../shared/incident/entries.ts';
import type { PhaseItem, Scenario, StepPlan } from '../shared/plan/schema.ts';
import type { Invocation } from './world/functions.ts';
import type { WorldChange } from './world/world.ts';

/**
 * The physical limit of a run: how long the phases that execute it would have taken if Lifeboat had noticed each
 * end at once and passed from step to step in no time. What AWS and people need is all that is left: that something
 * does not answer until the time is up, which a step has to know before it changes anything, is part of it.
 */
export function criticalPathSeconds(
  scenario: Scenario,
  ledger: readonly LedgerEntry[],
  invocations: readonly Invocation[],
  changes: readonly WorldChange[],
): number {
  const seconds = (step: StepPlan) => physicalSeconds(step.id, ledger, invocations, changes);
  return scenario.phases
    .filter(phase => phase.stage === 'execute')
    .flatMap(phase => phase.steps)
    .reduce((sum, item) => sum + itemSeconds(item, seconds), 0);
}

function itemSeconds(item: PhaseItem, seconds: (step: StepPlan) => number): number {
  if (!('parallel' in item)) return seconds(item);
  return Math.max(...item.parallel.map(branch => branch.reduce((sum, step) => sum + seconds(step), 0)));
}

/** How long those that were asked took to answer, in ms. */
function answering({ startedAtMs, endedAtMs, overheadMs }: Invocation): number {
  return Math.max(0, endedAtMs - startedAtMs - overheadMs);
}

function isStepCall(payload: unknown, stepId: string, operation: string): boolean {
  const call = payload as { operation?: string; step?: { id?: string } } | null;
  return call?.operation === operation && call.step?.id === stepId;
}

/** From the first act (or question) to the moment when the wanted state held, as far as the world tells. */
function physicalSeconds(
  stepId: string,
  ledger: readonly LedgerEntry[],
  invocations: readonly Invocation[],
  changes: readonly WorldChange[],
): number {
  const calls = (operation: string) =>
    invocations.filter(({ payload }) => isStepCall(payload, stepId, operation));
  const startedAt = timeOf(ledger, stepId, ['acting', 'asking']);
  const doneAt = timeOf(ledger, stepId, ['done']);
  if (startedAt === undefined || doneAt === undefined) return 0;
  const looks = calls('observe');
  const times = looks.map(look => look.startedAtMs);
  const readyAt = Math.max(startedAt, readyBefore(doneAt, times, changes));
  const asked = [...calls('prepare').slice(-1), ...looks.slice(-1)].map(answering);
  return (readyAt - startedAt + asked.reduce((sum, ms) => sum + ms, 0)) / 1000;
}

/**
 * The wanted state came true between the last look that did not find it and the one that did. The last change of
 * the world in between is taken for it; when none was recorded, the earlier look, so that Lifeboat's own share is
 * never made smaller than it was.
 */
function readyBefore(doneAt: number, looks: readonly number[], changes: readonly WorldChange[]): number {
  const last = looks.at(-1) ?? doneAt;
  const previous = looks.at(-2);
  if (previous === undefined) return last;
  const between = changes.filter(
    change => change.by === 'aws' && change.atMs > previous && change.atMs <= last,
  );
  return between.at(-1)?.atMs ?? previous;
}

function timeOf(
  ledger: readonly LedgerEntry[],
  stepId: string,
  statuses: readonly string[],
): number | undefined {
  const found = ledger.find(
    ({ entry }) => entry.type === 'step' && entry.step === stepId && statuses.includes(entry.status),
  );
  return found && Date.parse(found.at);
}
