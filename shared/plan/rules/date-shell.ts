import type { LintRule } from '../lint-rule.ts';
import { workingTexts } from './texts.ts';

export const dateShell: LintRule = {
  id: 'date-shell',
  severity: 'error',
  reason: 'No shell reads a plan: what it would fill in stays as it is and becomes part of a name.',
  check: ({ plan }) =>
    workingTexts(plan)
      .filter(({ text }) => /\$\(\s*date\b|`\s*date\b/.test(text))
      .map(({ text, path }) => ({
        rule: dateShell.id,
        severity: 'error',
        path,
        find: text.includes('$(') ? '$(' : '`',
        message: 'A date is asked of a shell, and no shell reads a plan',
        mend: 'Write ${run.date}, which is YYYYMMDD in UTC and the same in the whole run, or ${run.startedAt - 1h}; a name that a second run must not meet, with ${run.id}.',
      })),
};
