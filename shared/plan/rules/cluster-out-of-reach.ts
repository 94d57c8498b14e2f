import type { LintRule } from '../lint-rule.ts';
import { movesUnproven } from './writer-not-proven.ts';

export const clusterOutOfReach: LintRule = {
  id: 'cluster-out-of-reach',
  severity: 'error',
  reason:
    'Clusters of DocumentDB and Neptune have no address outside of their VPC. A function that is not in a network that leads there waits for their answer until the time of its step is over.',
  check: ({ plan, scenarios }) =>
    plan.network !== undefined
      ? []
      : scenarios.flatMap(({ steps }) =>
          steps
            .filter(({ step }) => movesUnproven.test(step.do))
            .map(({ step, path }) => ({
              rule: clusterOutOfReach.id,
              severity: 'error' as const,
              path: [...path, 'do'],
              message: `The step "${step.id}" asks a cluster in its VPC, and the plan says no network for the functions`,
              mend: 'Name subnets and security groups under "network" that lead to the cluster in the recovery region, and over a peering to the other one.',
            })),
        ),
};
