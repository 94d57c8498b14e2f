import { acknowledgeIncident, type Incident, readIncident } from '../incident/incident.ts';
import type { Runtime } from '../runtime.ts';
import { stands } from './acknowledgement.ts';
import { answerQuestion, type RefusalCode, recordRefusal } from './answers.ts';
import { completeTask } from './complete-task.ts';
import { linkKey } from './compose.ts';
import {
  acknowledgedPage,
  head,
  peopleOf,
  plain,
  recordedPage,
  resolvedPage,
  showIncident,
  showQuestion,
  type Visitor,
} from './decide-pages.ts';
import { readToken, verifyLink } from './links.ts';
import { type PageResponse, respond } from './page.ts';
import type { Question } from './question-record.ts';
import { incidentOf, readQuestionOf } from './questions.ts';
import { noteUnproven } from './refused-links.ts';
import { showTask, taskPage } from './task-pages.ts';
import { readTask } from './task-store.ts';

/** A request to the decision page, taken out of its HTTP form. */
export type DecisionRequest = { method: string; token: string | undefined; value?: string; reason?: string };

/** HTTP statuses of refused answers: gone when it is too late, a conflict when somebody was faster. */
const statuses: Record<RefusalCode, number> = {
  unknown: 403,
  foreign: 403,
  'own-run': 403,
  invalid: 400,
  late: 410,
  used: 409,
};

/**
 * The page behind a link. GET shows what is to be decided and changes nothing, since mail scanners and previews open
 * links; POST decides. Every refusal is a page that says what to do instead.
 */
export async function decide(runtime: Runtime, request: DecisionRequest): Promise<PageResponse> {
  const method = request.method.toUpperCase();
  if (!['GET', 'HEAD', 'POST'].includes(method)) {
    return plain(runtime, 405, 'This page is only read or sent', 'Open the link again and use its buttons.');
  }
  const visitor = await checkLink(runtime, request.token);
  if ('statusCode' in visitor) return visitor;
  const claims = readToken(visitor.token);
  // What a link is about shows in the first letter of its id.
  if (claims?.question.startsWith('t')) return doTask(runtime, visitor, claims.question, method, request);
  const question = claims && (await readQuestionOf(runtime.store, visitor.incident.id, claims.question));
  if (method !== 'POST') {
    if (question && !question.askedOf.includes(visitor.person)) await noteForeign(runtime, visitor, question);
    return question ? showQuestion(runtime, visitor, question) : showIncident(runtime, visitor);
  }
  return question ? answer(runtime, visitor, question, request) : acknowledge(runtime, visitor);
}

/** The incident and the person that a token stands for, or the page that says why it does not count. */
async function checkLink(runtime: Runtime, token: string | undefined): Promise<Visitor | PageResponse> {
  const claims = token ? readToken(token) : undefined;
  if (!token || !claims) {
    if (token) {
      await noteUnproven(runtime, { why: 'The link is not complete.' });
    }
    return plain(
      runtime,
      403,
      'This link is not complete',
      'Open it again from the message, the whole of it.',
    );
  }
  const [key, { incidentId, incident }] = await Promise.all([
    linkKey(runtime),
    named(runtime, claims.question),
  ]);
  const checked = verifyLink(token, incidentId ?? '', key, runtime.clock.now());
  if (checked.ok && incident) return { incident, person: checked.claims.person, token };
  const { question, person } = claims;
  if (!checked.ok && checked.why === 'expired' && incident) {
    await recordRefusal(runtime, incident.id, question, `The link is expired (${person}).`);
    return plain(
      runtime,
      410,
      'The time to answer is up',
      'Nothing was recorded. See `npx lifeboat status` for what the run does now.',
    );
  }
  const why = incident ? `The link is forged (${person}).` : `The link leads to nothing here (${person}).`;
  await noteUnproven(runtime, { incidentId: incident?.id, question, why });
  return plain(runtime, 403, 'This link is not valid', 'Open it again from the message, the whole of it.');
}

/** What a link names, before anybody knows whether it is worth anything. */
async function named(
  { store }: Runtime,
  question: string,
): Promise<{ incidentId?: string; incident?: Incident }> {
  const incidentId = await incidentOf(store, question);
  if (incidentId === undefined) return {};
  const incident = await readIncident(store, incidentId);
  return { incidentId, ...(incident && { incident }) };
}

async function answer(
  runtime: Runtime,
  visitor: Visitor,
  question: Question,
  request: DecisionRequest,
): Promise<PageResponse> {
  const reply = await answerQuestion(runtime, {
    questionId: question.id,
    person: visitor.person,
    value: request.value ?? '',
    reason: request.reason,
    via: 'link',
  });
  if (reply.status === 'recorded') return respond(200, recordedPage(runtime, visitor, reply));
  if (reply.why === 'invalid') {
    return showQuestion(runtime, visitor, question, `Nothing was recorded. ${reply.message}`);
  }
  return respond(statuses[reply.why], {
    ...head(runtime, visitor.incident),
    title: reply.why === 'used' ? 'This was decided already' : 'Your answer was not taken',
    lead: reply.message,
    sections: [{ heading: 'The question', lines: [question.title] }],
    people: peopleOf(runtime, reply.question ?? question),
  });
}

async function doTask(
  runtime: Runtime,
  visitor: Visitor,
  id: string,
  method: string,
  request: DecisionRequest,
): Promise<PageResponse> {
  const task = await readTask(runtime, id);
  if (!task)
    return plain(runtime, 403, 'This link is not valid', 'Open it again from the message, the whole of it.');
  if (method !== 'POST') return showTask(runtime, visitor, task);
  if (request.value !== 'done') {
    return respond(400, { ...taskPage(runtime, visitor, task), title: 'Nothing was recorded' });
  }
  const reply = await completeTask(runtime, {
    taskId: id,
    person: visitor.person,
    evidence: request.reason,
    via: 'link',
  });
  if (reply.status === 'done')
    return respond(200, { ...taskPage(runtime, visitor, reply.task), title: 'Thank you. It is recorded.' });
  if (reply.why === 'invalid') {
    return showTask(runtime, visitor, task, `Nothing was recorded. ${reply.message}`);
  }
  return respond(statuses[reply.why], {
    ...taskPage(runtime, visitor, reply.task ?? task),
    title: 'This was not taken',
    lead: reply.message,
  });
}

async function acknowledge(runtime: Runtime, visitor: Visitor): Promise<PageResponse> {
  const { store, clock } = runtime;
  if (visitor.incident.status === 'resolved') return resolved(runtime, visitor);
  const { acknowledgedBy, acknowledgedAt } = visitor.incident;
  const before = stands(runtime.plan, acknowledgedAt, clock.now()) ? acknowledgedBy : undefined;
  const incident = await acknowledgeIncident(
    store,
    clock,
    visitor.incident.id,
    visitor.person,
    'link',
    runtime.plan.response.acknowledgementLasts,
  );
  const late = (before ?? incident.acknowledgedBy) !== visitor.person;
  return respond(late ? 409 : 200, acknowledgedPage(runtime, incident));
}

/** A link of an incident that is over acknowledges nothing. */
async function resolved(runtime: Runtime, { incident, person }: Visitor): Promise<PageResponse> {
  await recordRefusal(runtime, incident.id, 'acknowledge', `The incident is resolved (${person}).`);
  return respond(410, resolvedPage(runtime, incident));
}

/** A link that Lifeboat has signed, and not for one of those who were asked: somebody has the key. */
function noteForeign(runtime: Runtime, { incident, person }: Visitor, { id }: Question): Promise<void> {
  return recordRefusal(runtime, incident.id, id, `${person}: This question was not put to this person.`);
}
