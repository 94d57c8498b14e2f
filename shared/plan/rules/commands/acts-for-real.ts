import { commandRule } from '../commands.ts';

export const actsForReal = commandRule({
  id: 'acts-for-real',
  severity: 'warning',
  reason:
    'A check that orders, pays or posts does so in production, in every rehearsal of the people who try it.',
  mistakes: [
    {
      pattern: /\binsert\s+into\s+\w*(?:health|test|check|probe)\w*\b/i,
      unless: /\bon\s+conflict\b|\brollback\b/i,
      message: 'Each test of writing leaves a row in production',
      mend: 'Use sql.write-check, or a heartbeat row with "ON CONFLICT … DO UPDATE".',
    },
    {
      // What a pod asks of itself, such as its own kill switch, is not outside.
      pattern:
        /\bcurl\b(?![^|;&]*\bhttps?:\/\/(?:localhost|127\.0\.0\.1)\b)[^|;&]*(?:-X\s*(?:POST|PUT|DELETE|PATCH)|--request\s+(?:POST|PUT|DELETE|PATCH))\b/,
      message: 'This changes something outside, and nobody is asked',
      mend: 'Use http.request with an approval or a sandbox; check with GET.',
    },
  ],
});
