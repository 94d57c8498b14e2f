import * as z from 'zod';
import type { QuestionDraft } from '../actions/contract.ts';
import { InvalidInputError } from '../errors.ts';
import {
  type Answer,
  questionKindSchema,
  type Run,
  runSchema,
  type Step,
  stepSchema,
} from '../runbook/contract.ts';
import { readStep, type StepRecord } from '../runbook/step-record.ts';
import type { Runtime } from '../runtime.ts';
import { sentence } from '../sentence.ts';
import { deliver } from './answers.ts';
import { loadSituation } from './compose.ts';
import { toPerson } from './due-people.ts';
import { type Question, type QuestionKind, questionId } from './question-record.ts';
import { createQuestion, timeOutQuestion } from './questions.ts';
import { commanderId } from './run-steps.ts';
import type { Situation } from './situation.ts';
import { deliverMessage, tick } from './tick.ts';

const base = { run: runSchema, step: stepSchema, kind: questionKindSchema };

/** What the ask machine calls with: once (or again, after a failure) to ask, and once when nobody answered. */
export const askEventSchema = z.discriminatedUnion('operation', [
  z.object({
    ...base,
    operation: z.literal('ask'),
    token: z.string().min(1),
    answerWithinSeconds: z.number().positive(),
  }),
  z.object({ ...base, operation: z.literal('timed-out') }),
]);
export type AskEvent = z.infer<typeof askEventSchema>;

/** `ask`: the question's id (the machine goes on by the token, not by this). `timed-out`: the answer to go on with. */
export type AskReply = { question: string } | Answer;

/** Draft of the people's own actions, as the step machine keeps it with the step. */
const draftSchema = z.object({
  title: z.string(),
  shows: z.array(z.string()),
  askedOf: z.array(z.string()),
  quorum: z.number().int().positive(),
  answerWithinSeconds: z.number(),
});

/**
 * Puts a question to people, or closes one that nobody answered. A repeated call asks nobody twice: the question and
 * each person's message are found by their keys, and only the task token is replaced.
 */
export async function ask(runtime: Runtime, event: AskEvent): Promise<AskReply> {
  const { run, step, kind } = event;
  const record = await readStep(runtime.store, run.id, step.id);
  const attempt = record?.attempt ?? 1;
  if (event.operation === 'timed-out') {
    return timeOutQuestion(runtime, run.incidentId, questionId(run.id, step.id, attempt, kind));
  }
  const draft = await draftFor(runtime, run, step, kind, record);
  const answerWithinSeconds = event.answerWithinSeconds;
  const question = await createQuestion(runtime, {
    run,
    step,
    attempt,
    kind,
    token: event.token,
    draft: { ...draft, answerWithinSeconds },
  });
  if (question.status === 'open') await tellAsked(runtime, question);
  else if (question.result) await deliver(runtime, question);
  return { question: question.id };
}

/** Each person gets a message with a link of their own. */
async function tellAsked(runtime: Runtime, question: Question): Promise<void> {
  const situation = await loadSituation(runtime, question.run);
  let undelivered = false;
  for (const person of question.askedOf) {
    const message = {
      ...toPerson(runtime, person, `ask/${question.id}`, question.kind, question.askedAt),
      question: question.id,
    };
    const { status } = await deliverMessage(runtime, situation, message);
    if (status === 'failed') undelivered = true;
  }
  // The next level is told at once, since the time to answer is running.
  if (undelivered) await tickQuietly(runtime, question.run);
}

async function tickQuietly(runtime: Runtime, run: Run): Promise<void> {
  try {
    await tick(runtime, run);
  } catch (error) {
    runtime.log('error', 'The next level could not be told; the communication machine will', {
      error: String(error),
    });
  }
}

async function draftFor(
  runtime: Runtime,
  run: Run,
  step: Step,
  kind: QuestionKind,
  record: StepRecord | undefined,
): Promise<Omit<QuestionDraft, 'kind'>> {
  if (kind === 'failed-step') return failedStepDraft(await loadSituation(runtime, run), step, record);
  const parsed = draftSchema.safeParse(record?.baseline.question);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`The step "${step.id}" has no question to ask`, {
    nextStep: 'Deploy again: the step machine and the ask function come from different versions.',
  });
}

/** Asks the commander and whoever was escalated to; at least the first level. */
function failedStepDraft(
  situation: Situation,
  step: Step,
  record: StepRecord | undefined,
): Omit<QuestionDraft, 'kind'> {
  const why = record?.reasons?.map(reason => `${sentence(reason.what)} ${reason.mend}`) ?? [];
  const error = record?.error ? [`Error: ${record.error.message}`] : [];
  return {
    title: `"${step.title}" failed: retry, skip or abort?`,
    shows: [
      ...(why.length > 0 ? why : error),
      `Step ${step.id} (${step.action}), attempt ${record?.attempt ?? 1}, phase ${step.phase}.`,
    ],
    askedOf: deciders(situation),
    quorum: 1,
    answerWithinSeconds: 1,
  };
}

function deciders(situation: Situation): string[] {
  const commander = commanderId(situation);
  const called = situation.ledger.flatMap(({ entry }) => (entry.type === 'escalated' ? entry.people : []));
  const first = situation.plan.escalation[0]?.people ?? Object.keys(situation.plan.people);
  return [...new Set([...(commander === undefined ? [] : [commander]), ...called, ...first])];
}
