import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plan } from '../shared/plan/schema.ts';
import type { Exercise } from '../shared/trace/judge.ts';
import { daysUntilAllDue, rehearseCalendar } from '../simulator/backups/calendar.ts';
import { exerciseBackups } from '../simulator/exercise-backups.ts';
import { exercise, plannedExercises } from '../simulator/exercise-plan.ts';
import { bucketFilesOf } from '../simulator/world/bucket-files.ts';
import { dataFilesOf } from '../simulator/world/databases.ts';
import { exerciseFile, keepExercises, readExercises } from './exercise-cache.ts';
import type { Io } from './io.ts';

/** Rehearses a plan in all its scenarios and modes, or takes what was kept of the same plan and the same Lifeboat. */
export async function allExercises(plan: Plan, path: string, io: Pick<Io, 'err'>): Promise<Exercise[]> {
  const planDirectory = dirname(path);
  const texts = [
    path,
    ...[...dataFilesOf(plan), ...bucketFilesOf(plan)].map(file => join(planDirectory, file)),
  ];
  const file = await exerciseFile(
    plan.system.id,
    await Promise.all(texts.map(text => readFile(text, 'utf8').catch(() => ''))),
  );
  const kept = await readExercises(file);
  if (kept) return kept;
  const exercises: Exercise[] = [];
  for (const planned of plannedExercises(plan)) {
    const done = await exercise(plan, planned, { planDirectory, planPath: path });
    io.err(`rehearsed ${done.name}: ${done.outcome}\n`);
    exercises.push(done);
  }
  for (const done of await exerciseBackups(plan, planDirectory)) {
    io.err(`rehearsed ${done.name}: ${done.outcome}\n`);
    exercises.push(done);
  }
  if (Object.keys(plan.calendar).length > 0) {
    const { ok, exercised, elements } = await rehearseCalendar({
      plan,
      planDirectory,
      seed: 1,
      days: daysUntilAllDue(plan),
      sampled: true,
    });
    const outcome = ok ? 'done' : 'failed';
    const [played, due] = [sum(elements.map(one => one.played)), sum(elements.map(one => one.due))];
    io.err(
      `rehearsed calendar: ${outcome}; ${played} of the ${due} times that something is due were played\n`,
    );
    for (const { id, failures, why } of elements) if (failures > 0) io.err(`  ${id}: ${why}\n`);
    exercises.push({ name: 'calendar', outcome, elements: exercised });
  }
  await keepExercises(file, exercises);
  return exercises;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
