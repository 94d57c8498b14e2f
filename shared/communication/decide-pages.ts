import type { Incident } from '../incident/incident.ts';
import { formatDuration } from '../plan/duration.ts';
import type { Runtime } from '../runtime.ts';
import { stands } from './acknowledgement.ts';
import type { AnswerReply } from './answers.ts';
import { loadSituation } from './compose.ts';
import { type PageChoice, type PageContent, type PageReason, type PageResponse, respond } from './page.ts';
import { questionFacts } from './question-facts.ts';
import { choices, type Question } from './question-record.ts';
import { formatTime, nameOf } from './wording.ts';

/** Somebody whose link was found good. */
export type Visitor = { incident: Incident; person: string; token: string };

const tones: Record<string, PageChoice['tone']> = {
  approve: 'yes',
  done: 'yes',
  deny: 'no',
  abort: 'no',
};

/**
 * The question with its buttons, or without them when this person can't decide it any more. `notice`: what was missing
 * from the answer that was just sent.
 */
export async function showQuestion(
  runtime: Runtime,
  visitor: Visitor,
  question: Question,
  notice?: string,
): Promise<PageResponse> {
  const now = runtime.clock.now().getTime();
  const leftSeconds = Math.floor((Date.parse(question.expiresAt) - now) / 1000);
  const asked = question.askedOf.includes(visitor.person);
  const answered = question.answers.some(({ person }) => person === visitor.person);
  const open = question.status === 'open' && leftSeconds > 0 && asked && !answered;
  const page: PageContent = {
    ...head(runtime, visitor.incident),
    title: question.title,
    ...(open && notice && { notice }),
    lead: open
      ? `${formatDuration(leftSeconds)} left, until ${formatTime(question.expiresAt)}. ${withoutAnswer[question.kind]}`
      : closedLead(question, asked, answered),
    sections: [
      { heading: headings[question.kind], lines: question.shows },
      ...questionFacts(await loadSituation(runtime, question.run), question),
    ],
    people: peopleOf(runtime, question),
    ...(open && {
      form: { token: visitor.token, choices: choicesOf(question), reason: reasonFor[question.kind] },
    }),
  };
  if (open) return respond(notice ? 400 : 200, page);
  if (!asked) return respond(403, page);
  return respond(question.status === 'answered' || answered ? 409 : 410, page);
}

/** A task may stand in a step that the run goes on without. */
const withoutAnswer: Record<Question['kind'], string> = {
  approval: 'Without an answer the run ends.',
  'failed-step': 'Without an answer the run ends.',
  task: 'Without an answer it counts as not done.',
};

const reasonFor: Record<Question['kind'], PageReason> = {
  approval: { label: 'Why', hint: 'needed, one sentence; it goes into the report', required: true },
  'failed-step': {
    label: 'Why',
    hint: 'needed for Skip and Abort, one sentence; it goes into the report',
    required: true,
  },
  task: {
    label: 'What was done, or why it can’t be',
    hint: 'and what shows it: a link, a ticket; needed for Abort; it goes into the report',
    required: true,
  },
};

const headings: Record<Question['kind'], string> = {
  approval: 'What is decided',
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

/** Who was asked, and what each has said. */
export function peopleOf(runtime: Runtime, question: Question): { name: string; state: string }[] {
  const people = question.askedOf.map(person => {
    const given = question.answers.find(candidate => candidate.person === person);
    const state = given ? `${given.value}, ${formatTime(given.at)}` : 'no answer yet';
    return { name: nameOf(runtime.plan, person), state };
  });
  if (question.kind !== 'approval' || question.quorum === 1) return people;
  return [...people, { name: 'Needed', state: `${question.quorum} must approve` }];
}

/** What came of an answer that was taken. */
export function recordedPage(
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

/** The incident with the button to acknowledge it. */
export function showIncident(runtime: Runtime, visitor: Visitor): PageResponse {
  const { incident } = visitor;
  if (incident.status === 'resolved') return respond(410, resolvedPage(runtime, incident));
  if (stands(runtime.plan, incident.acknowledgedAt, runtime.clock.now())) {
    return respond(409, acknowledgedPage(runtime, incident));
  }
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

/** Who has acknowledged the incident. */
export function acknowledgedPage(runtime: Runtime, incident: Incident): PageContent {
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

/** That there is nothing to acknowledge any more. */
export function resolvedPage(runtime: Runtime, incident: Incident): PageContent {
  const by = nameOf(runtime.plan, incident.resolvedBy ?? '');
  return {
    ...head(runtime, incident),
    title: 'This incident is over',
    lead: incident.resolvedAt ? `Resolved by ${by} at ${formatTime(incident.resolvedAt)}.` : undefined,
    sections: [],
  };
}

/** What all pages of an incident have in common. */
export function head(runtime: Runtime, incident: Incident): Pick<PageContent, 'system' | 'mode' | 'footer'> {
  return { system: runtime.plan.system.title, mode: incident.mode, footer: `Incident ${incident.id}` };
}

/** A page about a link that leads nowhere, which must not say anything about what exists. */
export function plain(runtime: Runtime, statusCode: number, title: string, lead: string): PageResponse {
  return respond(statusCode, {
    system: runtime.plan.system.title,
    mode: undefined,
    title,
    lead,
    sections: [],
  });
}
