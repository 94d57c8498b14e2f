import type { Incident } from '../incident/incident.ts';
import { acknowledgeIncident, readIncident } from '../incident/incident.ts';
import { formatDuration } from '../plan/duration.ts';
import type { Runtime } from '../runtime.ts';
import { type AnswerReply, answerQuestion, type RefusalCode, recordRefusal } from './answers.ts';
import { linkKey } from './compose.ts';
import { formatTime, nameOf } from './fields.ts';
import { readToken, verifyLink } from './links.ts';
import { type PageChoice, type PageContent, type PageResponse, respond } from './page.ts';
import { choices, type Question } from './question-record.ts';
import { incidentOf, readQuestion } from './questions.ts';

/** A request to the decision page, taken out of its HTTP form. */
export type DecisionRequest = { method: string; token: string | undefined; value?: string; reason?: string };

type Visitor = { incident: Incident; person: string; token: string };

const tones: Record<string, PageChoice['tone']> = {
  approve: 'yes',
  done: 'yes',
  deny: 'no',
  abort: 'no',
};

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
  const question = claims && (await readQuestion(runtime.store, claims.question));
  if (method !== 'POST') {
    return question ? showQuestion(runtime, visitor, question) : showIncident(runtime, visitor);
  }
  return question ? answer(runtime, visitor, question, request) : acknowledge(runtime, visitor);
}

/** The incident and the person that a token stands for, or the page that says why it does not count. */
async function checkLink(runtime: Runtime, token: string | undefined): Promise<Visitor | PageResponse> {
  const claims = token ? readToken(token) : undefined;
  if (!token || !claims) {
    return plain(
      runtime,
      403,
      'This link is not complete',
      'Open it again from the message, the whole of it.',
    );
  }
  const incidentId = await incidentOf(runtime.store, claims.question);
  const incident = incidentId && (await readIncident(runtime.store, incidentId));
  const checked = verifyLink(token, incidentId ?? '', await linkKey(runtime), runtime.clock.now());
  if (checked.ok && incident) return { incident, person: checked.claims.person, token };
  const why = checked.ok ? 'malformed' : checked.why;
  if (incident)
    await recordRefusal(runtime, incident.id, claims.question, `The link is ${why} (${claims.person}).`);
  if (why === 'expired') {
    return plain(
      runtime,
      410,
      'The time to answer is up',
      'Nothing was recorded. See `npx lifeboat status` for what the run does now.',
    );
  }
  return plain(runtime, 403, 'This link is not valid', 'Open it again from the message, the whole of it.');
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
  return respond(statuses[reply.why], {
    ...head(runtime, visitor.incident),
    title: reply.why === 'used' ? 'This was decided already' : 'Your answer was not taken',
    lead: reply.message,
    sections: [{ heading: 'The question', lines: [question.title] }],
    people: peopleOf(runtime, reply.question ?? question),
  });
}

function recordedPage(
  runtime: Runtime,
  visitor: Visitor,
  { question, complete }: Extract<AnswerReply, { status: 'recorded' }>,
): PageContent {
  const mine = question.answers.find(({ person }) => person === visitor.person);
  const means = choices[question.kind].find(({ value }) => value === mine?.value)?.means ?? '';
  const missing = question.quorum - question.answers.filter(({ value }) => value === 'approve').length;
  return {
    ...head(runtime, visitor.incident),
    title: complete ? 'Thank you. It is decided.' : 'Thank you. Your answer is recorded.',
    lead: complete ? means : `${missing} more ${missing === 1 ? 'person has' : 'people have'} to agree.`,
    sections: [{ heading: 'The question', lines: [question.title] }],
    people: peopleOf(runtime, question),
  };
}

function showQuestion(runtime: Runtime, visitor: Visitor, question: Question): PageResponse {
  const now = runtime.clock.now().getTime();
  const leftSeconds = Math.floor((Date.parse(question.expiresAt) - now) / 1000);
  const asked = question.askedOf.includes(visitor.person);
  const answered = question.answers.some(({ person }) => person === visitor.person);
  const open = question.status === 'open' && leftSeconds > 0 && asked && !answered;
  const page: PageContent = {
    ...head(runtime, visitor.incident),
    title: question.title,
    lead: open
      ? `${formatDuration(leftSeconds)} left, until ${formatTime(question.expiresAt)}. Without an answer the run ends.`
      : closedLead(question, asked, answered),
    sections: [{ heading: headings[question.kind], lines: question.shows }],
    people: peopleOf(runtime, question),
    ...(open && { form: { token: visitor.token, choices: choicesOf(question), reason: true } }),
  };
  if (open) return respond(200, page);
  if (!asked) return respond(403, page);
  return respond(question.status === 'answered' || answered ? 409 : 410, page);
}

const headings: Record<Question['kind'], string> = {
  approval: 'What will happen',
  'failed-step': 'What went wrong',
  task: 'What to do',
};

function closedLead(question: Question, asked: boolean, answered: boolean): string {
  if (!asked) return 'This question was not put to you.';
  if (question.status === 'answered') return `Decided: ${question.result?.value} by ${question.result?.by}.`;
  return answered ? 'Your answer is recorded; others still have to agree.' : 'The time to answer is up.';
}

function choicesOf(question: Question): PageChoice[] {
  return choices[question.kind].map(choice => ({ ...choice, tone: tones[choice.value] ?? 'calm' }));
}

function peopleOf(runtime: Runtime, question: Question): { name: string; state: string }[] {
  const people = question.askedOf.map(person => {
    const given = question.answers.find(candidate => candidate.person === person);
    const state = given ? `${given.value}, ${formatTime(given.at)}` : 'no answer yet';
    return { name: nameOf(runtime.plan, person), state };
  });
  if (question.kind !== 'approval' || question.quorum === 1) return people;
  return [...people, { name: 'Needed', state: `${question.quorum} must approve` }];
}

function showIncident(runtime: Runtime, visitor: Visitor): PageResponse {
  const { incident } = visitor;
  if (incident.acknowledgedBy) return respond(409, acknowledgedPage(runtime, incident));
  return respond(200, {
    ...head(runtime, incident),
    title: runtime.plan.scenarios[incident.scenario]?.title ?? incident.scenario,
    lead: 'Nobody has acknowledged this incident yet.',
    sections: [
      {
        heading: 'What is known',
        lines: [
          `The outage began at ${formatTime(incident.outageStartedAt)}.`,
          `The incident was opened at ${formatTime(incident.openedAt)}, severity ${incident.severity}.`,
        ],
      },
    ],
    form: {
      token: visitor.token,
      reason: false,
      choices: [
        {
          value: 'acknowledge',
          label: 'I am on it',
          means: `Stops the escalation. ${nameOf(runtime.plan, visitor.person)} is named in the report.`,
          tone: 'yes',
        },
      ],
    },
  });
}

async function acknowledge(runtime: Runtime, visitor: Visitor): Promise<PageResponse> {
  const { store, clock } = runtime;
  const before = visitor.incident.acknowledgedBy;
  const incident = await acknowledgeIncident(store, clock, visitor.incident.id, visitor.person, 'link');
  const late = (before ?? incident.acknowledgedBy) !== visitor.person;
  return respond(late ? 409 : 200, acknowledgedPage(runtime, incident));
}

function acknowledgedPage(runtime: Runtime, incident: Incident): PageContent {
  const by = nameOf(runtime.plan, incident.acknowledgedBy ?? '');
  return {
    ...head(runtime, incident),
    title: `${by} is on it`,
    lead: incident.acknowledgedAt ? `Acknowledged at ${formatTime(incident.acknowledgedAt)}.` : undefined,
    sections: [
      {
        heading: 'What follows',
        lines: ['The escalation has stopped. Decisions still come by messages of their own.'],
      },
    ],
  };
}

function head(runtime: Runtime, incident: Incident): Pick<PageContent, 'system' | 'mode' | 'footer'> {
  return { system: runtime.plan.system.title, mode: incident.mode, footer: `Incident ${incident.id}` };
}

/** A page about a link that leads nowhere, which must not say anything about what exists. */
function plain(runtime: Runtime, statusCode: number, title: string, lead: string): PageResponse {
  return respond(statusCode, {
    system: runtime.plan.system.title,
    mode: undefined,
    title,
    lead,
    sections: [],
  });
}
