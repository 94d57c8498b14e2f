import type { LedgerEntry } from '../incident/entries.ts';
import { entriesOf } from './read-ledger.ts';
import type { FollowUp } from './report.ts';
import { toMs } from './time.ts';

/**
 * What was set to be done around and after the incident, and what has become of it by the newest entry of the ledger:
 * done in time, done late, still open, or overdue.
 */
export function followUpsOf(ledger: readonly LedgerEntry[]): FollowUp[] {
  const done = entriesOf(ledger, 'task-done');
  const overdue = new Set(entriesOf(ledger, 'task-overdue').map(({ entry }) => entry.task));
  return entriesOf(ledger, 'task-set').map(({ entry }) => {
    const { task, title, owners, dueAt, obligation } = entry;
    const found = done.find(each => each.entry.task === task);
    const about = { title, owners, dueAt, obligation: obligation ?? null };
    if (found) {
      const state = toMs(found.at) <= toMs(dueAt) ? ('done' as const) : ('done-late' as const);
      const { by, evidence } = found.entry;
      return { ...about, state, doneAt: found.at, doneBy: by, evidence: evidence || null };
    }
    return {
      ...about,
      state: overdue.has(task) ? ('overdue' as const) : ('open' as const),
      doneAt: null,
      doneBy: null,
      evidence: null,
    };
  });
}
