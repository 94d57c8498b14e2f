import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { isTakenWith } from './step-facts.ts';

/** Kinds that put a copy in the place of the live database, with the parameter that names the copy. */
const swaps: Record<string, string | undefined> = {
  'rds.cutover': 'instance',
  'sql.swap-database': 'restored',
};
const makes = new Set(['rds.restore', 'rds.restore-cluster', 'rds.create-instance', 'sql.restore-dump']);
export const swapWithoutCheck: LintRule = {
  id: 'swap-without-check',
  severity: 'warning',
  reason:
    'A copy that takes the place of the database before anybody has looked into it may be as wrong, or empty.',
  check: ({ scenarios }) =>
    scenarios.flatMap(view => {
      // Where the old one is gone there is nothing to be worse than.
      if (view.scenario.disaster?.type === 'loss') return [];
      return view.steps.flatMap(placed => {
        const { step, path, modes } = placed;
        const parameter = Object.hasOwn(swaps, step.do) ? swaps[step.do] : undefined;
        if (parameter === undefined || !modes.includes('recover')) return [];
        if (isLookedAt(view, placed, String(step.with[parameter]))) return [];
        return [
          {
            rule: swapWithoutCheck.id,
            severity: 'warning' as const,
            path: [...path, 'do'],
            message: `The step "${step.id}" puts a copy into service that nothing has looked into`,
            mend: 'Ask it with sql.query before, at its own endpoint ("host"): newest row, counts, what must hold in this data.',
          },
        ];
      });
    }),
};

/** Whether something looked after the copy was made. One that says its rows is counted when it is loaded. */
function isLookedAt({ steps, byId }: ScenarioView, swap: PlacedStep, copy: string): boolean {
  const made = byId.get(/\$\{steps\.([\w-]+)\./.exec(copy)?.[1] ?? '');
  if (made?.step.do === 'sql.restore-dump' && made.step.with.rows !== undefined) return true;
  // A replica of a copy is as right as the copy that was looked into. What was made before the run may have been, too.
  const copies = steps.filter(({ step }) => makes.has(step.do));
  if (copies.length === 0) return true;
  return steps.some(
    placed =>
      looksInto(placed) &&
      placed.modes.includes('recover') &&
      isBefore(placed, swap) &&
      copies.some(each => isBefore(each, placed)) &&
      isTakenWith(placed, swap),
  );
}

/** A person who is asked to go on has not looked into it. */
const looksInto = ({ step, traits }: PlacedStep) => step.do === 'sql.query' || traits.includes('own-code');
