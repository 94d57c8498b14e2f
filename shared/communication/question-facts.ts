import { measuredDataLoss } from './incident-fields.ts';
import type { Question } from './question-record.ts';
import { planSteps, stepsNow, stepTitle } from './run-steps.ts';
import type { Situation } from './situation.ts';

type Section = { heading: string; lines: readonly string[] };

/** Steps that are named as following, up to the next question. */
const mostSteps = 12;

/**
 * What a person sees beside the question itself, whatever the plan's own lines say: the measured data loss and the
 * verdict on the old writer, what this run has found out so far, and what happens after a "yes".
 */
export function questionFacts(situation: Situation, question: Question): Section[] {
  if (question.kind === 'task') return [];
  const found = stepsNow(situation).flatMap(({ entry }) => {
    const what = entry.status === 'done' ? entry.evidence?.at(-1)?.what : undefined;
    return what === undefined ? [] : [`${stepTitle(situation, entry.step)}: ${what}`];
  });
  const next = followingSteps(situation, question);
  return [
    ...(next.length > 0 ? [{ heading: 'What follows if the run goes on', lines: next }] : []),
    { heading: 'What is at stake', lines: stakes(situation) },
    ...(found.length > 0 ? [{ heading: 'What was found out', lines: found }] : []),
  ];
}

/** A scenario that fences nothing has no old writer to speak of. */
function stakes(situation: Situation): string[] {
  const fences = planSteps(situation).some(step => step.do.endsWith('.fence'));
  const verdict = writer(situation);
  return [
    `Data loss: ${measuredDataLoss(situation)}.`,
    ...(fences || verdict ? [`Old writer: ${verdict ?? 'not fenced so far in this run'}.`] : []),
  ];
}

/** Fenced, not provable, or not looked at: never more than a step of this run has said. */
function writer(situation: Situation): string | undefined {
  const verdict = stepsNow(situation).flatMap(({ entry }) =>
    entry.status === 'done' && typeof entry.outputs?.verdict === 'string' ? [entry.outputs.verdict] : [],
  );
  const known = verdict.at(-1);
  if (known === 'fenced') return 'fenced, it takes no writes';
  if (known === 'not-provable') return 'nobody could prove that it takes no writes';
  return known?.replaceAll('-', ' ');
}

/** Titles of the steps after this one, up to the next that asks somebody. */
function followingSteps(situation: Situation, question: Question): string[] {
  const steps = planSteps(situation).filter(({ modes }) => !modes || modes.includes(situation.run.mode));
  const after = steps.slice(steps.findIndex(({ id }) => id === question.step.id) + 1);
  const end = after.findIndex(step => step.do === 'people.approval');
  const titles = (end < 0 ? after : after.slice(0, end + 1)).map(({ id }) => stepTitle(situation, id));
  const left = titles.length - mostSteps;
  return left > 0 ? [...titles.slice(0, mostSteps), `and ${left} more`] : titles;
}
