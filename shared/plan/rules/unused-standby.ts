import type { LintRule } from '../cross-check.ts';
import { textsIn } from './texts.ts';

/** What costs money while it stands by. */
const paidFor = new Set([
  'rds-instance',
  'rds-cluster',
  'elasticache-replication-group',
  'eks-nodegroup',
  'ecs-service',
  'auto-scaling-group',
]);

export const unusedStandby: LintRule = {
  id: 'unused-standby',
  severity: 'warning',
  reason:
    'A standby that no procedure uses is paid for every month, and does nothing on the day that it was bought for.',
  check: ({ plan }) => {
    const { components, regions, system: _system, costs: _costs, documents: _documents, ...rest } = plan;
    const named = new Set(
      [rest, components].flatMap(part =>
        textsIn(part).flatMap(({ text, path }) => {
          // A component's own id is no use of it.
          if (path.at(-1) === 'id' && path.length === 2) return [];
          return [text, ...[...text.matchAll(/\$\{components\.([\w-]+)/g)].map(match => match[1] ?? '')];
        }),
      ),
    );
    return Object.entries(components).flatMap(([id, component]) => {
      if (component.region !== regions.recovery || !paidFor.has(component.type) || named.has(id)) return [];
      return [
        {
          rule: unusedStandby.id,
          severity: 'warning' as const,
          path: ['components', id],
          at: 'key' as const,
          message: `"${id}" stands by in ${regions.recovery}, and no step uses it`,
          mend: 'Use it in a scenario, check it on schedule, or give it up.',
        },
      ];
    });
  },
};
