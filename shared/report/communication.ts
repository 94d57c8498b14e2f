import type { LedgerEntry } from '../incident/entries.ts';
import type { Plan } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import { entriesOf } from './read-ledger.ts';
import type { Decision, Detail, Notification } from './report.ts';
import { secondsBetween, toMs } from './time.ts';

/**
 * One row for each message that went out, and one for each that no channel took. A failed try that another channel
 * made good is no row of its own: it stands in `failedMessages`.
 */
export function notificationsOf(ledger: readonly LedgerEntry[], openedAt: string): Notification[] {
  const messages = entriesOf(ledger, 'message');
  const sentKeys = new Set(
    messages.filter(({ entry }) => entry.status === 'sent').map(({ entry }) => entry.key),
  );
  const lostKeys = new Set<string>();
  return messages.flatMap(({ at, entry }): Notification[] => {
    const { audience, channel, template, dueAt, key } = entry;
    const row = { audience, channel, template };
    const dueSeconds = secondsBetween(openedAt, dueAt);
    if (entry.status === 'sent') {
      const onTime = toMs(at) <= toMs(dueAt);
      return [{ ...row, sentAt: at, afterSeconds: secondsBetween(openedAt, at), dueSeconds, onTime }];
    }
    if (sentKeys.has(key) || lostKeys.has(key)) return [];
    lostKeys.add(key);
    return [{ ...row, sentAt: null, afterSeconds: null, dueSeconds, onTime: false }];
  });
}

/** Every try that a channel refused. */
export function failedMessagesOf(ledger: readonly LedgerEntry[]): Detail['failedMessages'] {
  return entriesOf(ledger, 'message')
    .filter(({ entry }) => entry.status === 'failed')
    .map(({ at, entry }) => ({
      at,
      audience: entry.audience,
      channel: entry.channel,
      template: entry.template,
      error: entry.error ?? 'The channel gave no reason.',
    }));
}

/** Audiences of the scenario whose time was up before the run ended, and that got no message at all. */
export function untoldAudiences(
  plan: Plan,
  run: Run,
  notifications: readonly Notification[],
  openSeconds: number,
): Detail['untold'] {
  if (run.mode === 'dry-run') return [];
  const told = new Set(notifications.map(({ audience }) => audience));
  return (plan.scenarios[run.scenario]?.audiences ?? []).flatMap(id => {
    const audience = plan.audiences[id];
    if (!audience || told.has(id) || audience.within > openSeconds) return [];
    if (run.mode === 'drill' && !audience.drill) return [];
    return [{ audience: id, dueSeconds: audience.within }];
  });
}

/** Every question that was put to people, with the answers that came. */
export function decisionsOf(ledger: readonly LedgerEntry[]): Decision[] {
  const answers = entriesOf(ledger, 'answer');
  return entriesOf(ledger, 'question').map(({ at, entry }) => ({
    step: entry.step,
    kind: entry.kind,
    title: entry.title,
    askedOf: entry.askedOf,
    askedAt: at,
    answerWithinSeconds: entry.answerWithinSeconds,
    answers: answers
      .filter(answer => answer.entry.question === entry.question)
      .map(({ entry: { answer, via } }) => ({
        value: answer.value,
        by: answer.by,
        at: answer.at,
        reason: answer.reason ?? null,
        via,
        afterSeconds: secondsBetween(at, answer.at),
      })),
  }));
}
