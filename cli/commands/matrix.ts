import { matrixMarkdown, misses, recoveryMatrix } from '../../shared/report/matrix.ts';
import { pastRuns } from '../../shared/report/past-runs.ts';
import { deployedRuntime } from '../deployed.ts';
import { allExercises } from '../exercises.ts';
import type { Io } from '../io.ts';
import { readOnePlan } from '../one-plan.ts';

export type MatrixArguments = { plan: string[]; json: boolean; live: boolean };

/**
 * `lifeboat matrix`: target, rehearsed and last real recovery time and data loss of each scenario and tier, as Markdown
 * or with `json` as `{system, rows}`. Exit 0, 1 when a rehearsed figure misses its target, 2 for bad input.
 */
export async function matrix({ plan: paths, json, live }: MatrixArguments, io: Io): Promise<number> {
  const read = await readOnePlan('matrix', paths, io);
  if (!read) return 2;
  const { plan, path } = read;
  const exercises = await allExercises(plan, path, io);
  const real = live ? await pastRuns(await deployedRuntime(plan)) : undefined;
  const rows = recoveryMatrix(
    plan,
    exercises.flatMap(({ measured }) => measured ?? []),
    real,
  );
  if (json) io.out(`${JSON.stringify({ system: plan.system.id, rows }, undefined, 2)}\n`);
  else {
    io.out(matrixMarkdown(plan.system.title, rows));
    if (!live) io.err('Real runs were not looked at: --live reads them from the deployed system.\n');
  }
  return rows.some(misses) ? 1 : 0;
}
