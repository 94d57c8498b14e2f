import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageInto } from '../../../deploy/package-into.ts';
import { loadPlan } from '../../../shared/plan/load.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { home } from '../servers/process.ts';

export const systems = readdirSync('plans', { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

export const planPath = (system: string) => `plans/${system}/plan.yml`;

export async function readPlan(system: string): Promise<Plan> {
  const { plan, findings } = await loadPlan(planPath(system));
  if (!plan) throw new Error(JSON.stringify(findings));
  return plan;
}

/** What a package is made of, beside the plan. */
const sources = ['deploy', 'handlers', 'shared', 'state-machines', 'serverless.yml', 'package-lock.json'];

const packages = join(home, 'packages');

/**
 * What `serverless package` makes of a plan: the template and the zips. Packaging takes half a minute, so a package is
 * kept for as long as nothing that it is made of changes, and all suites share it.
 */
export async function packageOf(system: string): Promise<string> {
  const content = contentOf([...sources, `plans/${system}`]);
  const folder = join(packages, `${system}-${content}`);
  if (existsSync(folder)) return folder;
  return alone(async () => {
    if (existsSync(folder)) return folder;
    for (const old of readdirSync(packages).filter(name => isOf(system, name)))
      rmSync(join(packages, old), { recursive: true });
    const making = join(packages, `making-${process.pid}`);
    rmSync(making, { recursive: true, force: true });
    const { exitCode, output } = await packageInto(making, planPath(system));
    if (exitCode !== 0) throw new Error(`serverless package failed for ${system}:\n${output}`);
    renameSync(making, folder);
    return folder;
  });
}

const isOf = (system: string, name: string) => new RegExp(`^${system}-[0-9a-f]{16}$`).test(name);

function contentOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    const files = path.includes('.')
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter(entry => entry.isFile())
          .map(entry => join(entry.parentPath, entry.name))
          .sort();
    for (const file of files) hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Serverless works in the folder of the project, so that two of its commands at once would take each other's files. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(packages, { recursive: true });
  const lock = join(packages, 'lock');
  while (!taken(lock)) await new Promise(resolve => setTimeout(resolve, 200));
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!lives(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** Whether the process that wrote the lock still runs; one that was killed leaves it behind. */
function lives(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    // The lock is not there any more, or has just been made and has no number in it yet.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
