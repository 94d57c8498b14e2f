import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { objectivesOf, tierObjectivesOf, tiersOf } from '../objectives.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';

export const zeroRpo: LintRule = {
  id: 'zero-rpo',
  severity: 'warning',
  reason:
    'Nothing that AWS copies to another region is written there before the commit returns: what was on its way is lost.',
  check: ({ plan, scenarios }) => {
    const found = new Map<string, Problem>();
    for (const { id, scenario } of scenarios) {
      const type = scenario.disaster?.type;
      if (type !== 'region-loss' && type !== 'corruption') continue;
      for (const path of zeros(id)) {
        const message =
          type === 'corruption'
            ? `An RPO of 0 can't be kept in "${id}": what was written after the damage began goes with it`
            : `An RPO of 0 can't be kept in "${id}": no copy in another region is written synchronously`;
        const mend = 'Write the loss that can be accepted there; 0 holds for a failover within a region.';
        found.set(path.join('/'), { rule: zeroRpo.id, severity: 'warning', path, message, mend });
      }
    }
    return [...found.values()];

    function zeros(id: string): PropertyKeyPath[] {
      const { severity, rpo } = plan.scenarios[id] ?? {};
      const paths: PropertyKeyPath[] = [];
      if (objectivesOf(plan, id).rpo === 0) {
        if (rpo === 0) paths.push(['scenarios', id, 'rpo']);
        else if (severity !== undefined && plan.severities[severity]?.rpo === 0)
          paths.push(['severities', severity, 'rpo']);
        else paths.push(['objectives', 'rpo']);
      }
      for (const tier of tiersOf(plan, id))
        if (tierObjectivesOf(plan, id, tier).rpo === 0)
          paths.push(
            plan.scenarios[id]?.tierObjectives[tier]?.rpo === 0
              ? ['scenarios', id, 'tierObjectives', tier, 'rpo']
              : ['tiers', tier, 'rpo'],
          );
      return paths;
    }
  },
};
