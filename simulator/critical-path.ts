import type { LedgerEntry } from '../shared/incident/entries.ts';
import type { Phase, PhaseItem, Scenario, StepPlan } from '../shared/plan/schema.ts';
import type { Invocation } from './world/functions.ts';
import type { WorldChange } from './world/world.ts';

/** What a run left behind, from which it is found out how long AWS and people took. */
export type Trace = {
  ledger: readonly LedgerEntry[];
  invocations: readonly Invocation[];
  changes: readonly WorldChange[];
};

/**
 * The physical limit of a run: how long the phases that execute it would have taken if Lifeboat had noticed each
 * end at once and passed from step to step in no time. What AWS and people need is all that is left: that something
 * does not answer until the time is up, which a step has to know before it changes anything, is part of it. Starting
 * functions, calling them and waiting between two looks is Lifeboat's own, and no part of it.
 */
export function criticalPathSeconds(scenario: Scenario, trace: Trace): number {
  const seconds = (step: StepPlan) => physicalSeconds(step.id, trace);
  return measuredPhases(scenario)
    .flatMap(phase => phase.steps)
    .reduce((sum, item) => sum + itemSeconds(item, seconds), 0);
}

/**
 * The phases that `executeSeconds` spans: from the end of the last one that decides to the end of the last one that
 * executes. One that verifies in between, such as before users are moved, is waited for like any other.
 */
function measuredPhases({ phases }: Scenario): Phase[] {
  const first = phases.findLastIndex(phase => phase.stage === 'decide') + 1;
  const last = phases.findLastIndex(phase => phase.stage === 'execute');
  return phases.slice(first, last + 1);
}

function itemSeconds(item: PhaseItem, seconds: (step: StepPlan) => number): number {
  if (!('parallel' in item)) return seconds(item);
  return Math.max(...item.parallel.map(branch => branch.reduce((sum, step) => sum + seconds(step), 0)));
}

function isStepCall(payload: unknown, stepId: string, operation: string): boolean {
  const call = payload as { operation?: string; step?: { id?: string } } | null;
  return call?.operation === operation && call.step?.id === stepId;
}

/** One look at a step: when it was called for and began, and when those that were asked had answered. Virtual ms. */
type Look = { calledAtMs: number; beganAtMs: number; answeredAtMs: number };

/** From the first act (or question) to the moment when the wanted state held, as far as the world tells. */
function physicalSeconds(stepId: string, { ledger, invocations, changes }: Trace): number {
  const startedAt = timeOf(ledger, stepId, ['acting', 'asking']);
  const doneAt = timeOf(ledger, stepId, ['done']);
  if (startedAt === undefined || doneAt === undefined) return 0;
  const calls = (operation: string) =>
    invocations.filter(call => isStepCall(call.payload, stepId, operation) && call.startedAtMs <= doneAt);
  const prepared = calls('prepare').at(-1);
  const preparing = prepared ? Math.max(0, Math.min(prepared.endedAtMs, startedAt) - beganWork(prepared)) : 0;
  // Who was asked has answered when the step is called again.
  const answer = calls('answer').at(-1);
  if (answer) return (preparing + answer.startedAtMs - startedAt) / 1000;
  const acting = [...calls('prepare'), ...calls('act')].filter(looked);
  const looks = [
    ...acting.flatMap(call => looksOf(call, Math.max(startedAt, beganWork(call)))),
    ...calls('observe').flatMap(call => looksOf(call, beganWork(call))),
  ];
  const last = looks.at(-1);
  if (!last) return preparing / 1000;
  const readyAt = Math.max(startedAt, readyBefore(last, looks.at(-2), changes));
  return (preparing + readyAt - startedAt + last.answeredAtMs - last.beganAtMs) / 1000;
}

const beganWork = ({ startedAtMs, overheadMs }: Invocation) => startedAtMs + overheadMs;

/** Whether a call that prepared or acted came to look as well: what it leaves to the next call, it answers with. */
function looked({ failed, answer }: Invocation): boolean {
  const { next } = (answer ?? {}) as { next?: string };
  return failed || (next !== 'act' && next !== 'observe');
}

/**
 * The looks of one call, the first of which began at the given time. A call that acts looks afterwards: when, nobody
 * notes, so its first look is taken to begin with the act.
 */
function looksOf(call: Invocation, beganAtMs: number): Look[] {
  const begins = [beganAtMs, ...call.looksAtMs];
  // Between two looks of a call is Lifeboat's own pause, so only the last one's answer is known.
  return begins.map((began, index) => ({
    calledAtMs: index === 0 ? Math.min(call.startedAtMs, began) : began,
    beganAtMs: began,
    answeredAtMs: index === begins.length - 1 ? call.endedAtMs : began,
  }));
}

/**
 * The wanted state came true between the last look that did not find it and the one that did. The last change of
 * the world in between is taken for it; when none was recorded, the earlier look, so that Lifeboat's own share is
 * never made smaller than it was.
 */
function readyBefore(last: Look, previous: Look | undefined, changes: readonly WorldChange[]): number {
  if (previous === undefined) return last.calledAtMs;
  const between = changes.filter(
    change => change.by === 'aws' && change.atMs > previous.beganAtMs && change.atMs <= last.beganAtMs,
  );
  return between.at(-1)?.atMs ?? previous.beganAtMs;
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
