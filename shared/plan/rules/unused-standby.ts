import type { LintRule } from '../lint-rule.ts';
import type { Plan } from '../schema.ts';
import { textsIn } from './texts.ts';

/** What costs money while it stands by. */
const paidFor = new Set([
  'rds-instance',
  'rds-cluster',
  'docdb-cluster',
  'neptune-cluster',
  'elasticache-replication-group',
  'eks-nodegroup',
  'ecs-service',
  'auto-scaling-group',
  'ec2-instances',
  'postgres-server',
  'mysql-server',
  'redis-server',
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
      if (component.type === 'eks-nodegroup' && isWorkedIn(plan, component, named)) return [];
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

/** Nodes are used by the steps that work in their cluster; those of a cluster that is yet to be made do not exist. */
function isWorkedIn(
  { components }: Plan,
  { cluster, region }: { cluster: string; region: string },
  named: ReadonlySet<string>,
): boolean {
  return Object.entries(components).some(([id, other]) => {
    if (other.region !== region) return false;
    if (other.type === 'eks-cluster') return other.name === cluster && other.onDemand;
    const runsThere = other.type === 'k8s-deployment' || other.type === 'k8s-statefulset';
    return runsThere && other.cluster === cluster && named.has(id);
  });
}
