import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { measuredSchema } from '../shared/report/matrix.ts';
import type { Exercise } from '../shared/trace/judge.ts';

/** Source folders that decide what a rehearsal does; a change in them makes what was kept worthless. */
const sources = ['handlers', 'shared', 'simulator', 'state-machines'];
const root = new URL('../', import.meta.url);

const keptSchema = z.array(
  z.object({
    name: z.string(),
    outcome: z.string(),
    elements: z.array(z.string()),
    measured: measuredSchema.optional(),
  }),
);

/** Where the exercises of this plan are kept: the name follows from the plan, its data and Lifeboat's own sources. */
export async function exerciseFile(system: string, planTexts: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const text of planTexts) hash.update(text).update('\0');
  for (const folder of sources) await addFolder(hash, folder);
  return join('.lifeboat', 'trace', `${system}-${hash.digest('hex').slice(0, 16)}.json`);
}

/** Names, sizes and times of change: as much as a build tool looks at. */
async function addFolder(hash: ReturnType<typeof createHash>, folder: string): Promise<void> {
  const names = await readdir(new URL(`${folder}/`, root), { recursive: true });
  for (const name of names.sort()) {
    const { size, mtimeMs } = await stat(new URL(`${folder}/${name}`, root));
    hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`);
  }
}

/** What was kept; undefined when there is nothing, or nothing that can be read. */
export async function readExercises(file: string): Promise<Exercise[] | undefined> {
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Keeps them. Written beside and renamed, so that a reader never finds half a file. */
export async function keepExercises(file: string, exercises: readonly Exercise[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(exercises)}\n`);
  await rename(beside, file);
}
