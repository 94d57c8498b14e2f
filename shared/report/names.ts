import type { Plan } from '../plan/schema.ts';

/** Display names of people and audiences by id. */
export function namesOf(plan: Plan): Record<string, string> {
  const people = Object.entries(plan.people);
  return {
    ...Object.fromEntries(Object.entries(plan.audiences).map(([id, { title }]) => [id, title])),
    ...Object.fromEntries(people.map(([id, person]) => [id, person.name])),
    // Messages to one person carry the id in this form.
    ...Object.fromEntries(people.map(([id, person]) => [`person:${id}`, person.name])),
  };
}
