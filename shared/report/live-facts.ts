import { listVerifications } from '../backups/verify/state.ts';
import { readTasks } from '../communication/task-record.ts';
import { listIncidents } from '../incident/incident.ts';
import type { Runtime } from '../runtime.ts';
import { pastRuns } from './past-runs.ts';
import type { OpenFollowUp, ReadinessInput } from './readiness.ts';
import type { Restore } from './readiness-history.ts';

/** Tasks go on for a year at the most; incidents before these have none that is open. */
const newestIncidents = 50;

type Port = Pick<Runtime, 'store' | 'plan'>;

/**
 * What a deployed system has on record about its readiness: runs, restores, and tasks that nobody has done. `keep`: see
 * `pastRuns`.
 */
export async function liveFacts(
  port: Port,
  options: { keep?: boolean } = {},
): Promise<NonNullable<ReadinessInput['live']>> {
  const [runs, restores, openTasks] = await Promise.all([
    pastRuns(port, options),
    restoresOf(port),
    openTasksOf(port),
  ]);
  return { runs, restores, openTasks };
}

async function restoresOf(port: Port): Promise<Restore[]> {
  const all = await listVerifications(port);
  return all.flatMap(({ backup, endedAt, outcome, rtoSeconds, withinSeconds }) =>
    outcome === 'under-way' || endedAt === undefined
      ? []
      : [{ backup, at: endedAt, proven: outcome === 'proven', seconds: rtoSeconds, withinSeconds }],
  );
}

async function openTasksOf({ store, plan }: Port): Promise<OpenFollowUp[]> {
  const found: OpenFollowUp[] = [];
  for (const { id } of await listIncidents(store, plan.system.id, newestIncidents)) {
    for (const { title, owners, dueAt, done, tell } of await readTasks(store, id)) {
      if (done || tell !== undefined) continue;
      found.push({
        title,
        owners: owners.map(person => plan.people[person]?.name ?? person),
        dueAt,
        incident: id,
      });
    }
  }
  return found;
}
