import type { Component } from '../components.ts';
import type { LintRule } from '../lint-rule.ts';

export const doesNotHealItself: LintRule = {
  id: 'does-not-heal-itself',
  severity: 'warning',
  reason: 'AWS fails over a Multi-AZ database, and never to a read replica; what has no standby stays down.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(({ scenario: { disaster }, path }) => {
      if (disaster?.type !== 'failure' || !disaster.selfHealing) return [];
      return disaster.components.flatMap((id, index) => {
        const component = Object.hasOwn(plan.components, id) ? plan.components[id] : undefined;
        const why = component && whyNot(component);
        if (why === undefined) return [];
        return [
          {
            rule: doesNotHealItself.id,
            severity: 'warning' as const,
            path: [...path, 'disaster', 'components', index],
            message: `"${id}" is taken to repair itself, and ${why}`,
            mend: 'Say what is done then: rds.restore, sql.promote, or rds.promote-replica with its fence; or make it Multi-AZ.',
          },
        ];
      });
    }),
};

function whyNot(component: Component): string | undefined {
  if (component.type === 'rds-instance' && !component.multiAz) {
    return component.replicaOf === undefined
      ? 'it is not Multi-AZ, so there is no standby to fail over to'
      : 'it is a read replica, which RDS never makes the writer by itself';
  }
  if (component.type === 'postgres-server' || component.type === 'mysql-server')
    return 'it is a server of your own, which nothing fails over';
  return undefined;
}
