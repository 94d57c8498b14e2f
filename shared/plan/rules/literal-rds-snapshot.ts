import { hasExpression } from '../expression.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { Plan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { type PlacedText, workingTexts } from './texts.ts';

export const literalRdsSnapshot: LintRule = {
  id: 'literal-rds-snapshot',
  severity: 'warning',
  reason:
    'A snapshot that stands in the plan is that of one day, and automated ones ("rds:…") exist in the region of their source only.',
  check: context => [...automatic(context), ...ofOneDay(context)],
};

const mend = 'Let rds.find-restore-point look for the newest one, and refer to its outputs.';

function automatic({ plan }: CheckContext) {
  return workingTexts(plan).flatMap(({ text, path }) => {
    const [, name] = /(?:^|--(?:db-)?snapshot-identifier[= ]\s*["']?)(rds:[^\s"']+)/.exec(text) ?? [];
    if (name === undefined) return [];
    return [
      {
        rule: literalRdsSnapshot.id,
        // With the region of its source it is gone for certain.
        severity: inLostRegion(plan, path) ? ('error' as const) : ('warning' as const),
        path,
        find: name,
        message: `"${name.slice(0, 80)}" names an automated snapshot, which will not exist when it is needed`,
        mend,
      },
    ];
  });
}

/** Others are there for longer, and hold what was true on the day that they were made. */
function ofOneDay({ plan, scenarios }: CheckContext) {
  const typed = workingTexts(plan).flatMap(({ text, path }) => {
    const [, name] =
      /\brestore-db-(?:instance-from-db|cluster-from)-snapshot\b[\s\S]*?--(?:db-)?snapshot-identifier[=\s]+["']?([a-z][\w-]+)/i.exec(
        text,
      ) ?? [];
    return name === undefined || /^rds$/.test(name) ? [] : [{ text: name, path }];
  });
  const given = scenarios.flatMap(({ steps }) =>
    steps.flatMap(({ step, path }): PlacedText[] => {
      const { from } = step.with;
      const restores = step.do === 'rds.restore' || step.do === 'rds.restore-cluster';
      if (!restores || typeof from !== 'string' || hasExpression(from) || from.startsWith('rds:')) return [];
      return [{ text: from, path: [...path, 'with', 'from'] }];
    }),
  );
  return [...typed, ...given].map(({ text, path }) => ({
    rule: literalRdsSnapshot.id,
    severity: 'warning' as const,
    path,
    find: text,
    message: `"${text.slice(0, 80)}" is one snapshot: by the next outage it is old, or gone`,
    mend,
  }));
}

function inLostRegion({ scenarios }: Plan, [section, id]: PropertyKeyPath): boolean {
  return section === 'scenarios' && typeof id === 'string' && scenarios[id]?.disaster?.type === 'region-loss';
}
