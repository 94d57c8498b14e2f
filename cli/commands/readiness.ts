import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderReadiness } from '../../shared/report/html/readiness.ts';
import { liveFacts } from '../../shared/report/live-facts.ts';
import { matrixMarkdown } from '../../shared/report/matrix.ts';
import { readinessOf } from '../../shared/report/readiness.ts';
import { deployedRuntime } from '../deployed.ts';
import { allExercises } from '../exercises.ts';
import type { Io } from '../io.ts';
import { readOnePlan } from '../one-plan.ts';

export type ReadinessArguments = { plan: string[]; out: string | undefined; live: boolean; json: boolean };

/**
 * `lifeboat readiness`: what is known of a system's readiness as a static page in `out`, and the gaps on the terminal.
 * Exit 0, 1 with a gap that is bad, 2 for bad input.
 */
export async function readiness(given: ReadinessArguments, io: Io): Promise<number> {
  const read = await readOnePlan('readiness', given.plan, io);
  if (!read) return 2;
  const { plan, path } = read;
  const exercises = await allExercises(plan, path, io);
  const found = readinessOf({
    plan,
    now: new Date().toISOString(),
    rehearsed: exercises.flatMap(({ measured }) => measured ?? []),
    live: given.live ? await liveFacts(await deployedRuntime(plan)) : undefined,
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
