import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { isNamed, toLifeboatError } from '../aws/aws-errors.ts';
import { readIncident } from '../incident/incident.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { Answer } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { acknowledgeByAnswer } from './acknowledge-by-answer.ts';
import { choices, type GivenAnswer, type Question } from './question-record.ts';
import { changeQuestion, isOwnRun, readQuestion } from './questions.ts';

export type AnswerRequest = {
  questionId: string;
  person: string;
  value: string;
  reason?: string;
  via: 'link' | 'cli' | 'console';
};
/** `used`: decided already. `late`: its time is up, or the machine waits no more. `foreign`: not asked of this person. */
export type RefusalCode = 'unknown' | 'used' | 'late' | 'foreign' | 'invalid' | 'own-run';
export type AnswerReply =
  /** `complete` is false while more people must agree. */
  | { status: 'recorded'; complete: boolean; question: Question }
  | { status: 'refused'; why: RefusalCode; message: string; question?: Question };

const longestReason = 500;

/**
 * Takes one person's answer and, when it decides the question, hands the decision to the waiting state machine.
 * Safe to repeat: the same answer of the same person is recorded once, and handed over again if that had failed.
 * A refusal is written into the ledger. Throws only for what may succeed later (store or Step Functions down).
 */
export async function answerQuestion(runtime: Runtime, given: AnswerRequest): Promise<AnswerReply> {
  const found = await readQuestion(runtime.store, given.questionId);
  if (!found) return { status: 'refused', why: 'unknown', message: 'There is no such question.' };
  const incident = await readIncident(runtime.store, found.run.incidentId);
  const at = runtime.clock.now();
  let refusal: Omit<Extract<AnswerReply, { status: 'refused' }>, 'status' | 'question'> | undefined;
  const question = await changeQuestion(runtime.store, found.run.incidentId, found.id, current => {
    refusal = current && refusalOf(current, given, at, incident?.openedBy);
    if (!current || refusal || isRepeat(current, given)) return undefined;
    return withAnswer(current, given, at.toISOString());
  });
  if (!question || refusal) {
    const { why, message } = refusal ?? { why: 'unknown', message: 'There is no such question.' };
    await recordRefusal(runtime, found.run.incidentId, found.id, `${given.person}: ${message}`);
    return { status: 'refused', why, message, question: question ?? found };
  }
  await recordAnswer(runtime, question, given);
  // The run first: it may wait for nothing else.
  const reply = await deliver(runtime, question);
  if (reply.status === 'recorded') await acknowledgeByAnswer(runtime, question, given);
  return reply;
}

/**
 * Hands a decided question to the machine that waits for it, if that has not been done. Called again for questions
 * whose first handing over was cut short.
 */
export async function deliver(runtime: Runtime, question: Question): Promise<AnswerReply> {
  if (!question.result) return { status: 'recorded', complete: false, question };
  if (question.delivered) return { status: 'recorded', complete: true, question };
  const incidentId = question.run.incidentId;
  // Noted before it is sent, so that a call that dies in between is known to have perhaps been heard.
  await changeQuestion(
    runtime.store,
    incidentId,
    question.id,
    current => current && { ...current, handedOver: true },
  );
  const { handed, tries } = await handOver(runtime, question.token, question.result);
  // Nobody waits with this token. After a lost reply that is our own doing: the first try was taken.
  const taken = handed || tries > 1 || question.handedOver;
  const done = await changeQuestion(runtime.store, incidentId, question.id, current => {
    if (current?.token !== question.token) return undefined;
    // Who is told that it came too late must not find later that the run went on with it all the same.
    return { ...current, delivered: true, ...(!taken && { status: 'timed-out', result: undefined }) };
  });
  // With another token the machine has asked again, and the asking hands over what is recorded.
  if (taken || done?.token !== question.token)
    return { status: 'recorded', complete: true, question: done ?? question };
  const message = 'The run no longer waits for this answer.';
  await recordRefusal(runtime, incidentId, question.id, message);
  return { status: 'refused', why: 'late', message, question: done };
}

/** `handed` is false when no machine waits with this token any more; `tries` is how often it was sent. */
async function handOver(
  runtime: Runtime,
  taskToken: string,
  answer: Answer,
): Promise<{ handed: boolean; tries: number }> {
  const region = runtime.plan.regions.recovery;
  const command = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer) });
  try {
    await runtime.aws.client(SFNClient, region).send(command);
    return { handed: true, tries: 1 };
  } catch (error) {
    if (isNamed(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) {
      return { handed: false, tries: attemptsOf(error) };
    }
    throw toLifeboatError(error, { call: 'states.SendTaskSuccess', region });
  }
}

/** How often the SDK sent it before it gave up. */
function attemptsOf(error: unknown): number {
  return (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1;
}

/** Says once in the ledger why a link or an answer was not accepted, however often it is tried. */
export async function recordRefusal(
  runtime: Runtime,
  incidentId: string,
  id: string,
  why: string,
): Promise<void> {
  await appendEntry(
    runtime.store,
    runtime.clock,
    incidentId,
    { type: 'link-refused', question: id, why },
    { idempotencyKey: `refused/${id}/${why}` },
  );
}

/**
 * What the answers so far decide: one "no" ends an approval, enough different people saying "yes" carry it; the first
 * answer settles a failed step or a task. Undefined while more is needed.
 */
export function judge(question: Pick<Question, 'kind' | 'quorum' | 'answers'>): Answer | undefined {
  const { kind, quorum, answers } = question;
  const deciding = kind === 'approval' ? answers.find(({ value }) => value === 'deny') : answers[0];
  if (deciding) return toAnswer([deciding]);
  const agreed = answers.filter(({ value }) => value === 'approve');
  return kind === 'approval' && agreed.length >= quorum ? toAnswer(agreed) : undefined;
}

function toAnswer(answers: readonly GivenAnswer[]): Answer | undefined {
  const last = answers.at(-1);
  if (!last) return undefined;
  const reason = answers.flatMap(answer => answer.reason ?? []).join('; ');
  return {
    value: last.value,
    by: answers.map(({ person }) => person).join(', '),
    at: last.at,
    ...(reason && { reason }),
  };
}

function refusalOf(
  question: Question,
  given: AnswerRequest,
  now: Date,
  openedBy: string | undefined,
): { why: RefusalCode; message: string } | undefined {
  const { askedOf, kind, status } = question;
  if (!askedOf.includes(given.person))
    return { why: 'foreign', message: 'This question was not put to this person.' };
  if (!choices[kind].some(({ value }) => value === given.value)) {
    const values = choices[kind].map(({ value }) => value).join(', ');
    return { why: 'invalid', message: `This question is answered with one of: ${values}.` };
  }
  if (isRepeat(question, given)) return undefined;
  const before = question.answers.find(({ person }) => person === given.person);
  if (before) return { why: 'used', message: `You have answered already: ${before.value}.` };
  if (status === 'answered')
    return { why: 'used', message: `It was decided already: ${described(question)}.` };
  if (status === 'timed-out' || now.getTime() > Date.parse(question.expiresAt)) {
    return { why: 'late', message: 'The time to answer is up.' };
  }
  if (kind === 'approval' && given.value === 'approve' && isOwnRun(openedBy, given.person, askedOf)) {
    return {
      why: 'own-run',
      message: 'Who started the run can’t approve it; another of those who were asked has to.',
    };
  }
  if (choices[kind].some(({ value, why }) => value === given.value && why) && !reasonOf(given)) {
    return { why: 'invalid', message: `Say why in a few words: "${given.value}" counts only with a reason.` };
  }
  return undefined;
}

function reasonOf({ reason }: AnswerRequest): string | undefined {
  return reason?.trim().slice(0, longestReason) || undefined;
}

function described(question: Question): string {
  return question.result ? `${question.result.value} by ${question.result.by}` : question.status;
}

function isRepeat(question: Question, given: AnswerRequest): boolean {
  return question.answers.some(({ person, value }) => person === given.person && value === given.value);
}

function withAnswer(question: Question, given: AnswerRequest, at: string): Question {
  const value = choices[question.kind].find(choice => choice.value === given.value)?.value ?? 'abort';
  const reason = reasonOf(given);
  const answer: GivenAnswer = { person: given.person, value, at, via: given.via, ...(reason && { reason }) };
  const answers = [...question.answers, answer];
  const result = judge({ ...question, answers });
  return { ...question, answers, ...(result && { result, status: 'answered' }) };
}

async function recordAnswer(runtime: Runtime, question: Question, given: AnswerRequest): Promise<void> {
  const answer = question.answers.find(({ person }) => person === given.person);
  if (!answer) return;
  const { person: by, value, at, reason } = answer;
  await appendEntry(
    runtime.store,
    runtime.clock,
    question.run.incidentId,
    {
      type: 'answer',
      run: question.run.id,
      step: question.step.id,
      question: question.id,
      answer: { value, by, at, ...(reason && { reason }) },
      via: answer.via,
    },
    { idempotencyKey: `answer/${question.id}/${by}` },
  );
}
