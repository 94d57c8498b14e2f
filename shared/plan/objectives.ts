import type { Plan, Scenario } from './schema.ts';

/** In seconds. */
export type Objectives = { rto: number; rpo: number };
type Levels = Pick<Plan, 'objectives' | 'severities'>;

/** The objectives of the scenario with this id: its own, else those of its severity, else the plan's. */
export function objectivesOf(plan: Levels & Pick<Plan, 'scenarios'>, scenario: string): Objectives {
  return objectivesFor(plan, plan.scenarios[scenario]);
}

/** The same for a scenario that is at hand; of none, the plan's. */
export function objectivesFor(
  plan: Levels,
  own: Pick<Scenario, 'severity' | 'rto' | 'rpo'> | undefined,
): Objectives {
  const severity = plan.severities[own?.severity ?? ''];
  return {
    rto: own?.rto ?? severity?.rto ?? plan.objectives.rto,
    rpo: own?.rpo ?? severity?.rpo ?? plan.objectives.rpo,
  };
}

/** The tiers that a scenario takes down: those that it names, else all. */
export function tiersOf(plan: Pick<Plan, 'tiers' | 'scenarios'>, scenario: string): string[] {
  return plan.scenarios[scenario]?.tiers ?? Object.keys(plan.tiers);
}

/** What a tier has to keep in a scenario, in seconds: the scenario's own figures for it, else the tier's. */
export function tierObjectivesOf(
  plan: Pick<Plan, 'tiers' | 'scenarios'>,
  scenario: string,
  tier: string,
): { rto?: number; rpo?: number } {
  const usual = Object.hasOwn(plan.tiers, tier) ? plan.tiers[tier] : undefined;
  const own = plan.scenarios[scenario]?.tierObjectives?.[tier];
  const rto = own?.rto ?? usual?.rto;
  const rpo = own?.rpo ?? usual?.rpo;
  return { ...(rto !== undefined && { rto }), ...(rpo !== undefined && { rpo }) };
}

/** Downtime that an availability of so many percent allows in a year, in seconds: 99.9 % is 8.77 hours. */
export function yearlyDowntimeSeconds(availabilityPercent: number): number {
  const yearSeconds = 365.25 * 86_400;
  return Math.round((1 - availabilityPercent / 100) * yearSeconds);
}
