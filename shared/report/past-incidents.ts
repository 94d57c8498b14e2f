import { listIncidents } from '../incident/incident.ts';
import type { Plan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';

/**
 * How many incidents are looked through: more than two years of monthly drills beside what really happened. Tasks go on
 * for a year at the most, so that an older incident has none that is open.
 */
const newestIncidents = 50;

/** Ids of a system's incidents that pages are made of, newest first. */
export async function pastIncidents({
  store,
  plan,
}: Pick<Runtime, 'store'> & { plan: Plan }): Promise<string[]> {
  return (await listIncidents(store, plan.system.id, newestIncidents)).map(({ id }) => id);
}
