import { calledAt, toPerson } from './due-people.ts';
import type { PlannedMessage } from './planned-message.ts';
import { allOf, type Situation } from './situation.ts';

/** That an audience was not told in time is told to the first level that can be reached. */
export function lateMessages(situation: Situation): PlannedMessage[] {
  return allOf(situation, 'message-late').flatMap(({ at, entry }) => {
    const levels = situation.plan.escalation.map((_, index) => index + 1);
    const number = levels.find(level => calledAt(situation, level).length > 0) ?? 0;
    return calledAt(situation, number).map(person => ({
      ...toPerson(situation, person, `late/${entry.key}`, 'late', at),
      level: number,
      late: entry.key,
    }));
  });
}

/** Messages to audiences that are due now although their deadline has passed, and that the ledger does not call late. */
export function newlyLate(situation: Situation, due: readonly PlannedMessage[]): PlannedMessage[] {
  const known = new Set(allOf(situation, 'message-late').map(({ entry }) => entry.key));
  return due.filter(
    ({ key, to, dueAt }) =>
      'audience' in to && Date.parse(dueAt) < situation.now.getTime() && !known.has(key),
  );
}
