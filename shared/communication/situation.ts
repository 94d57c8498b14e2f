import type { Entry, EntryOf, LedgerEntry } from '../incident/entries.ts';
import type { Plan } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import type { Question } from './question-record.ts';

/** Everything that decides who is told what, and when. All of it is data; nothing here is read from anywhere. */
export type Situation = {
  plan: Plan;
  run: Run;
  ledger: readonly LedgerEntry[];
  /** All questions of the incident, open or not. */
  questions: readonly Question[];
  /** Keys of messages that need no sending any more although the ledger does not list them (a dry run's). */
  withheld?: ReadonlySet<string>;
  now: Date;
};

/** The newest entry of a type, of this run where the type belongs to runs. */
export function lastOf<T extends Entry['type']>(
  situation: Pick<Situation, 'ledger' | 'run'>,
  type: T,
): { at: string; entry: EntryOf<T> } | undefined {
  return allOf(situation, type).at(-1);
}

/** All entries of a type in order, of this run where the type belongs to runs. */
export function allOf<T extends Entry['type']>(
  situation: Pick<Situation, 'ledger' | 'run'>,
  type: T,
): { at: string; entry: EntryOf<T> }[] {
  const found: { at: string; entry: EntryOf<T> }[] = [];
  for (const { at, entry } of situation.ledger) {
    if (entry.type !== type) continue;
    if ('run' in entry && entry.run !== situation.run.id) continue;
    found.push({ at, entry: entry as EntryOf<T> });
  }
  return found;
}

/** When the incident was opened; the run's start for a ledger that does not say. */
export function openedAt(situation: Situation): string {
  return lastOf(situation, 'incident-opened')?.at ?? situation.run.startedAt;
}

/** Severity id: the incident's, or the one that the plan gives the scenario. */
export function severityOf(situation: Situation): string {
  const opened = lastOf(situation, 'incident-opened')?.entry.severity;
  return opened ?? situation.plan.scenarios[situation.run.scenario]?.severity ?? 'unknown';
}

/** How this run ended, or undefined while it goes on. */
export function ending(situation: Situation): { at: string; entry: EntryOf<'run-ended'> } | undefined {
  return lastOf(situation, 'run-ended');
}

/** Whether nothing more can become due on its own: the run has ended or the incident was resolved. */
export function isOver(situation: Situation): boolean {
  return ending(situation) !== undefined || lastOf(situation, 'incident-resolved') !== undefined;
}

/** `iso` shifted by seconds, as ISO-8601 UTC. */
export function shift(iso: string, seconds: number): string {
  return new Date(Date.parse(iso) + seconds * 1000).toISOString();
}
