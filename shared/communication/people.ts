import type { Plan } from '../plan/schema.ts';

/** Ids of people for a mixed list of ids and roles, in the plan's order. */
export function peopleFor(plan: Pick<Plan, 'people'>, from: readonly string[]): string[] {
  return Object.entries(plan.people)
    .filter(([id, person]) => from.includes(id) || person.roles.some(role => from.includes(role)))
    .map(([id]) => id);
}
