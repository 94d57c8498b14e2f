import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTasks } from '../../shared/communication/task-record.ts';
import { listIncidents } from '../../shared/incident/incident.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import { renderReadiness } from '../../shared/report/html/readiness.ts';
import { matrixMarkdown } from '../../shared/report/matrix.ts';
import { type OpenFollowUp, type ReadinessInput, readinessOf } from '../../shared/report/readiness.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { deployedRuntime } from '../deployed.ts';
import { allExercises } from '../exercises.ts';
import type { Io } from '../io.ts';
import { pastRuns } from '../past-runs.ts';
import { printFindings } from './validate.ts';

export type ReadinessArguments = { plan: string[]; out: string | undefined; live: boolean; json: boolean };

/** Tasks go on for a month; incidents before these have none that is open. */
const newestIncidents = 50;

/**
 * `lifeboat readiness`: what is known of a system's readiness as a static page in `out`, and the gaps on the terminal.
 * Exit 0, 1 with a gap that is bad, 2 for bad input.
 */
export async function readiness(given: ReadinessArguments, io: Io): Promise<number> {
  const [path, ...others] = given.plan;
  if (path === undefined || others.length > 0) {
    io.err('readiness takes one plan: lifeboat readiness plans/liquid-abt/plan.yml\n');
    return 2;
  }
  const { plan, findings } = await checkPlan(path);
  if (!plan) {
    printFindings(
      findings.filter(({ severity }) => severity === 'error'),
      io,
    );
    return 2;
  }
  const exercises = await allExercises(plan, path, io);
  const found = readinessOf({
    plan,
    now: new Date().toISOString(),
    rehearsed: exercises.flatMap(({ measured }) => measured ?? []),
    live: given.live ? await readLive(await deployedRuntime(plan)) : undefined,
  });
  const folder = given.out ?? join('reports', `${plan.system.id}-readiness`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.html'), renderReadiness(found));
  if (given.json) io.out(`${JSON.stringify({ ...found, page: join(folder, 'index.html') }, undefined, 2)}\n`);
  else {
    io.out(matrixMarkdown(plan.system.title, found.rows));
    for (const { severity, what, mend } of found.gaps) {
      io.out(`${severity === 'bad' ? 'GAP     ' : 'to watch'}  ${what}\n          ${mend}\n`);
    }
    io.out(`page      ${join(folder, 'index.html')}\n`);
  }
  return found.gaps.some(({ severity }) => severity === 'bad') ? 1 : 0;
}

async function readLive(runtime: Runtime): Promise<NonNullable<ReadinessInput['live']>> {
  return { runs: await pastRuns(runtime), restores: [], openTasks: await openTasksOf(runtime) };
}

/** Follow-ups of the newest incidents that nobody has done. */
async function openTasksOf({ store, plan }: Runtime): Promise<OpenFollowUp[]> {
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
