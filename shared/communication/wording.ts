import type { Plan } from '../plan/schema.ts';

/** A person's name; the id of somebody who is not in the plan. */
export function nameOf(plan: Pick<Plan, 'people'>, person: string): string {
  return plan.people[person]?.name ?? person;
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** `10 March 17:24 UTC`. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  const clock = time.toISOString().slice(11, 16);
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${clock} UTC`;
}
