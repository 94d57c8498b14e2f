import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { PlacedStep } from '../scenario-view.ts';
import { componentsOf } from './step-facts.ts';

/** Kinds that prove a writer by a write, or ask a database, with the parameter that names it. */
export const asking: Record<string, string> = {
  'rds.create-instance': 'database',
  'rds.create-read-replica': 'target',
  'rds.cutover': 'database',
  'rds.failover': 'database',
  'rds.failover-global-cluster': 'to',
  'rds.promote-replica': 'replica',
  'rds.restore': 'target',
  'rds.restore-cluster': 'target',
  'rds.switchover-global-cluster': 'to',
  'sql.exec': 'database',
  'sql.query': 'database',
  'sql.restore-dump': 'database',
  'sql.swap-database': 'database',
  'sql.terminate-sessions': 'database',
  'sql.write-check': 'database',
};

export const engineNotSpoken: LintRule = {
  id: 'engine-not-spoken',
  severity: 'error',
  reason:
    'Lifeboat speaks PostgreSQL. With another engine a step can not prove that the database takes writes, and refuses, in the middle of the outage.',
  check: context =>
    context.scenarios.flatMap(view => view.steps.flatMap(placed => notSpoken(context, placed))),
};

function notSpoken(context: CheckContext, placed: PlacedStep): Problem[] {
  const { step, path } = placed;
  const asked = Object.hasOwn(asking, step.do) ? asking[step.do] : undefined;
  return componentsOf(context, placed).flatMap(({ parameter, id }): Problem[] => {
    const engine = parameter === asked ? engineOf(context, id) : undefined;
    if (engine === undefined || engine.includes('postgres')) return [];
    return [
      {
        rule: engineNotSpoken.id,
        severity: 'error',
        path: [...path, 'do'],
        message: `The step "${step.id}" asks "${id}" in SQL, and Lifeboat speaks PostgreSQL, not ${engine}`,
        mend: 'Do it by codebuild.run or ssm.automation, or by hand with a people.task, and prove it by an http.check of the application behind it.',
      },
    ];
  });
}

/** What a database runs; a restored instance runs what its source does. */
function engineOf({ plan: { components } }: CheckContext, id: string): string | undefined {
  const component = Object.hasOwn(components, id) ? components[id] : undefined;
  if (component === undefined) return undefined;
  if ('engine' in component) return component.engine;
  if (component.type !== 'rds-restore-target') return undefined;
  const source = Object.hasOwn(components, component.source) ? components[component.source] : undefined;
  return source && 'engine' in source ? source.engine : undefined;
}
