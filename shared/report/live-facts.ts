import { listVerifications } from '../backups/verify/state.ts';
import { readTasks } from '../communication/task-record.ts';
import type { Runtime } from '../runtime.ts';
import { pastIncidents } from './past-incidents.ts';
import { pastRuns } from './past-runs.ts';
import type { OpenFollowUp, ReadinessInput } from './readiness.ts';
import type { Restore } from './readiness-history.ts';

type Port = Pick<Runtime, 'store' | 'plan'>;

/**
 * What a deployed system has on record about its readiness: runs, restores, and tasks that nobody has done. `keep`: see
 * `pastRuns`.
 */
export async function liveFacts(
  port: Port,
  options: { keep?: boolean } = {},
): Promise<NonNullable<ReadinessInput['live']>> {
  const incidents = await pastIncidents(port);
  const [runs, restores, openTasks] = await Promise.all([
    pastRuns(port, { ...options, incidents }),
    restoresOf(port),
    openTasksOf(port, incidents),
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

async function openTasksOf({ store, plan }: Port, incidents: readonly string[]): Promise<OpenFollowUp[]> {
  const found: OpenFollowUp[] = [];
  for (const incident of incidents) {
    for (const { title, owners, dueAt, done, tell } of await readTasks(store, incident)) {
      if (done || tell !== undefined) continue;
      const names = owners.map(person => plan.people[person]?.name ?? person);
      found.push({ title, owners: names, dueAt, incident });
    }
  }
  return found;
}
