import type { LedgerEntry } from '../../shared/incident/entries.ts';
import { parseDuration } from '../../shared/plan/duration.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import type { World } from './world.ts';

/** Seconds that tasks usually take, by the id of the question that asks whether one is done. */
const taskTimes = (world: World) => world.state('task-times', () => new Map<string, number>());

/** Notes how long the plan says that a task takes, when it is asked for. `scenarios`: the one that is played, and the one before it. */
export function noteTaskTime(world: World, { entry }: LedgerEntry, scenarios: readonly string[]): void {
  if (entry.type !== 'question' || entry.kind !== 'task') return;
  const steps = scenarios
    .flatMap(id => world.plan.scenarios[id]?.phases ?? [])
    .flatMap(phase => stepsOf(phase.steps));
  const task = steps.find(({ id, do: kind }) => id === entry.step && kind === 'people.task');
  const takes = task?.with.takes;
  const seconds = typeof takes === 'string' ? parseDuration(takes) : undefined;
  if (seconds !== undefined) taskTimes(world).set(entry.question, seconds);
}

/** What a person needs for the task of a question, if the plan says it: from a third less to a third more. */
export function taskTime(world: World, question: string) {
  const likelySeconds = taskTimes(world).get(question);
  if (likelySeconds === undefined) return undefined;
  return { minSeconds: likelySeconds * 0.7, likelySeconds, maxSeconds: likelySeconds * 1.3 };
}
