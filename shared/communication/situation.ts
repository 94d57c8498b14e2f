import type { Entry, EntryOf, LedgerEntry } from '../incident/entries.ts';
import type { Plan } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import type { Question } from './question-record.ts';
import type { Task } from './task-record.ts';

/** Everything that decides who is told what, and when. All of it is data; nothing here is read from anywhere. */
export type Situation = {
  plan: Plan;
  run: Run;
  ledger: readonly LedgerEntry[];
  /** All questions of the incident, open or not. */
  questions: readonly Question[];
  /** Keys of messages that need no sending any more although the ledger does not list them (a dry run's). */
  withheld?: ReadonlySet<string>;
  /** What people have to do, or audiences have to be told, around or after the incident. */
  tasks?: readonly Task[];
  now: Date;
};

/** The newest entry of a type, of this run where the type belongs to runs. */
export function lastOf<T extends Entry['type']>(
  situation: Pick<Situation, 'ledger' | 'run'>,
  type: T,
): { at: string; entry: EntryOf<T> } | undefined {
  const last = situation.ledger.findLast(({ entry }) => isOf(entry, type, situation.run));
  return last && { at: last.at, entry: last.entry as EntryOf<T> };
}

/** All entries of a type in order, of this run where the type belongs to runs. */
export function allOf<T extends Entry['type']>(
  situation: Pick<Situation, 'ledger' | 'run'>,
  type: T,
): { at: string; entry: EntryOf<T> }[] {
  const found: { at: string; entry: EntryOf<T> }[] = [];
  for (const { at, entry } of situation.ledger)
    if (isOf(entry, type, situation.run)) found.push({ at, entry: entry as EntryOf<T> });
  return found;
}

function isOf(entry: Entry, type: Entry['type'], run: Run): boolean {
  return entry.type === type && !('run' in entry && entry.run !== run.id);
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

/**
 * Whether nothing more becomes due by the clock of this run: the incident was resolved, the run has recovered, an
 * exercise has ended, or a newer run of the incident has taken over. An incident whose run failed goes on: somebody has
 * to take it, and the audiences still wait.
 */
export function isOver(situation: Situation): boolean {
  if (lastOf(situation, 'incident-resolved') !== undefined || isSuperseded(situation)) return true;
  const end = ending(situation);
  if (!end) return false;
  return end.entry.outcome === 'recovered' || ['drill', 'dry-run'].includes(situation.run.mode);
}

/** When a person resolved an incident whose run had not recovered; undefined for every other end. */
export function resolvedByHand(situation: Situation): { at: string; by: string } | undefined {
  const resolved = lastOf(situation, 'incident-resolved');
  if (!resolved || ['drill', 'dry-run'].includes(situation.run.mode) || isSuperseded(situation))
    return undefined;
  if (ending(situation)?.entry.outcome === 'recovered') return undefined;
  return { at: resolved.at, by: resolved.entry.by };
}

/** When what began has ended: the run has recovered or was an exercise, or a person has said so; undefined before. */
export function endedAt(situation: Situation): string | undefined {
  return resolvedByHand(situation)?.at ?? (isOver(situation) ? ending(situation)?.at : undefined);
}

/** Whether a newer run of the same incident speaks for it now. */
function isSuperseded({ ledger, run }: Pick<Situation, 'ledger' | 'run'>): boolean {
  const last = ledger.findLast(({ entry }) => entry.type === 'run-started')?.entry;
  const known = ledger.some(({ entry }) => entry.type === 'run-started' && entry.run === run.id);
  return known && last?.type === 'run-started' && last.run !== run.id;
}

/** `iso` shifted by seconds, as ISO-8601 UTC. */
export function shift(iso: string, seconds: number): string {
  return new Date(Date.parse(iso) + seconds * 1000).toISOString();
}
