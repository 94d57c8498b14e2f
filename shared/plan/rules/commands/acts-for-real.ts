import type { CheckContext, LintRule } from '../../lint-rule.ts';
import { commandRule } from '../commands.ts';

const inCommands = commandRule({
  id: 'acts-for-real',
  severity: 'warning',
  reason:
    'A check that orders, pays or posts does so in production, in every rehearsal of the people who try it.',
  mistakes: [
    {
      pattern: /\binsert\s+into\s+\w*(?:health|test|check|probe|heart_?beat)\w*\b/i,
      unless: /\bon\s+conflict\b|\brollback\b/i,
      message: 'Each test of writing leaves a row in production',
      mend: 'Use sql.write-check, or a heartbeat row with "ON CONFLICT … DO UPDATE".',
    },
    {
      // What a pod asks of itself, such as its own kill switch, is not outside.
      pattern:
        /\bcurl\b(?![^|;&]*\bhttps?:\/\/(?:localhost|127\.0\.0\.1)\b)[^|;&]*\s(?:(?:-X\s*|--request[= ]\s*)(?:POST|PUT|DELETE|PATCH)\b|-[a-zA-Z]*d\s|--(?:data(?:-\w+)?|json|form|upload-file)\b)/,
      // With -G what is given as data becomes part of the address.
      unless: /\s(?:-[a-zA-Z]*G[a-zA-Z]*|--get)\b|(?:-X\s*|--request[= ]\s*)(?:GET|HEAD)\b/,
      message: 'This changes something outside, and nobody is asked',
      mend: 'Use http.request with an approval or a sandbox; check with GET.',
    },
    {
      pattern: /\bwget\b[^|;&]*\s--(?:post|body)-(?:data|file)\b|^\s*https?\s+(?:POST|PUT|PATCH|DELETE)\s+\S/,
      message: 'This changes something outside, and nobody is asked',
      mend: 'Use http.request with an approval or a sandbox; check with GET.',
    },
  ],
});

export const actsForReal: LintRule = {
  ...inCommands,
  check: context => [...inCommands.check(context), ...probes(context)],
};

/** A write probe is carried out by every step that proves a writer, and stays. */
function probes({ plan }: CheckContext) {
  return Object.entries(plan.components).flatMap(([id, component]) => {
    if (!('writeProbe' in component)) return [];
    if (
      !/^\s*insert\b/i.test(component.writeProbe) ||
      /\bon\s+(?:conflict|duplicate\s+key)\b/i.test(component.writeProbe)
    )
      return [];
    return [
      {
        rule: 'acts-for-real',
        severity: 'warning' as const,
        path: ['components', id, 'writeProbe'],
        message: 'Each try of this probe leaves a row in production',
        mend: 'Keep one heartbeat row: INSERT … ON CONFLICT … DO UPDATE, or an UPDATE of it.',
      },
    ];
  });
}
