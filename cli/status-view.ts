import type { Paint } from './paint.ts';
import type { IncidentStatus, Status } from './status.ts';

/** What the parts of the status text are made with. `planPath` is the plan as it was typed, for commands. */
export type StatusView = Status & { incident: IncidentStatus; planPath: string; paint: Paint };

/** A person's name for their id in the plan; what was given otherwise. */
export function nameOf({ plan }: Pick<Status, 'plan'>, id: string): string {
  return Object.hasOwn(plan.people, id) ? (plan.people[id]?.name ?? id) : id;
}

/** A label and what belongs to it. */
export function row(label: string, text: string): string {
  return `  ${label.padEnd(12)}${text}`;
}
