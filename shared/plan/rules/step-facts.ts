import type { CheckContext } from '../lint-rule.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';

/** Whether a step sends users to the recovery side; the way back and a share of nothing do not. */
export function sendsUsersAway(placed: PlacedStep): boolean {
  if (changesForeignName(placed)) return true;
  return placed.traits.includes('moves-users') && !sendsUsersBack(placed);
}

/** Whether a step brings users back to the primary side. */
export function sendsUsersBack({ step, traits }: PlacedStep): boolean {
  if (traits.includes('brings-users-back')) return true;
  return traits.includes('moves-users') && (step.with.to === 'primary' || step.with.recoveryPercent === 0);
}

/** Records at a provider that has no actions are changed by requests. */
function changesForeignName({ step }: PlacedStep): boolean {
  const { url, method } = step.with;
  const changes = typeof method === 'string' && ['POST', 'PUT', 'PATCH'].includes(method);
  return (
    step.do === 'http.request' &&
    changes &&
    typeof url === 'string' &&
    /\/dns_records\b|\/v2\/domains\//.test(url)
  );
}

/**
 * Whether a step is carried out in every run in which the other one is: it has no condition, or the same one. Whether a
 * mode leaves it out is to be looked at besides.
 */
export function isTakenWith({ step }: PlacedStep, other: PlacedStep): boolean {
  return step.when === undefined || JSON.stringify(step.when) === JSON.stringify(other.step.when);
}

export const bringsUpWriter = ({ traits }: PlacedStep): boolean => traits.includes('moves-writer');

/** Whether somebody is inside: the scenario is played so, or its title says so where it says nothing else. */
export function isBreach({ scenario: { disaster, title } }: ScenarioView): boolean {
  if (disaster) return disaster.type === 'intrusion';
  return /\b(?:breach|intru(?:sion|der)|compromised?|ransomware|hack(?:ed|ers?)?|security incident)\b/i.test(
    title,
  );
}

export const looksWhetherItWorks = ({ traits }: PlacedStep): boolean => traits.includes('looks');

/** The region that a scenario's disaster takes away; undefined for any other disaster. */
export function lostRegion(plan: Plan, { scenario: { disaster } }: ScenarioView): string | undefined {
  return disaster?.type === 'region-loss' ? plan.regions[disaster.region] : undefined;
}

/** The components that a step's parameters name, by parameter. */
export function componentsOf({ plan, actions }: CheckContext, { step }: PlacedStep) {
  const action = Object.hasOwn(actions, step.do) ? actions[step.do] : undefined;
  return Object.keys(action?.components ?? {}).flatMap(parameter => {
    const id = step.with[parameter];
    const component =
      typeof id === 'string' && Object.hasOwn(plan.components, id) ? plan.components[id] : undefined;
    return component && typeof id === 'string' ? [{ parameter, id, component }] : [];
  });
}
