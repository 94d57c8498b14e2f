import { calledAt, toPerson } from './due-people.ts';
import type { PlannedMessage } from './planned-message.ts';
import type { Situation } from './situation.ts';

/**
 * A message that no channel took is told to the next escalation level, so that a person can pass it on by hand:
 * level 1 for an audience's message, the level above for a person's. It goes on upwards while nobody of a level can
 * be reached, and ends after the last one.
 */
export function undeliveredMessages(situation: Situation): PlannedMessage[] {
  const planned: PlannedMessage[] = [];
  for (const [root, deliveries] of undelivered(situation)) {
    const level = nextLevel(situation, deliveries);
    if (!level) continue;
    const failedAt = deliveries.at(-1)?.at ?? situation.run.startedAt;
    for (const person of level.people) {
      planned.push({
        ...toPerson(situation, person, `undelivered/level-${level.number}/${root}`, 'undelivered', failedAt),
        level: level.number,
        undelivered: root,
      });
    }
  }
  return planned;
}

type Delivery = { at: string; key: string; sent: boolean; level: number };

/** Failed messages by the key of the first message, with every attempt to tell somebody about each. */
function undelivered(situation: Situation): Map<string, Delivery[]> {
  const byRoot = new Map<string, Delivery[]>();
  for (const { at, entry } of situation.ledger) {
    if (entry.type !== 'message') continue;
    const { root, level } = parseKey(situation, entry.key);
    const deliveries = byRoot.get(root) ?? [];
    deliveries.push({ at, key: entry.key, sent: entry.status === 'sent', level });
    byRoot.set(root, deliveries);
  }
  for (const [root, deliveries] of byRoot) {
    if (deliveries.some(delivery => delivery.sent) || deliveries.length === 0) byRoot.delete(root);
  }
  return byRoot;
}

/** The lowest level above those that were tried in vain that has anybody in it. */
function nextLevel(
  situation: Situation,
  deliveries: readonly Delivery[],
): { number: number; people: string[] } | undefined {
  const tried = Math.max(...deliveries.map(delivery => delivery.level));
  const attempted = deliveries.filter(delivery => delivery.level === tried).length;
  const there = calledAt(situation, tried);
  const isNotice = deliveries.some(
    delivery => delivery.level === tried && delivery.key.startsWith('undelivered/'),
  );
  // Not all of a level have been tried yet: they are still due, under the same keys.
  if (isNotice && attempted < there.length) return { number: tried, people: there };
  for (let number = tried + 1; number <= situation.plan.escalation.length; number++) {
    const people = calledAt(situation, number);
    if (people.length > 0) return { number, people };
  }
  return undefined;
}

/** The message that it all began with, and the level that this one went to (0 for an audience). */
function parseKey(situation: Situation, key: string): { root: string; level: number } {
  const notice = /^undelivered\/level-(\d+)\/(.*)\/person:[^/]+$/.exec(key);
  if (notice) return { root: notice[2] ?? key, level: Number(notice[1]) };
  const person = /person:([^/]+)/.exec(key)?.[1];
  if (!person) return { root: key, level: 0 };
  const level = situation.plan.escalation.findLastIndex(({ people }) => people.includes(person)) + 1;
  return { root: key, level };
}
