import type { LintRule } from '../lint-rule.ts';
import type { Plan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { workingTexts } from './texts.ts';

export const literalRdsSnapshot: LintRule = {
  id: 'literal-rds-snapshot',
  severity: 'warning',
  reason:
    'Automated snapshots ("rds:…") exist in the region of their source only, and their names hold the minute of the backup.',
  check: ({ plan }) =>
    workingTexts(plan)
      .filter(({ text }) => /^rds:\S|--db-snapshot-identifier[= ]\s*rds:/.test(text))
      .map(({ text, path }) => ({
        rule: literalRdsSnapshot.id,
        // With the region of its source it is gone for certain.
        severity: inLostRegion(plan, path) ? ('error' as const) : ('warning' as const),
        path,
        message: `"${text.slice(0, 80)}" names an automated snapshot, which will not exist when it is needed`,
        mend: 'Let rds.find-restore-point look for the newest one, and refer to its outputs.',
      })),
};

function inLostRegion({ scenarios }: Plan, [section, id]: PropertyKeyPath): boolean {
  return section === 'scenarios' && typeof id === 'string' && scenarios[id]?.disaster?.type === 'region-loss';
}
