import { defaultTemplateNames } from '../../communication/templates.ts';
import type { LintRule } from '../lint-rule.ts';
import { textsIn } from './texts.ts';

const word =
  /\[(?:CRITICAL|URGENT|HIGH|MEDIUM|LOW|MAJOR|MINOR)\]|\b(?:P[0-4]|SEV-?[0-5])\b(?!\s*[/,])|\b(?:CRITICAL|MAJOR) INCIDENT\b/;

export const severityInATemplate: LintRule = {
  id: 'severity-in-a-template',
  severity: 'warning',
  reason: 'A template is sent whatever the severity: what always says CRITICAL is soon read by nobody.',
  check: ({ plan }) =>
    // With one severity there is nothing that it could be instead.
    textsIn(plan.templates, ['templates']).flatMap(({ text, path }) => {
      if (!isSentAlways(String(path[1]))) return [];
      const find = word.exec(text)?.[0];
      if (find === undefined) return [];
      return [
        {
          rule: severityInATemplate.id,
          severity: 'warning' as const,
          path,
          find,
          message: `"${find}" is said in every incident that this template is sent in`,
          mend: 'Write [${message.severityTag}] or ${message.severity}, which are those of the incident.',
        },
      ];
    }),
};

/** Built-in names are sent in every incident; a template with a name of its own only by the step that names it. */
export function isSentAlways(template: string): boolean {
  return defaultTemplateNames.some(name => template === name || template.startsWith(`${name}-`));
}
