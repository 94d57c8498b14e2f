import { commandRule } from '../commands.ts';

export const actsForReal = commandRule({
  id: 'acts-for-real',
  severity: 'warning',
  reason:
    'A check that orders, pays or posts does so in production, in every rehearsal of the people who try it.',
  mistakes: [
    {
      pattern: /\bcurl\b[^|;&]*(?:-X\s*(?:POST|PUT|DELETE|PATCH)|--request\s+(?:POST|PUT|DELETE|PATCH))\b/,
      message: 'This changes something outside, and nobody is asked',
      mend: 'Use http.request with an approval or a sandbox; check with GET.',
    },
  ],
});
