import type { LintRule } from '../lint-rule.ts';
import { askedBy } from './engine-not-spoken.ts';
import { componentsOf } from './step-facts.ts';

/** A probe that needs no table. */
const needsNothing = /^\s*select\b(?![\s\S]*\bfrom\b)/i;

export const rehearsalWithoutData: LintRule = {
  id: 'rehearsal-without-data',
  severity: 'warning',
  reason:
    'A rehearsal really asks: where no file makes the tables, every write probe fails, and no rehearsal recovers.',
  check: context => {
    if (context.plan.rehearsal.database !== undefined) return [];
    const asked = new Set(
      context.scenarios.flatMap(({ steps }) =>
        steps.flatMap(placed =>
          componentsOf(context, placed).flatMap(({ parameter, id }) =>
            askedBy(context, placed) === parameter ? [id] : [],
          ),
        ),
      ),
    );
    const found = [...asked].find(id => {
      const component = context.plan.components[id];
      return component && 'writeProbe' in component && !needsNothing.test(component.writeProbe);
    });
    if (found === undefined) return [];
    return [
      {
        rule: rehearsalWithoutData.id,
        severity: 'warning',
        path: ['components', found, 'writeProbe'],
        message: `Nothing makes the table that the probe of "${found}" writes to, so it fails in every rehearsal`,
        mend: 'Write a SQL file beside the plan that makes the tables and some rows, and name it: rehearsal: { database: rehearsal.sql }.',
      },
    ];
  },
};
