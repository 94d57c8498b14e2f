import type { LintRule } from '../lint-rule.ts';

export const recordsNotKept: LintRule = {
  id: 'records-not-kept',
  severity: 'warning',
  reason:
    'What an authority asks for a year later has to be there, and nobody may have been able to change it.',
  check: ({ plan }) => {
    if (plan.records.keepFor !== undefined) return [];
    const [audience] =
      Object.entries(plan.audiences).find(([, { information }]) => information === 'regulator') ?? [];
    if (audience === undefined) return [];
    return [
      {
        rule: recordsNotKept.id,
        severity: 'warning',
        path: ['audiences', audience],
        at: 'key',
        message: `"${audience}" is an authority, and the plan does not say how long its records are kept`,
        mend: 'Write "records: { keepFor: 2557d }", or what the law asks for (7 years under SOX, 1 year under PCI DSS).',
      },
    ];
  },
};
