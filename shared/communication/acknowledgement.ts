import type { Plan } from '../plan/schema.ts';
import { allOf, type Situation, shift } from './situation.ts';

/** Who answers for the incident. `until`: when that ends by itself, if the plan says so. `count`: how many there were. */
export type Acknowledgement = { by: string; at: string; until: string | undefined; count: number };

/** The newest acknowledgement, lapsed or not. */
export function acknowledgement(situation: Situation): Acknowledgement | undefined {
  const all = allOf(situation, 'acknowledged');
  const last = all.at(-1);
  if (!last) return undefined;
  const lasts = situation.plan.response.acknowledgementLasts;
  return {
    by: last.entry.by,
    at: last.at,
    until: lasts === undefined ? undefined : shift(last.at, lasts),
    count: all.length,
  };
}

/** Whether an acknowledgement of that time still counts. */
export function stands(plan: Pick<Plan, 'response'>, acknowledgedAt: string | undefined, now: Date): boolean {
  const lasts = plan.response.acknowledgementLasts;
  if (acknowledgedAt === undefined) return false;
  return lasts === undefined || now.getTime() < Date.parse(acknowledgedAt) + lasts * 1000;
}
