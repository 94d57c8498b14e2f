import { type Damage, damage } from './damage.ts';

export const referenceDamages: Damage[] = [
  damage(
    'a severity that is not there',
    '    severity: critical',
    '    severity: critcal',
    'unknown-severity',
    { near: 'critical' },
  ),
  damage(
    'a signal that is not there',
    'signals: [primary-heartbeat,',
    'signals: [primary-hartbeat,',
    'unknown-signal',
    { near: 'primary-heartbeat' },
  ),
  damage(
    'an audience that is not there',
    'audiences: [engineering, executives]',
    'audiences: [engineering, executive]',
    'unknown-audience',
    { near: 'executives' },
  ),
  damage(
    'a channel that is not there',
    'channel: platform-lead-email',
    'channel: platform-lead-mail',
    'unknown-channel',
    { near: 'platform-lead-email' },
  ),
  damage(
    "an audience's channel that is not there",
    'channels: [customers-email]',
    'channels: [customer-email]',
    'unknown-channel',
    { near: 'customers-email' },
  ),
  damage(
    'an escalation to nobody',
    'people: [engineering-manager, ',
    'people: [enginering-manager, ',
    'unknown-person',
    { near: 'engineering-manager' },
  ),
  damage(
    'a database event of no component',
    '    component: database\n    firing',
    '    component: databas\n    firing',
    'unknown-component',
    { near: 'database', at: '    component: databas\n' },
  ),
  damage(
    'a database event of something else',
    '    component: database\n    firing',
    '    component: cache-primary\n    firing',
    'topology-mismatch',
    { at: '    component: cache-primary' },
  ),
  damage(
    'a disaster of no component',
    '      components: [database]',
    '      components: [datenbank]',
    'unknown-component',
  ),
  damage('a restore from no component', 'source: database', 'source: data-base', 'unknown-component', {
    near: 'database',
  }),
  damage('a restore from something else', 'source: database', 'source: app-primary', 'topology-mismatch'),
  damage(
    'a restore of another identifier',
    'sourceIdentifier: liquid-abt-production',
    'sourceIdentifier: liquid-abt-prod',
    'restore-source-disagrees',
  ),
  damage(
    'a restore from another region',
    'sourceRegion: ap-southeast-2',
    'sourceRegion: ap-southeast-1',
    'restore-source-disagrees',
  ),
  damage(
    'a node group of no cluster',
    '    cluster: liquid-abt-dr\n    name: liquid-abt-dr-general',
    '    cluster: liquid-abt-rd\n    name: liquid-abt-dr-general',
    'unknown-cluster',
    { near: 'liquid-abt-dr' },
  ),
  damage(
    'a component in a third region',
    'region: ap-southeast-4\n    url: https://status.',
    'region: eu-west-1\n    url: https://status.',
    'other-region',
  ),
  damage('one region for both', 'recovery: ap-southeast-4', 'recovery: ap-southeast-2', 'same-region'),
  damage(
    'a quorum above the observers',
    'quorum: 2\n      sustained: 3m',
    'quorum: 4\n      sustained: 3m',
    'quorum-unreachable',
  ),
  damage(
    'three signals of one observer',
    'signals: [primary-heartbeat, outside-probe, aws-health]',
    'signals: [primary-heartbeat, primary-heartbeat, primary-heartbeat]',
    'quorum-unreachable',
    { at: 'quorum: 2\n      sustained: 3m' },
  ),
  damage(
    'a start on one word',
    'quorum: 2\n      sustained: 3m',
    'quorum: 1\n      sustained: 3m',
    'automatic-on-one-observer',
  ),
  damage(
    'a scenario that nothing starts',
    '    trigger:\n      signals: [primary-heartbeat, outside-probe, aws-health]\n      quorum: 2\n      sustained: 3m\n      coolDown: 2h\n      # Nothing is changed before the decision at the end of the first phase, so the run may start by itself.\n      start: automatic\n',
    '',
    'scenario-without-trigger',
    { at: '  region-failure:\n    title' },
  ),
  damage(
    'a trigger for persons only',
    '    modes: [recover, planned, dry-run]',
    '    manualOnly: true\n    modes: [recover, planned, dry-run]',
    'trigger-and-manual-only',
  ),
  damage(
    'a tier that is not there',
    '    severity: critical\n    # RDS fails over',
    '    severity: critical\n    tiers: [critcal]\n    # RDS fails over',
    'unknown-tier',
    { near: 'critical', at: 'tiers: [critcal]' },
  ),
  damage(
    'a failback that is not there',
    '    severity: critical\n    # RDS fails over',
    '    severity: critical\n    failbackOf: region-failur\n    # RDS fails over',
    'unknown-scenario',
    { near: 'region-failure', at: 'failbackOf: region-failur' },
  ),
  damage(
    'a deployment of no target group',
    '    targetGroup: targets-recovery',
    '    targetGroup: target-recovery',
    'unknown-component',
    { near: 'targets-recovery' },
  ),
  damage(
    'a deployment of something else',
    '    targetGroup: targets-recovery',
    '    targetGroup: database',
    'topology-mismatch',
  ),
  damage('a copy of no backup', 'of: database-snapshots', 'of: database-snapshot', 'unknown-backup', {
    near: 'database-snapshots',
  }),
  damage(
    'automated backups for longer than RDS keeps them',
    'retention: 7d',
    'retention: 90d',
    'retention-not-possible',
    {
      after: '\n  database-automated:',
    },
  ),
  damage(
    'an instance restored into an embedded Postgres',
    'title: Automated backups of the database in Sydney',
    'title: Automated backups\n    verify: { into: embedded, within: 1h, queries: [{ id: one, title: One, sql: SELECT 1, min: 1 }] }',
    'verify-target',
    { at: 'into: embedded' },
  ),
  damage(
    'a drill in a mode that the scenario lacks',
    'scenario: partial-activation',
    'scenario: partial-activation\n      mode: planned',
    'unknown-mode',
    { at: 'mode: planned' },
  ),
  damage(
    'a test of what nothing proves',
    'operation: verify',
    'operation: verify\n      backups: [database-snapshots]',
    'nothing-to-verify',
    { at: '[database-snapshots]' },
  ),
  damage(
    'a check that changes something',
    '      type: drill\n      scenario: region-failure',
    '      type: check\n      scenario: region-failure',
    'check-changes-something',
    { at: 'scenario: region-failure\n    implements: [LA-140' },
  ),
  damage(
    'secrets that no key encrypts',
    '\nbackups:\n',
    `\nbackups:
  objects:
    type: kubernetes-export
    title: Objects
    cluster: cluster-primary
    namespaces: [liquid-abt-production]
    kinds: [Secret]
    bucket: liquid-abt-dr-backups
    region: ap-southeast-4
    prefix: kubernetes/
    retention: 90d
    rpo: 26h
`,
    'secrets-in-clear',
    { at: 'kinds: [Secret]' },
  ),
];
