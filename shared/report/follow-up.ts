import type { EntryOf } from '../incident/entries.ts';
import type { Outcome } from '../runbook/contract.ts';
import type { Decision, Detail, Notification, OpenTask, PhaseDetail, Problem, StepDetail } from './report.ts';

/** What failed or was refused, why, and how to mend it: the reasons of the run's end, then those of its steps. */
export function problemsOf(
  started: boolean,
  ended: EntryOf<'run-ended'> | undefined,
  steps: readonly StepDetail[],
  notStarted?: { what: string; mend: string },
): Problem[] {
  const reasons = (ended?.reasons ?? []).map(({ what, mend }) => ({ what: bare(what), mend: mend || null }));
  const fromSteps = steps.flatMap(stepProblems);
  // A run mostly ends for the reason that a step gave; that reason is said once, with the step that gave it.
  const repeated = (reason: { what: string }, { what }: Problem) => reason.what.endsWith(what);
  const fromRun = reasons
    .filter(reason => !fromSteps.some(problem => repeated(reason, problem)))
    .map(reason => ({ step: null, title: 'The run', ...reason }));
  const explained = fromSteps.map(problem => ({
    ...problem,
    mend: problem.mend ?? reasons.find(reason => repeated(reason, problem))?.mend ?? null,
  }));
  return [...fromRun, ...explained, ...(ended ? [] : [withoutEnd(started, notStarted)])];
}

/** What a rehearsal knows, and nobody else: that the steps which were carried out mended nothing. */
export function unmended(
  outcome: Outcome,
  steps: readonly StepDetail[],
  stillBroken: readonly string[] = [],
): Problem[] {
  const acted = steps.some(({ status }) => status === 'done' || status === 'failed');
  if (stillBroken.length === 0 || !acted || outcome === 'refused') return [];
  const broken = `${stillBroken.join(', ')}: as broken at the end as at the start`;
  if (outcome === 'recovered') {
    return [
      {
        step: null,
        title: 'The rehearsal',
        what: `${broken}, and no check of the plan has noticed.`,
        mend: 'If something else has taken its place, nothing is wrong. Else let the last phase look at it, and say under "restores" what mends it.',
      },
    ];
  }
  return [
    {
      step: null,
      title: 'The rehearsal',
      what: `${broken}. No step that was carried out mends it in a rehearsal.`,
      mend: 'Use an action that does. What a runbook, function or build of yours mends stands under its "restores", and what a person or a request does under that of the step.',
    },
  ];
}

/** An error's text without the name of its class, which tells a person nothing. */
function bare(text: string): string {
  return text.replace(/^\w+(Error|Exception): /, '').trim();
}

function withoutEnd(started: boolean, notStarted?: { what: string; mend: string }): Problem {
  const about = { step: null, title: 'The run' };
  if (!started && notStarted) return { ...about, ...notStarted };
  if (!started) {
    return {
      ...about,
      what: 'No run was started.',
      mend: 'See with `lifeboat status` what triage decided and why; start the scenario by hand if the outage is real.',
    };
  }
  return {
    ...about,
    what: 'The ledger says nothing about how the run ended.',
    mend: 'Look at the execution in the Step Functions console; start the scenario again once it has stopped.',
  };
}

function stepProblems(step: StepDetail): Problem[] {
  const bad = step.status === 'failed' || step.status === 'refused';
  if (!bad && step.error === null && step.reasons.length === 0) return [];
  const title = bad ? step.title : `${step.title} (in the end: ${step.status})`;
  if (step.reasons.length > 0) {
    return step.reasons.map(({ what, mend }) => ({ step: step.id, title, what, mend: mend || null }));
  }
  const what =
    (step.error && bare(step.error)) ?? step.note ?? `The step ended as ${step.status} and gave no reason.`;
  return [{ step: step.id, title, what, mend: null }];
}

type Circumstances = {
  /** A run that stopped left nothing behind to be finished by hand; how it can go on stands in its problems. */
  recovered: boolean;
  steps: readonly StepDetail[];
  decisions: readonly Decision[];
  notifications: readonly Notification[];
  untold: Detail['untold'];
  name(id: string): string;
};

/** What people still have to do: tasks without a "done", steps that were passed over, audiences nobody reached. */
export function openTasksOf(circumstances: Circumstances): OpenTask[] {
  const { recovered, steps, decisions, notifications, untold, name } = circumstances;
  return [
    ...decisions.flatMap(decision => unfinishedTask(decision, name)),
    ...(recovered ? steps.flatMap(passedOver) : []),
    ...unprovenFences(steps),
    ...notifications
      .filter(({ sentAt }) => sentAt === null)
      .map(({ audience, template, channel }) => ({
        title: `Tell ${name(audience)} by hand`,
        why: `No channel took the message "${template}"; the last one tried was ${channel}.`,
        owner: null,
      })),
    ...untold.map(({ audience }) => ({
      title: `Tell ${name(audience)} by hand`,
      why: 'They were due a message and the ledger has none for them.',
      owner: null,
    })),
  ];
}

function unfinishedTask(decision: Decision, name: (id: string) => string): OpenTask[] {
  const finished = decision.answers.some(({ value }) => value === 'done' || value === 'skip');
  if (decision.kind !== 'task' || finished) return [];
  const timedOut = decision.answers.some(({ value }) => value === 'timeout');
  const why = timedOut
    ? 'Nobody said that it was done before its time was up.'
    : 'Nobody has said that it is done.';
  return [{ title: decision.title, why, owner: decision.askedOf.map(name).join(', ') || null }];
}

function passedOver(step: StepDetail): OpenTask[] {
  const failed = step.status === 'failed' || (step.status === 'skipped' && step.error !== null);
  if (!failed) return [];
  const how = step.status === 'failed' ? 'failed' : 'was skipped after it had failed';
  const why =
    (step.error && bare(step.error)) ?? step.reasons[0]?.what ?? step.note ?? 'No reason is recorded.';
  return [{ title: `Finish by hand: ${step.title}`, why: `The step ${how}: ${why}`, owner: null }];
}

/** "Unreachable" is not "fenced": somebody has to look once the lost side answers again. */
function unprovenFences(steps: readonly StepDetail[]): OpenTask[] {
  const unproven = steps.filter(step => step.outputs.verdict === 'not-provable');
  return unproven.map(({ id, title }) => ({
    // Where there is one only, nobody has to be told which.
    title: `Keep the old writer from taking writes when its region comes back${unproven.length > 1 ? `: ${title}` : ''}`,
    why: `Step ${id} could not prove that the old database is stopped.`,
    owner: null,
  }));
}

/** Steps of all phases, in the order of the plan. */
export function allSteps(phases: readonly PhaseDetail[]): StepDetail[] {
  return phases.flatMap(phase => phase.steps);
}
