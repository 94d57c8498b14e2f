import { acknowledgement } from './acknowledgement.ts';
import { closingTemplate, isTold } from './due-audiences.ts';
import type { PlannedMessage } from './planned-message.ts';
import type { Question } from './question-record.ts';
import { isRoutineCheck } from './routine-check.ts';
import {
  allOf,
  ending,
  isOver,
  openedAt,
  resolvedByHand,
  type Situation,
  severityOf,
  shift,
} from './situation.ts';

/** A message to a person has to be out this long after it became due. */
const personDeadlineSeconds = 120;

/** People who were woken are told of the end within this time. */
const closingDeadlineSeconds = 900;

/** Shares of a question's time after which it is brought to mind, and to the next level's. */
const reminderShares = [0.5, 0.8] as const;

/** Escalation by elapsed time until acknowledged, reminders of open questions, and the end for all who were woken. */
export function peopleMessages(situation: Situation): PlannedMessage[] {
  return [
    ...escalation(situation),
    ...(isOver(situation) ? [] : asking(situation)),
    ...reminders(situation),
    ...closing(situation),
  ];
}

/**
 * A level is due when so much time has passed since the outage began, and never before the incident is open.
 * An acknowledgement stops all that have not been sent, for as long as the plan lets it stand.
 */
function escalation(situation: Situation): PlannedMessage[] {
  if (isOver(situation) || isRoutineCheck(situation)) return [];
  const known = acknowledgement(situation);
  if (known) return known.until === undefined ? [] : afterLapse(situation, known.until, known.count);
  const opened = openedAt(situation);
  return situation.plan.escalation.flatMap((level, index) => {
    const reached = shift(situation.run.outageStartedAt, level.after);
    const sendAt = Date.parse(reached) > Date.parse(opened) ? reached : opened;
    const number = index + 1;
    return calledAt(situation, number).map(person => ({
      ...toPerson(situation, person, `escalation/level-${number}`, 'escalation', sendAt),
      level: number,
    }));
  });
}

/** Goes on where the escalation had stopped: that level again when the acknowledgement lapses, the others after it. */
function afterLapse(situation: Situation, lapsesAt: string, count: number): PlannedMessage[] {
  const levels = situation.plan.escalation;
  // A task that nobody has done goes up the same levels, and says nothing of how far the incident has gone.
  const called = allOf(situation, 'escalated')
    .filter(({ entry }) => entry.task === undefined)
    .map(({ entry }) => entry.level);
  const first = Math.min(Math.max(1, ...called), levels.length);
  const start = levels[first - 1]?.after ?? 0;
  return levels.slice(first - 1).flatMap((level, index) => {
    const number = first + index;
    const sendAt = shift(lapsesAt, Math.max(0, level.after - start));
    return calledAt(situation, number).map(person => ({
      ...toPerson(situation, person, `escalation/level-${number}/lapse-${count}`, 'escalation', sendAt),
      level: number,
      again: true,
    }));
  });
}

/** The question itself, to each person: the ask function sends it, and what it could not bring out stays due. */
function asking(situation: Situation): PlannedMessage[] {
  return situation.questions
    .filter(question => question.run.id === situation.run.id && isOpen(question, situation.now))
    .flatMap(question =>
      question.askedOf
        .filter(person => !question.answers.some(answer => answer.person === person))
        .map(person => ({
          ...toPerson(situation, person, `ask/${question.id}`, question.kind, question.askedAt),
          question: question.id,
        })),
    );
}

function reminders(situation: Situation): PlannedMessage[] {
  if (isOver(situation)) return [];
  return situation.questions
    .filter(question => isOpen(question, situation.now))
    .flatMap(question => remind(situation, question));
}

function isOpen(question: Question, now: Date): boolean {
  return question.status === 'open' && Date.parse(question.expiresAt) > now.getTime();
}

/** Those who were asked and did not answer get their link again; the next level is told that nobody has answered. */
function remind(situation: Situation, question: Question): PlannedMessage[] {
  const withinSeconds = (Date.parse(question.expiresAt) - Date.parse(question.askedAt)) / 1000;
  const at = reminderShares.map(share => shift(question.askedAt, share * withinSeconds));
  const nowMs = situation.now.getTime();
  // Of reminders that were missed only the newest is sent.
  const passed = at.filter(time => Date.parse(time) <= nowMs).length;
  const waiting = question.askedOf.filter(
    person => !question.answers.some(answer => answer.person === person),
  );
  return reminderShares.flatMap((share, index) => {
    if (index < passed - 1) return [];
    const group = `reminder/${question.id}/${share * 100}`;
    const sendAt = at[index] ?? question.askedAt;
    const number = levelAfter(situation, question.askedOf, index + 1);
    const others = calledAt(situation, number).filter(person => !question.askedOf.includes(person));
    return [
      ...waiting.map(person => ({
        ...toPerson(situation, person, group, 'reminder', sendAt),
        question: question.id,
      })),
      ...others.map(person => ({
        ...toPerson(situation, person, group, 'unanswered', sendAt),
        question: question.id,
        level: number,
      })),
    ];
  });
}

/** Number of the level so many steps above the highest one that was asked; never above the last. */
function levelAfter(situation: Situation, asked: readonly string[], steps: number): number {
  const levels = situation.plan.escalation;
  const highest = levels.findLastIndex(level => level.people.some(person => asked.includes(person)));
  return Math.min(highest + 1 + steps, levels.length);
}

function closing(situation: Situation): PlannedMessage[] {
  const end = ending(situation);
  const hand = resolvedByHand(situation);
  const tell = (template: string, at: string) =>
    peopleInvolved(situation).map(({ person, since }) => {
      // Whoever is first reached after the end, such as the owner of a follow-up, can't have been told of it before.
      const from = since > at ? since : at;
      return {
        ...toPerson(situation, person, template, template, from),
        key: `${template}/person:${person}/${situation.run.id}`,
        dueAt: shift(from, closingDeadlineSeconds),
      };
    });
  return [
    ...(end ? tell(closingTemplate(situation), end.at) : []),
    ...(hand ? tell('resolved', hand.at) : []),
  ];
}

/** Everybody who got a message of their own in this incident, and since when. */
function peopleInvolved(situation: Situation): { person: string; since: string }[] {
  const first = new Map<string, string>();
  for (const { at, entry } of allOf(situation, 'message')) {
    const person = entry.audience.startsWith('person:') ? entry.audience.slice('person:'.length) : undefined;
    if (person !== undefined && entry.status === 'sent' && !first.has(person)) first.set(person, at);
  }
  return [...first]
    .map(([person, since]) => ({ person, since }))
    .sort((a, b) => (a.person < b.person ? -1 : 1));
}

/** Whom this level of the escalation reaches, counted from 1; nobody if it is for incidents of other severities. */
export function calledAt(situation: Situation, level: number): string[] {
  const { people = [], severities } = situation.plan.escalation[level - 1] ?? {};
  if (severities !== undefined && !severities.includes(severityOf(situation))) return [];
  return tellable(situation, people);
}

/** People of the plan who are reached in this mode. */
function tellable(situation: Situation, people: readonly string[]): string[] {
  return people.filter(
    id => situation.plan.people[id] && isTold(situation.plan.people[id], situation.run.mode),
  );
}

/** A message to one person through the channel that the plan gives them. */
export function toPerson(
  situation: Pick<Situation, 'plan'>,
  person: string,
  group: string,
  template: string,
  sendAt: string,
): PlannedMessage {
  const channel = situation.plan.people[person]?.channel;
  return {
    key: `${group}/person:${person}`,
    to: { person },
    channels: channel ? [channel, ...(situation.plan.people[person]?.fallback ?? [])] : [],
    template,
    sendAt,
    dueAt: shift(sendAt, personDeadlineSeconds),
  };
}
