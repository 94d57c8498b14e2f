import type { LedgerEntry, StepStatus } from '../incident/entries.ts';
import { formatDuration } from '../plan/duration.ts';
import type { Phase, Plan, Scenario, StepPlan } from '../plan/schema.ts';
import type { Mode, Run } from '../runbook/contract.ts';
import { entriesOf, type Placed } from './read-ledger.ts';
import type { Detail, PhaseDetail, Segment, StepDetail } from './report.ts';
import { later, secondsBetween, toMs } from './time.ts';

const working: readonly StepStatus[] = ['preparing', 'acting', 'asking', 'undoing'];
const undoing: readonly StepStatus[] = ['undoing', 'undone'];

/** What the phases of one run are told from. `ran` is false for a dry run, which no deadline applies to. */
export type RunView = {
  ledger: readonly LedgerEntry[];
  mode: Mode;
  clockStartedAt: string;
  endedAt: string;
  ran: boolean;
};

/** The phases of the plan with what the ledger says about them and their steps, in the order of the plan. */
export function phasesOf(phases: readonly Phase[], view: RunView): PhaseDetail[] {
  return phases.map(phase => phaseDetail(phase, view));
}

/** All steps of a phase in the order of the plan, branches of a parallel group one after the other. */
export function stepsOf(phase: Phase): StepPlan[] {
  return phase.steps.flatMap(item => ('parallel' in item ? item.parallel.flat() : [item]));
}

/** Whether the plan has the step in this mode; one that the plan does not have at all counts as part of it. */
function isOfMode(step: StepPlan | undefined, mode: Mode): boolean {
  return (step?.modes ?? [mode]).includes(mode);
}

/** Sorts what belongs to steps of a phase as the plan has them; what the plan does not have comes last. */
export function inOrderOf<T extends { id: string }>({ order }: PhaseDetail, items: readonly T[]): T[] {
  const place = ({ id }: T) => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...items].sort((a, b) => place(a) - place(b));
}

/** Steps that the run should have come to in its mode and did not. */
export function stepsNotReached(plan: Plan, run: Run, phases: readonly PhaseDetail[]): Detail['notReached'] {
  const begun = new Set(phases.flatMap(phase => phase.steps.map(step => `${phase.id}/${step.id}`)));
  return (plan.scenarios[run.scenario]?.phases ?? []).flatMap(phase =>
    stepsOf(phase)
      .filter(step => isOfMode(step, run.mode) && !begun.has(`${phase.id}/${step.id}`))
      .map(step => ({ phase: phase.id, id: step.id, title: step.title ?? step.id, action: step.do })),
  );
}

/** Steps that a recovery carries out to bring the system back, and this drill did not; by their titles. */
export function leftOutOfDrill({ phases, modes }: Scenario, drilled: readonly PhaseDetail[]): string[] {
  const real = modes.includes('recover') ? 'recover' : 'planned';
  const carriedOut = new Set(
    drilled
      .flatMap(({ steps }) => steps)
      .filter(({ status }) => status === 'done' || status === 'undone')
      .map(({ id }) => id),
  );
  return phases
    .filter(({ stage }) => stage === 'execute')
    .flatMap(stepsOf)
    .filter(step => isOfMode(step, real) && !carriedOut.has(step.id))
    .map(({ id, title }) => title ?? id);
}

/** Whether a phase was passed through without a step, because none of them is of the run's mode. */
export function isIdle({ ok, steps }: PhaseDetail): boolean {
  return ok === true && steps.length === 0;
}

function phaseDetail(phase: Phase, view: RunView): PhaseDetail {
  const started = entriesOf(view.ledger, 'phase-started').find(({ entry }) => entry.phase === phase.id);
  const ended = entriesOf(view.ledger, 'phase-ended').findLast(({ entry }) => entry.phase === phase.id);
  const within = view.ran ? (phase.within ?? null) : null;
  const lasts = view.ran ? (phase.lasts ?? null) : null;
  const steps = stepDetails(phase, view);
  const measured = lasts !== null && started && ended && steps.length > 0;
  return {
    id: phase.id,
    title: phase.title,
    stage: phase.stage,
    startedAt: started?.at ?? null,
    endedAt: ended?.at ?? null,
    ok: ended?.entry.ok ?? null,
    withinSeconds: within,
    inTime: ended && within !== null ? secondsBetween(view.clockStartedAt, ended.at) <= within : null,
    lastsSeconds: lasts,
    tooLong: measured ? secondsBetween(started.at, ended.at) > lasts : null,
    order: stepsOf(phase).map(({ id }) => id),
    steps,
  };
}

/** Steps that began. Those of another mode are recorded as skipped, and are no part of this run's report. */
function stepDetails(phase: Phase, view: RunView): StepDetail[] {
  const said = entriesOf(view.ledger, 'step').filter(({ entry }) => entry.phase === phase.id);
  const planned = stepsOf(phase);
  const ids = new Set([...planned.map(step => step.id), ...said.map(({ entry }) => entry.step)]);
  return [...ids].flatMap(id => {
    const own = said.filter(({ entry }) => entry.step === id);
    const step = planned.find(candidate => candidate.id === id);
    if (own.length === 0 || !isOfMode(step, view.mode)) return [];
    return [stepDetail(step?.title ?? id, own, waitsOf(id, view), view.endedAt)];
  });
}

function stepDetail(
  title: string,
  entries: Placed<'step'>[],
  waits: Segment[],
  runEndedAt: string,
): StepDetail {
  // The callers give at least one entry.
  const first = entries[0] as Placed<'step'>;
  const last = entries.at(-1) as Placed<'step'>;
  const forward = entries.filter(({ entry }) => !undoing.includes(entry.status));
  const forwardEnd = forward.at(-1);
  const ended = forwardEnd && !working.includes(forwardEnd.entry.status) ? forwardEnd.at : null;
  const undoBegan = entries.find(({ entry }) => undoing.includes(entry.status))?.at ?? null;
  return {
    phase: first.entry.phase,
    id: first.entry.step,
    action: first.entry.action,
    status: last.entry.status,
    startedAt: first.at,
    endedAt: ended ?? undoBegan,
    attempts: Math.max(1, ...entries.map(({ entry }) => entry.attempt)),
    title,
    note: entries.findLast(({ entry }) => entry.note)?.entry.note ?? null,
    error: entries.findLast(({ entry }) => entry.error)?.entry.error ?? null,
    reasons: entries.findLast(({ entry }) => entry.reasons?.length)?.entry.reasons ?? [],
    evidence: entries.flatMap(({ entry }) => entry.evidence ?? []),
    outputs: Object.assign({}, ...entries.map(({ entry }) => entry.outputs ?? {})),
    segments: [...segmentsOf(entries, runEndedAt), ...waits].sort((a, b) => toMs(a.from) - toMs(b.from)),
  };
}

/** Stretches of work: each working status lasts until the next word about the step, or until the run ended. */
function segmentsOf(entries: Placed<'step'>[], runEndedAt: string): Segment[] {
  return entries.flatMap(({ at, entry }, index) => {
    if (!working.includes(entry.status)) return [];
    const to = entries[index + 1]?.at ?? (toMs(runEndedAt) > toMs(at) ? runEndedAt : at);
    return [{ status: entry.status, attempt: entry.attempt, from: at, to }];
  });
}

/** Stretches in which a person was asked about the failed step: its own entries say nothing of them. */
function waitsOf(step: string, { ledger, endedAt }: RunView): Segment[] {
  const answers = entriesOf(ledger, 'answer');
  const asked = entriesOf(ledger, 'question').filter(
    ({ entry }) => entry.step === step && entry.kind === 'failed-step',
  );
  return asked.map(({ at, entry }, index) => {
    const answered = answers.find(answer => answer.entry.question === entry.question);
    return { status: 'asking', attempt: index + 1, from: at, to: answered?.at ?? later(at, endedAt) };
  });
}

/** What a phase took more than the plan gives it, in words; none where it kept to that. */
export function overrunsOf({ inTime, withinSeconds, tooLong, lastsSeconds }: PhaseDetail): string[] {
  return [
    ...(inTime === false && withinSeconds !== null ? [`later than ${formatDuration(withinSeconds)}`] : []),
    ...(tooLong && lastsSeconds !== null ? [`longer than ${formatDuration(lastsSeconds)}`] : []),
  ];
}
