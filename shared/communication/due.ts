import { audienceMessages } from './due-audiences.ts';
import { lateMessages } from './due-late.ts';
import { peopleMessages } from './due-people.ts';
import { settledMessages } from './due-settled.ts';
import { taskMessages } from './due-tasks.ts';
import { undeliveredMessages } from './due-undelivered.ts';
import type { PlannedMessage, Recipient } from './planned-message.ts';
import { isOver, type Situation } from './situation.ts';

export type { PlannedMessage, Recipient };

export type Due = {
  /** To be sent now, in order of deadline. */
  due: PlannedMessage[];
  /** When the next message becomes due if nothing else happens; undefined when none will. */
  nextDueAt: string | undefined;
  /** Whether nothing becomes due by the clock of this run any more, so that an empty `due` is the end. */
  over: boolean;
};

/** As the ledger names a recipient: an audience's id, or `person:` and the person's id. */
export function recipientName(to: Recipient): string {
  return 'audience' in to ? to.audience : `person:${to.person}`;
}

/**
 * What is due now and when to look again. Pure: the same situation gives the same answer. A message whose key is in
 * the ledger, sent or failed, is never due again.
 */
export function dueMessages(situation: Situation): Due {
  const handled = new Set(situation.withheld);
  for (const { entry } of situation.ledger) if (entry.type === 'message') handled.add(entry.key);
  const planned = [
    ...audienceMessages(situation),
    ...peopleMessages(situation),
    ...undeliveredMessages(situation),
    ...lateMessages(situation),
    ...settledMessages(situation),
    ...taskMessages(situation),
  ].filter(message => !handled.has(message.key));
  const nowMs = situation.now.getTime();
  const due = planned.filter(message => Date.parse(message.sendAt) <= nowMs);
  const later = planned.filter(message => Date.parse(message.sendAt) > nowMs).map(message => message.sendAt);
  return { due: due.sort(byDeadline), nextDueAt: later.sort()[0], over: isOver(situation) };
}

function byDeadline(a: PlannedMessage, b: PlannedMessage): number {
  if (a.dueAt !== b.dueAt) return a.dueAt < b.dueAt ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}
