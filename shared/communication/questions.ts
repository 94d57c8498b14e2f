import type { QuestionDraft } from '../actions/contract.ts';
import { ConflictError, RefusedError } from '../errors.ts';
import { readIncident } from '../incident/incident.ts';
import { prefixes, questionKey } from '../incident/keys.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { RecordKey, RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Answer, Run, Step } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { peopleFor } from './people.ts';
import {
  pointerKey,
  pointerSchema,
  type Question,
  type QuestionKind,
  questionId,
  questionSchema,
} from './question-record.ts';
import { shift } from './situation.ts';

export type NewQuestion = {
  run: Run;
  step: Step;
  attempt: number;
  kind: QuestionKind;
  token: string;
  draft: Omit<QuestionDraft, 'kind'>;
};

/**
 * Stores a question, or finds it when it was asked before: then only the task token is replaced, since the machine
 * that asks again has given up the old one. The time to answer runs from the first asking.
 * Throws RefusedError when the plan has too few people who may answer.
 */
export async function createQuestion(runtime: Runtime, asked: NewQuestion): Promise<Question> {
  const { run, step, attempt, kind, token, draft } = asked;
  const id = questionId(run.id, step.id, attempt, kind);
  const askedOf = peopleFor(runtime.plan, draft.askedOf);
  await refuseIfTooFew(runtime, run, kind, askedOf, draft);
  const askedAt = runtime.clock.now().toISOString();
  const fresh: Question = {
    id,
    run,
    step: { id: step.id, phase: step.phase, title: step.title },
    attempt,
    kind,
    title: draft.title,
    shows: draft.shows,
    askedOf,
    quorum: draft.quorum,
    askedAt,
    expiresAt: shift(askedAt, draft.answerWithinSeconds),
    token,
    status: 'open',
    answers: [],
    handedOver: false,
    delivered: false,
  };
  await putOnce(runtime.store, pointerKey(id), { incidentId: run.incidentId });
  const question = await changeQuestion(runtime.store, run.incidentId, id, current => {
    if (!current) return fresh;
    return current.token === token ? undefined : { ...current, token, handedOver: false, delivered: false };
  });
  await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    {
      type: 'question',
      run: run.id,
      step: step.id,
      question: id,
      kind,
      title: draft.title,
      askedOf,
      answerWithinSeconds: draft.answerWithinSeconds,
    },
    { idempotencyKey: `question/${id}` },
  );
  return question ?? fresh;
}

/** The incident that a question or an acknowledgement belongs to; undefined for an id that was never given out. */
export async function incidentOf(store: RecordStore, id: string): Promise<string | undefined> {
  const pointer = await store.get(pointerKey(id));
  return pointer && pointerSchema.parse(pointer.data).incidentId;
}

/** A question by its id alone. */
export async function readQuestion(store: RecordStore, id: string): Promise<Question | undefined> {
  const incidentId = await incidentOf(store, id);
  return incidentId === undefined ? undefined : readQuestionOf(store, incidentId, id);
}

/** The same, where its incident is known. */
export async function readQuestionOf(
  store: RecordStore,
  incidentId: string,
  id: string,
): Promise<Question | undefined> {
  const stored = await store.get(questionKey(incidentId, id));
  return stored && questionSchema.parse(stored.data);
}

/** All questions of an incident, in the order in which they were asked. */
export async function readQuestions(store: RecordStore, incidentId: string): Promise<Question[]> {
  const { partition } = questionKey(incidentId, '');
  const stored = await store.query({ partition, sortPrefix: prefixes.question });
  const questions = stored.map(({ data }) => questionSchema.parse(data));
  return questions.sort((a, b) => (a.askedAt + a.id < b.askedAt + b.id ? -1 : 1));
}

/**
 * Ends a question that nobody answered in time and says so to the machine. An answer that came before the time was up
 * counts, even if it could not be handed over in time.
 */
export async function timeOutQuestion(runtime: Runtime, incidentId: string, id: string): Promise<Answer> {
  const at = runtime.clock.now().toISOString();
  const timeout: Answer = { value: 'timeout', by: 'nobody', at };
  const question = await changeQuestion(runtime.store, incidentId, id, current => {
    if (current?.status !== 'open') return undefined;
    return { ...current, status: 'timed-out', result: timeout, delivered: true };
  });
  if (!question) return timeout;
  if (question.status === 'answered') {
    await changeQuestion(
      runtime.store,
      incidentId,
      id,
      current => current && { ...current, delivered: true },
    );
    return question.result ?? timeout;
  }
  const answer = question.result ?? timeout;
  await appendEntry(
    runtime.store,
    runtime.clock,
    incidentId,
    { type: 'answer', run: question.run.id, step: question.step.id, question: id, answer, via: 'timer' },
    { idempotencyKey: `answer/${id}/nobody` },
  );
  return answer;
}

/** Changes a question's record; `change` answers undefined to leave it. Returns what stands in the end. */
export async function changeQuestion(
  store: RecordStore,
  incidentId: string,
  id: string,
  change: (current: Question | undefined) => Question | undefined,
): Promise<Question | undefined> {
  const data = await updateRecord(store, questionKey(incidentId, id), current => {
    const next = change(current && questionSchema.parse(current));
    return next && toJson(next);
  });
  return data && questionSchema.parse(data);
}

/** Whether this person may not approve because they started the run themselves and somebody else can. */
export function isOwnRun(openedBy: string | undefined, person: string, askedOf: readonly string[]): boolean {
  return askedOf.length > 1 && (openedBy === person || openedBy === `person:${person}`);
}

async function refuseIfTooFew(
  runtime: Runtime,
  run: Run,
  kind: QuestionKind,
  askedOf: readonly string[],
  draft: Omit<QuestionDraft, 'kind'>,
): Promise<void> {
  const openedBy =
    kind === 'approval' ? (await readIncident(runtime.store, run.incidentId))?.openedBy : undefined;
  const able = askedOf.filter(person => !isOwnRun(openedBy, person, askedOf));
  if (able.length >= draft.quorum) return;
  const what = `"${draft.title}" needs ${draft.quorum} of ${draft.askedOf.join(', ')} to agree, and only ${able.length} can`;
  throw new RefusedError(what, {
    reasons: [what],
    nextStep:
      'Name more people in the plan, give more people the role, or lower the quorum, and deploy again.',
  });
}

/** Writes a record unless it is there already. */
export async function putOnce(store: RecordStore, key: RecordKey, data: object): Promise<boolean> {
  try {
    await store.put(key, toJson(data), { ifAbsent: true });
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
