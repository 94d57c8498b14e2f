import type { LintRule } from '../lint-rule.ts';
import { workingTexts } from './texts.ts';

const words =
  /\bbi-?(?:annual(?:ly)?|month(?:ly)?|week(?:ly)?|year(?:ly)?)\b|\b(?:business|working) days?\b|\b(?:close|end) of (?:the )?(?:business|day)\b|\b(?:COB|EOD)\b/i;

export const ambiguousSchedule: LintRule = {
  id: 'ambiguous-schedule',
  severity: 'warning',
  reason: 'Bi-annually is read as twice a year and as every two years, and a business day has no time zone.',
  check: ({ plan }) =>
    workingTexts(plan).flatMap(({ text, path }) => {
      const found = words.exec(text)?.[0];
      if (found === undefined) return [];
      return [
        {
          rule: ambiguousSchedule.id,
          severity: 'warning',
          path,
          find: found,
          message: `"${found}" can be read in two ways`,
          mend: 'Write "twice a year", "every two weeks" or a number of hours, and let the schedule say the day and zone.',
        },
      ];
    }),
};
