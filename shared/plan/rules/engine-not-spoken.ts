import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { PlacedStep } from '../scenario-view.ts';
import { componentsOf } from './step-facts.ts';

/** The parameter of a step whose component it asks in SQL, or proves by a write. */
export function askedBy({ actions }: CheckContext, { step }: PlacedStep): string | undefined {
  return Object.hasOwn(actions, step.do) ? actions[step.do]?.asks : undefined;
}

/** Kinds that only PostgreSQL can carry out, and what does the same for MySQL and MariaDB. */
const onlyPostgres: Record<string, string> = {
  'sql.swap-database':
    'MySQL can not rename a database. Give the applications the name of the restored one in their secret, or restore beside it with rds.restore or rds.restore-cluster, and put that in its place with rds.cutover, or with the new endpoint in the secret of the applications.',
};

export const engineNotSpoken: LintRule = {
  id: 'engine-not-spoken',
  severity: 'error',
  reason:
    'Some steps can be carried out with PostgreSQL only. With another engine they refuse, in the middle of the outage.',
  check: context =>
    context.scenarios.flatMap(view => view.steps.flatMap(placed => notSpoken(context, placed))),
};

function notSpoken(context: CheckContext, placed: PlacedStep): Problem[] {
  const { step, path } = placed;
  const mend = Object.hasOwn(onlyPostgres, step.do) ? onlyPostgres[step.do] : undefined;
  if (mend === undefined) return [];
  return componentsOf(context, placed).flatMap(({ parameter, id }): Problem[] => {
    const engine = parameter === askedBy(context, placed) ? engineOf(context, id) : undefined;
    if (engine === undefined || dialectOfDatabase({ engine }).name === 'PostgreSQL') return [];
    return [
      {
        rule: engineNotSpoken.id,
        severity: 'error',
        path: [...path, 'do'],
        message: `The step "${step.id}" works on "${id}", which runs ${engine}, and ${step.do} is for PostgreSQL only`,
        mend,
      },
    ];
  });
}

/** What a component runs that is a database; undefined for one that has no engine written. */
export function engineOf({ plan: { components } }: CheckContext, id: string): string | undefined {
  const component = Object.hasOwn(components, id) ? components[id] : undefined;
  return component !== undefined && 'engine' in component ? component.engine : undefined;
}
