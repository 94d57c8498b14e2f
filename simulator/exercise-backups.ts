import { checkBackups } from '../shared/backups/check.ts';
import { createBackup } from '../shared/backups/create.ts';
import type { Verification } from '../shared/backups/verify/record.ts';
import { listVerifications } from '../shared/backups/verify/state.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Exercise } from '../shared/trace/judge.ts';
import { onStage, type Stage } from './backups/stage.ts';

/** What is done with backups, each on a stage of its own: one must not find what another has just made. */
const operations = { check, create, verify } as const;

/**
 * Checks, makes and proves every backup of a plan once, in the simulated world, and says which of them were found in
 * order, made, or proven by restoring. What could not be done at all comes back as an exercise of nothing.
 */
export async function exerciseBackups(plan: Plan, planDirectory: string): Promise<Exercise[]> {
  const ids = Object.keys(plan.backups);
  if (ids.length === 0) return [];
  const exercises: Exercise[] = [];
  for (const [operation, play] of Object.entries(operations)) {
    const name = `backups/${operation}`;
    try {
      const found = await onStage({ plan, planDirectory, seed: 1 }, stage => play(stage, ids));
      exercises.push({ name, ...found });
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      exercises.push({ name, outcome: `not run: ${what}`, elements: [] });
    }
  }
  return exercises;
}

type Found = Pick<Exercise, 'outcome' | 'elements'>;

async function check({ runtime }: Stage, ids: string[]): Promise<Found> {
  const results = await checkBackups(runtime, ids);
  const good = results.filter(({ status }) => status === 'ok').map(({ backup }) => `backups.${backup}`);
  return { outcome: `${good.length} of ${results.length} in order`, elements: good };
}

async function create({ runtime }: Stage, ids: string[]): Promise<Found> {
  const dueAt = runtime.clock.now().toISOString();
  const elements: string[] = [];
  for (const backup of ids) {
    const made = await createBackup(runtime, { backup, dueAt, by: 'rehearsal' });
    if (made.status === 'made') elements.push(`backups.${backup}`);
  }
  return { outcome: `${elements.length} of ${ids.length} made by Lifeboat`, elements };
}

async function verify({ runtime, engine }: Stage, ids: string[]): Promise<Found> {
  const started = engine.startExecution({
    stateMachineArn: runtime.settings.verifyMachineArns?.fleet ?? '',
    name: 'verify-1',
    input: { backups: ids, by: 'rehearsal', point: '', fleet: 'rehearsal-1' },
  });
  await started.result;
  const all = await listVerifications(runtime);
  const proven = all.filter(({ outcome }) => outcome === 'proven');
  return { outcome: `${proven.length} of ${all.length} proven`, elements: proven.flatMap(elementsOf) };
}

/** The backup, its proof, and each query and sum that was answered as expected. */
function elementsOf({ backup, checks }: Verification): string[] {
  const own = `backups.${backup}`;
  const answered = checks
    .filter(({ ok }) => ok)
    .flatMap(({ id }) => [`${own}.verify.queries.${id}`, `${own}.verify.balances.${id}`]);
  return [own, `${own}.verify`, ...answered];
}
