import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rehearsedFile } from '../../shared/plan/rehearsed.ts';
import { measureRehearsals } from '../../simulator/rehearsed-seconds.ts';
import type { Io } from '../io.ts';
import { readOnePlan } from '../one-plan.ts';

/**
 * `lifeboat estimates`: rehearses all scenarios and keeps what their steps took beside the plan, where packaging and
 * later rehearsals find it. Exit 0, or 2 for bad input.
 */
export async function estimates(paths: readonly string[], io: Io): Promise<number> {
  const read = await readOnePlan('estimates', paths, io);
  if (!read) return 2;
  const directory = dirname(read.path);
  const measured = await measureRehearsals(read.plan, directory, name => io.err(`rehearsed ${name}\n`));
  const path = join(directory, rehearsedFile);
  await writeFile(path, `${JSON.stringify(measured, undefined, 2)}\n`);
  io.out(`${path}\n`);
  return 0;
}
