import type { Lock } from '../incident/lock.ts';
import type { QuorumView } from './quorum.ts';

/** How far a scenario's trigger is, in a sentence; undefined when nothing fires. */
export function explain(id: string, view: QuorumView, quorum: number): string | undefined {
  const names = view.observers.map(({ observer }) => observer).join(', ');
  const count = view.observers.length;
  const agree = `${count} ${count === 1 ? 'observer fires' : 'observers agree'}, ${quorum} needed`;
  switch (view.stage) {
    case 'quiet':
      return undefined;
    case 'partial':
      return `${id}: ${count} of ${quorum} observers fire (${names})`;
    case 'pending':
      return `${id}: ${agree}, since ${view.completeAt} (${names}); it counts from ${view.sustainedAt}`;
    case 'sustained':
      return `${id}: ${agree}, since ${view.completeAt} (${names})`;
    case 'handled':
      return `${id}: ${count} observers have agreed since before its last incident ended (${names}); they must clear first`;
  }
}

/** The sentence about a run that holds the system. */
export function occupied(lock: Lock): string {
  return `run ${lock.runId} of ${lock.incidentId} holds the system until ${lock.expiresAt}: stop it with \`lifeboat abort PLAN --by NAME --reason WHY\`, then start by hand`;
}

export function unread(what: string, reading: { unreadable: string }): string {
  return `${what} can't be read: ${reading.unreadable}`;
}
