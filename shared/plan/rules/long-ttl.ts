import type { LintRule } from '../lint-rule.ts';
import { componentsOf } from './step-facts.ts';

/** Longer than this, the cache of resolvers is the better part of moving users. */
const longSeconds = 300;

const writesRecords = new Set(['route53.upsert', 'route53.shift-weight']);

export const longTtl: LintRule = {
  id: 'long-ttl',
  severity: 'warning',
  reason:
    'Resolvers keep the old answer for as long as its TTL says: users stay with what is lost, however soon the record is changed.',
  check: context => {
    const moved = new Set(
      context.scenarios.flatMap(({ steps }) =>
        steps.flatMap(placed =>
          writesRecords.has(placed.step.do) ? componentsOf(context, placed).map(({ id }) => id) : [],
        ),
      ),
    );
    return Object.entries(context.plan.components).flatMap(([id, component]) => {
      if (component.type !== 'dns-record' || component.ttlSeconds <= longSeconds || !moved.has(id)) return [];
      return [
        {
          rule: longTtl.id,
          severity: 'warning' as const,
          path: ['components', id, 'ttlSeconds'],
          message: `"${id}" is moved in an outage, and resolvers keep its old answer for up to ${Math.round(component.ttlSeconds / 60)} min`,
          mend: 'Write 60, and set it in the zone now: what resolvers hold on that day counts.',
        },
      ];
    });
  },
};
