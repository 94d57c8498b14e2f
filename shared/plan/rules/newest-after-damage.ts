import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import type { PlacedStep } from '../scenario-view.ts';

/** Kinds that look for the newest state, with the parameter that says before when. */
const looksFor: Record<string, string | undefined> = {
  'rds.find-restore-point': 'before',
  's3.latest': 'before',
  'velero.restore': 'before',
  'dynamodb.restore-table': 'notAfter',
  'backup.restore-files': 'notAfter',
};
/** Kinds that are given the moment itself. */
const goesTo: Record<string, string | undefined> = {
  'rds.restore': 'pointTime',
  'rds.restore-cluster': 'notAfter',
};

export const newestAfterDamage: LintRule = {
  id: 'newest-after-damage',
  severity: 'error',
  reason:
    'When data is wrong, the newest backup has it too; and an hour before the run is not an hour before the damage.',
  check: ({ scenarios }) =>
    scenarios.flatMap(({ scenario, steps }) =>
      scenario.disaster?.type === 'corruption' ? steps.flatMap(problemsOf) : [],
    ),
};

function problemsOf({ step, path }: PlacedStep): Problem[] {
  const found = Object.hasOwn(looksFor, step.do) ? looksFor[step.do] : undefined;
  const parameter = found ?? (Object.hasOwn(goesTo, step.do) ? goesTo[step.do] : undefined);
  if (parameter === undefined) return [];
  // A restore that names its backup was told which one.
  if (step.do === 'velero.restore' && step.with.backup !== undefined) return [];
  const value = step.with[parameter];
  const problem = (place: Problem['path'], message: string): Problem => ({
    rule: newestAfterDamage.id,
    severity: 'error',
    path: place,
    message,
    mend: `Write "${parameter}: \${parameters.<name>}", with a default such as \${incident.startedAt - 1h}: the last moment at which the data was right.`,
  });
  if (value === undefined) {
    if (found === undefined) return [];
    return [
      problem([...path, 'do'], `The step "${step.id}" takes the newest state, and the damage is in it`),
    ];
  }
  if (typeof value !== 'string' || !/\$\{\s*run\./.test(value)) return [];
  return [
    problem(
      [...path, 'with', parameter],
      `${value} counts from when the run began, and the damage is older by hours or days`,
    ),
  ];
}
