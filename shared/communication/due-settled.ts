import { acknowledgement } from './acknowledgement.ts';
import type { PlannedMessage, Recipient } from './planned-message.ts';
import { ending, type Situation, shift } from './situation.ts';

/** What is settled is taken off a pager within this time. */
const deadlineSeconds = 300;

/**
 * Channels that hold an alert open are told when it is acknowledged, or when its question is settled; the all-clear
 * resolves it. Nobody is told anything new by that, so only they get it.
 */
export function settledMessages(situation: Situation): PlannedMessage[] {
  const alerts = alertsOf(situation);
  const known = acknowledgement(situation);
  const planned = new Map<string, PlannedMessage>();
  for (const { at, channel, to, question } of alerts) {
    const asked = question && situation.questions.find(({ id }) => id === question);
    if (asked && asked.status !== 'open') {
      const settledAt = asked.answers.at(-1)?.at ?? asked.expiresAt;
      const key = `answered/${question}/${channel}`;
      planned.set(key, { ...message(key, channel, to, 'answered', settledAt), question });
    }
    // Who is paged after an acknowledgement has lapsed is paged because of that: it silences no such page.
    const silenced = known && (known.until === undefined || at < known.until);
    if (!question && silenced && !ending(situation)) {
      const key = `acknowledged/${known.count}/${channel}`;
      const since = at > known.at ? at : known.at;
      if (!planned.has(key)) planned.set(key, message(key, channel, to, 'acknowledged', since));
    }
  }
  return [...planned.values()];
}

type Alert = { at: string; channel: string; to: Recipient; question: string | undefined };

function alertsOf(situation: Situation): Alert[] {
  return situation.ledger.flatMap(({ at, entry }): Alert[] => {
    if (entry.type !== 'message' || entry.status !== 'sent') return [];
    if (situation.plan.channels[entry.channel]?.type !== 'pagerduty') return [];
    if (['acknowledged', 'answered', 'all-clear', 'drill-result', 'resolved'].includes(entry.template))
      return [];
    const person = /^person:(.+)$/.exec(entry.audience)?.[1];
    const question = /^(?:ask|reminder)\/(q[0-9a-f]+)/.exec(entry.key)?.[1];
    return [{ at, channel: entry.channel, to: person ? { person } : { audience: entry.audience }, question }];
  });
}

function message(key: string, channel: string, to: Recipient, template: string, at: string): PlannedMessage {
  return { key, to, channels: [channel], template, sendAt: at, dueAt: shift(at, deadlineSeconds) };
}
