import { lintRules } from '../../shared/plan/cross-check.ts';
import type { Finding } from '../../shared/plan/finding.ts';
import { numbersOf } from './flaws-page.ts';
import { exampleOfLintRule, examplesOfOtherRules } from './found-rules.ts';
import { cell, table } from './markdown.ts';

const head = `# Findings of validate

\`lifeboat validate PLAN…\` prints each finding as \`file:line:col  severity  rule  message\`, with how to mend it on the
next line. An error makes the plan unusable and the exit code 1. A warning can be lived with: the element that it is about
says why in \`waived: reason\`, and the warning is silent then (\`--json\` still has it). A reason that begins with the name
of a rule, as in \`waived: "no-failback: …"\`, is for that rule only. An error can't be waived.

This page is made by \`scripts/write-reference.ts\`. Every example is what \`validate\` really says: about the plans under
\`test/plan/fixtures\`, and about LIQUID ABT's plan after it was damaged on purpose.

## Rules about the recovery

What a plan may say and should not. X-01 and the like are flaws of real plans, which [Flaws of recovery plans](flaws.md) lists.
`;

/** The page of everything that `validate` can find. */
export async function lintRulesPage(): Promise<string> {
  const rules = await Promise.all(
    lintRules.map(async ({ id, severity, reason }) => {
      const { message, mend } = await exampleOfLintRule(id);
      const numbers = numbersOf(id);
      const against = numbers.length > 0 ? `\nStands against ${numbers.join(', ')}.\n` : '';
      return `### ${id}\n\n${severity}. ${reason}\n\n${example({ message, mend })}${against}`;
    }),
  );
  const others = await examplesOfOtherRules(lintRules.map(({ id }) => id));
  const rows = others
    .toSorted((a, b) => (a.rule < b.rule ? -1 : 1))
    .map(({ rule, severity, message, mend }) => [`\`${rule}\``, severity, cell(message), cell(mend)]);
  const rest = table(['rule', 'severity', 'example', 'mend'], rows);
  return [head, ...rules, `## Rules about the file and what it refers to\n\n${rest}`].join('\n');
}

function example({ message, mend }: Pick<Finding, 'message' | 'mend'>): string {
  return `> ${cell(message)}\n>\n> mend: ${cell(mend)}\n`;
}
