import type { LintRule } from '../lint-rule.ts';
import type { Plan, Scenario } from '../schema.ts';

type DisasterType = NonNullable<Scenario['disaster']>['type'];

/** How the title of a severity names what a disaster does. */
const words: Partial<Record<DisasterType, RegExp>> = {
  'region-loss': /\b(complete|total|full) outage\b/i,
  loss: /\bdata loss\b|\bloss of data\b/i,
  corruption: /\bdata loss\b|\bloss of data\b|\bcorrupt/i,
  intrusion: /\bbreach|\bintru|\bcompromise/i,
};

export const severityTooLow: LintRule = {
  id: 'severity-too-low',
  severity: 'warning',
  reason:
    'A severity that says "data loss" and a loss of data under a lower one call different people in different time; the higher one is the right one.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(({ id, scenario, path }) => {
      const higher = severityOf(plan, scenario);
      if (higher === undefined) return [];
      const title = plan.severities[higher]?.title ?? higher;
      return [
        {
          rule: severityTooLow.id,
          severity: 'warning' as const,
          path: [...path, 'severity'],
          message: `"${id}" is a ${scenario.disaster?.type} with severity "${scenario.severity}", and "${higher}" says of itself: ${title}`,
          mend: `Give it "severity: ${higher}"; it can be lowered when more is known.`,
        },
      ];
    }),
};

/** The severity above the scenario's own, in the order of the plan, whose title names what this scenario is about. */
function severityOf({ severities, components }: Plan, { disaster, severity }: Scenario): string | undefined {
  const word =
    disaster && (stopsEverything(components, disaster) ? words['region-loss'] : words[disaster.type]);
  if (!word) return undefined;
  const order = Object.keys(severities);
  return order.slice(0, order.indexOf(severity)).find(each => word.test(severities[each]?.title ?? ''));
}

/** Whether it takes a whole cluster, with all that runs in it. */
function stopsEverything(
  components: Plan['components'],
  disaster: NonNullable<Scenario['disaster']>,
): boolean {
  if (disaster.type !== 'failure' && disaster.type !== 'loss') return false;
  return disaster.components.some(id => {
    const component = Object.hasOwn(components, id) ? components[id] : undefined;
    return component?.type === 'eks-cluster' && !component.test;
  });
}
