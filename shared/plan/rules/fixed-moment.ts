import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { type PlacedText, textsIn } from './texts.ts';

/** A day with a time, as people, logs and the names of backup files write it. */
const moments: readonly RegExp[] = [
  /\b20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::[0-5]\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/,
  /(?<!\d)20\d\d[01]\d[0-3]\d[-_T][0-2]\d[0-5]\d(?:[0-5]\d)?(?!\d)/,
];

export const fixedMoment: LintRule = {
  id: 'fixed-moment',
  severity: 'warning',
  reason:
    'A moment that stands in the plan belongs to one outage: in the next one it is too old to be restored to, or loses all that came after it.',
  check: ({ plan, scenarios }) =>
    [
      ...scenarios.flatMap(({ scenario, path, steps }) => [
        ...steps.flatMap(({ step, path: at }) => textsIn(step.with, [...at, 'with'])),
        ...Object.entries(scenario.parameters).flatMap(([name, each]) =>
          textsIn(each.default, [...path, 'parameters', name, 'default']),
        ),
      ]),
      ...Object.entries(plan.calendar).flatMap(([id, { does }]) =>
        does.type === 'drill' ? textsIn(does.parameters, ['calendar', id, 'does', 'parameters']) : [],
      ),
    ].flatMap(momentIn),
};

function momentIn({ text, path }: PlacedText): Problem[] {
  const found = moments.map(pattern => pattern.exec(text)?.[0]).find(match => match !== undefined);
  if (found === undefined) return [];
  return [
    {
      rule: fixedMoment.id,
      severity: 'warning',
      path,
      find: found,
      message: `${found} is one moment, and the next outage has another`,
      mend:
        path.at(-1) === 'default'
          ? 'Write ${incident.startedAt - 20m}; who starts the run gives what was found out with --set.'
          : 'Write ${incident.startedAt - 5m}, or ${parameters.<name>} for what a person finds out; rds.find-restore-point and s3.latest take it as "before".',
    },
  ];
}
