import { acknowledgeIncident, readIncident } from '../incident/incident.ts';
import type { Runtime } from '../runtime.ts';
import type { Question } from './question-record.ts';

/** Answers that let a run go on. Who says no or ends it has not said who takes the incident from there: others are called. */
const goesOn = ['approve', 'retry', 'skip'];

/**
 * Whoever lets a run go on is awake and decides about the incident, so that the next level need not be called: the answer
 * acknowledges it, unless somebody has. A task that was done says nothing of the incident.
 */
export async function acknowledgeByAnswer(
  { store, clock, plan }: Pick<Runtime, 'store' | 'clock' | 'plan'>,
  { kind, run }: Question,
  { person, value }: { person: string; value: string },
): Promise<void> {
  if (kind === 'task' || !goesOn.includes(value)) return;
  if ((await readIncident(store, run.incidentId))?.status !== 'open') return;
  const { acknowledgementLasts } = plan.response;
  await acknowledgeIncident(store, clock, run.incidentId, person, 'answer', acknowledgementLasts);
}
