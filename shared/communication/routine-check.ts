import type { Situation } from './situation.ts';

/**
 * Whether a run is one of the calendar's checks, which only look. It may come every ten minutes: people are told of
 * what it finds and of nothing else, or they would soon read nothing of it.
 */
export function isRoutineCheck({ plan, run }: Pick<Situation, 'plan' | 'run'>): boolean {
  if (run.mode !== 'drill') return false;
  return Object.values(plan.calendar).some(
    ({ does }) => does.type === 'check' && does.scenario === run.scenario,
  );
}
