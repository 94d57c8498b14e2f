import { type Damage, damage } from './damage.ts';

export const textDamages: Damage[] = [
  damage('a key written twice', '  rpo: 1h', '  rpo: 1h\n  rpo: 2h', 'duplicate-key', { at: '  rpo: 2h' }),
  damage('a person written twice', '  cto:\n', '  security-team:\n', 'duplicate-key', {
    at: '  security-team:\n    name: Chief',
  }),
  damage('a tab as indentation', '  id: liquid-abt', '\tid: liquid-abt', 'tab-indent'),
  damage(
    'a quote that is not closed',
    'title: "Critical: complete outage"',
    'title: "Critical: complete outage',
    'not-yaml',
  ),
  damage(
    'a bracket that is not closed',
    'modes: [recover, planned, dry-run]',
    'modes: [recover, planned, dry-run',
    'not-yaml',
    { at: 'audiences: [engineering, executives]\n' },
  ),
  damage('a colon in plain text', 'title: LIQUID ABT', 'title: LIQUID: ABT', 'not-yaml'),
  damage('a wrong indentation', '  recovery: ap-southeast-4', ' recovery: ap-southeast-4', 'not-yaml'),
  damage('a second document', 'objectives:', '---\nobjectives:', 'several-documents'),
  damage('a tag', 'owner: Platform', 'owner: !person Platform', 'custom-tag'),
  damage('an alias to nothing', 'owner: Platform Engineering Team', 'owner: *team', 'bad-alias'),
  damage('a number as a key', '  low:\n    title: "Low', '  4:\n    title: "Low', 'key-not-text'),
  damage(
    'a key that objects answer to',
    '  low:\n    title: "Low',
    '  constructor:\n    title: "Low',
    'reserved-key',
  ),
  damage('a merge key', 'objectives:\n  rto: 4h', 'objectives:\n  <<: { rto: 4h }\n  rto: 4h', 'merge-key', {
    at: '<<',
  }),
  damage('a sentence with a # in it', 'name: Platform Team Lead', 'name: Lead of #platform', 'text-cut-off', {
    at: ' #platform',
  }),
  damage('text encoded twice', 'name: Platform Team Lead', 'name: Platform Teamâ€™s Lead', 'mojibake'),
];
