/** One way to damage the plan of LIQUID ABT, and what has to be found. */
export type Damage = {
  name: string;
  /** Text that occurs in the plan; the first occurrence after `after` is replaced. */
  find: string;
  put: string;
  after?: string;
  rule: string;
  near?: string;
  /** Text in the damaged plan that stands in the line of the finding; the damage itself otherwise. */
  at?: string;
};

const damage = (
  name: string,
  find: string,
  put: string,
  rule: string,
  more: Partial<Damage> = {},
): Damage => ({
  name,
  find,
  put,
  rule,
  ...more,
});

export const schemaDamages: Damage[] = [
  damage('a key of the plan mistyped', 'objectives:', 'objektives:', 'unknown-key', { near: 'objectives' }),
  damage('a needed section left out', 'channels:\n', 'unknown-things:\n', 'missing-key', {
    at: '# yaml-language',
  }),
  damage('an unknown section', 'costs:\n', 'budget: 3\ncosts:\n', 'unknown-key'),
  damage('the format version wrong', 'lifeboat: 1', 'lifeboat: 2', 'unknown-value'),
  damage('the format version missing', 'lifeboat: 1\n', '', 'missing-key', { at: '# yaml-language' }),
  damage('a system key mistyped', '  owner:', '  ownr:', 'unknown-key', { near: 'owner' }),
  damage('a system id with capitals', 'id: liquid-abt', 'id: Liquid-ABT', 'wrong-format', {
    near: 'liquid-abt',
  }),
  damage('a version as a number', 'version: "1.0"', 'version: 1.0', 'wrong-type'),
  damage('a date in another order', 'reviewed: 2025-01-06', 'reviewed: 06/01/2025', 'wrong-format'),
  damage('a region that is none', 'primary: ap-southeast-2', 'primary: sydney', 'wrong-format'),
  damage('an RTO without a unit', 'rto: 4h', 'rto: 4', 'bad-duration'),
  damage('an RTO in words', 'rto: 4h', 'rto: 4 hours', 'bad-duration'),
  damage('an empty RPO', 'rpo: 1h', 'rpo:', 'wrong-type'),
  damage('a list where a group belongs', 'tiers:\n', 'tiers: []\nx-tiers:\n', 'wrong-type', {
    at: 'tiers: []',
  }),
  damage(
    'text where a list belongs',
    'services: [Customer Bitcoin purchases, Treasury rules execution]',
    'services: Purchases',
    'wrong-type',
  ),
  damage('a component type mistyped', 'type: rds-instance', 'type: rds-instanc', 'unknown-value', {
    near: 'rds-instance',
  }),
  damage('a component type of another world', 'type: rds-instance', 'type: mainframe', 'unknown-value'),
  damage('a component without a type', '    type: rds-instance\n', '', 'missing-key', {
    at: '  database:\n    title: Production',
  }),
  damage('a component key mistyped', 'instanceClass:', 'instanceclass:', 'unknown-key', {
    near: 'instanceClass',
  }),
  damage(
    'a component without a subnet group',
    '    subnetGroup: liquid-abt-dr-database\n',
    '',
    'missing-key',
    { at: '  database-restored:' },
  ),
  damage('no security group', 'securityGroups: [sg-0f3a9c1d27be45860]', 'securityGroups: []', 'out-of-range'),
  damage('a boolean as text', 'multiAz: true', 'multiAz: "yes"', 'wrong-type'),
  damage('an engine that is not known', 'engine: postgres', 'engine: postgresql', 'unknown-value', {
    near: 'postgres',
  }),
  damage(
    'a password in the plan',
    'credentials: secret:liquid-abt/production/database',
    'credentials: hunter2',
    'secret-in-plan',
  ),
  damage(
    'a telephone number in the plan',
    'contact: secret:liquid-abt/contacts#cto',
    'contact: "+61 400 000 000"',
    'secret-in-plan',
  ),
  damage('a component id in camel case', '  app-primary:', '  appPrimary:', 'bad-id', {
    near: 'app-primary',
  }),
  damage('a record type that is none', 'recordType: CNAME', 'recordType: CNAM', 'unknown-value', {
    near: 'CNAME',
  }),
  damage('a gate without a key', '      key: app-on-recovery\n', '', 'missing-key', { at: '    gate:' }),
  damage('a standby size below zero', 'standbySize: 1', 'standbySize: -1', 'out-of-range'),
  damage('a channel type that is not there', 'type: sns', 'type: pigeon', 'unknown-value'),
  damage('a protocol mistyped', 'protocol: sms', 'protocol: smss', 'unknown-value', { near: 'sms' }),
  damage(
    'an information level mistyped',
    'information: executive',
    'information: executives',
    'unknown-value',
    { near: 'executive' },
  ),
  damage('an audience without channels', 'channels: [executives-email]', 'channels: []', 'out-of-range'),
  damage('an audience key mistyped', '    within: 30m', '    witin: 30m', 'unknown-key', { near: 'within' }),
  damage('an escalation key mistyped', '  - after: 15m', '  - afer: 15m', 'unknown-key', { near: 'after' }),
  damage('a signal type mistyped', 'type: heartbeat', 'type: heartbeet', 'unknown-value', {
    near: 'heartbeat',
  }),
  damage('a signal key of another type', '    missing: 3m', '    alarmName: x', 'unknown-key'),
  damage('a count of failures in words', 'failures: 3', 'failures: three', 'wrong-type'),
  damage(
    'a scenario without phases',
    'phases:\n      - id: fail-over',
    'fases:\n      - id: fail-over',
    'unknown-key',
    { near: 'phases' },
  ),
  damage(
    'a mode that is not known',
    'modes: [recover, planned, dry-run]',
    'modes: [recover, plan, dry-run]',
    'unknown-value',
    { near: 'planned' },
  ),
  damage('a stage that is not known', 'stage: decide', 'stage: decision', 'unknown-value'),
  damage('a step key mistyped', '            timeout: 15m', '            timeot: 15m', 'unknown-key', {
    near: 'timeout',
  }),
  damage('a step without a kind', '            do: rds.failover\n', '', 'missing-key', {
    at: '          - id: fail-over-database',
  }),
  damage('a time-out without a unit', 'timeout: 15m', 'timeout: 15', 'bad-duration'),
  damage('a step id with spaces', 'id: fail-over-database', 'id: fail over database', 'wrong-format', {
    near: 'fail-over-database',
  }),
  damage('a step time-out in words', 'timeout: 15m', 'timeout: soon', 'bad-duration'),
  damage('what to do on failure mistyped', 'onFailure: ask', 'onFailure: askk', 'unknown-value', {
    near: 'ask',
  }),
  damage('a group of one branch', 'parallel:', 'paralel:', 'unknown-key', { near: 'parallel' }),
  damage(
    'a step in a branch without an id',
    '- - id: count-tenants\n                  title',
    '- - title',
    'missing-key',
    { at: '- - title: Tenants can' },
  ),
  damage(
    'a step in a branch with a wrong key',
    '                  do: sql.query',
    '                  doo: sql.query',
    'unknown-key',
    { near: 'do' },
  ),
  damage(
    'a branch that is a step',
    '              - - id: count-tenants\n                  title: Tenants can be read\n                  do: sql.query\n                  with:\n                    database: database\n                    query: SELECT count(*) FROM tenants\n                    expect:\n                      min: 1\n                  timeout: 5m\n                  onFailure: ask\n',
    '              - id: count-tenants\n',
    'wrong-type',
    { at: '              - id: count-tenants' },
  ),
  damage(
    'a phase title that is too long',
    'title: Fail over to the standby',
    `title: ${'very '.repeat(20)}long`,
    'out-of-range',
  ),
  damage('a disaster that is not known', 'type: region-loss', 'type: region-los', 'unknown-value', {
    near: 'region-loss',
  }),
  damage(
    'a document key mistyped',
    '    url: https://docs.liquidtreasury.business/api\n',
    '    uri: https://docs.liquidtreasury.business/api\n',
    'unknown-key',
    { near: 'url' },
  ),
  damage(
    'a waiver without a reason',
    'waived: The status page',
    'waived: "no"\n    # The status page',
    'out-of-range',
    { at: 'waived: "no"' },
  ),
];

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
];

referenceDamages.push(
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
);

export const stepDamages: Damage[] = [
  damage(
    'a status where only a condition may ask for it',
    'pointTime: ${steps.find-restore-point.pointTime}',
    'pointTime: ${steps.find-restore-point.status}',
    'unknown-reference',
  ),
  damage('a kind mistyped', 'do: rds.failover', 'do: rds.failovr', 'unknown-kind', { near: 'rds.failover' }),
  damage('a kind of another topology', 'do: rds.failover', 'do: rds.failover-db-cluster', 'unknown-kind', {
    near: 'rds.failover',
  }),
  damage('a kind that is withheld on purpose', 'do: rds.failover', 'do: sqs.purge-queue', 'unknown-kind'),
  damage('a kind that climbs out of its folder', 'do: rds.failover', 'do: ../../errors', 'unknown-kind'),
  damage('a step id used twice', 'id: tell-customers\n', 'id: tell-executives\n', 'duplicate-step'),
  damage('a phase id used twice', '      - id: route', '      - id: decide', 'duplicate-phase'),
  damage(
    'a mode that the scenario lacks',
    'modes: [recover, dry-run]',
    'modes: [recover, planned]',
    'mode-not-in-scenario',
  ),
  damage('a parameter mistyped', 'replicas: 3', 'replica: 3', 'unknown-parameter', { near: 'replicas' }),
  damage('a parameter missing', '              replicas: 3\n', '', 'missing-key', {
    at: '            with:\n              deployment: app-recovery',
  }),
  damage('a parameter of the wrong type', 'replicas: 3', 'replicas: three', 'wrong-type'),
  damage(
    'a list that is a text with an expression in it',
    'from: [incident-commander, engineering-manager, cto]',
    'from: "cto, ${run.id}"',
    'wrong-type',
  ),
  damage(
    'a list that is one expression, whose value is a text in every run',
    'from: [incident-commander, engineering-manager, cto]',
    'from: ${incident.id}',
    'wrong-type',
  ),
  damage('a parameter out of range', 'replicas: 3', 'replicas: -3', 'out-of-range'),
  damage('a parameter that is no duration', 'maxLoss: 1h', 'maxLoss: 1 hour', 'bad-duration'),
  damage(
    'a key inside a parameter mistyped',
    '                    expect:\n                      min: 1',
    '                    expect:\n                      mim: 1',
    'unknown-key',
    { near: 'min', at: '                      mim: 1' },
  ),
  damage('a component mistyped', 'deployment: app-recovery', 'deployment: app-recovry', 'unknown-component', {
    near: 'app-recovery',
  }),
  damage(
    'a component of the wrong type',
    'deployment: app-recovery',
    'deployment: database',
    'topology-mismatch',
  ),
  damage('a component that is a number', 'deployment: app-recovery', 'deployment: 3', 'wrong-type'),
  damage(
    'an approval of nobody',
    'from: [incident-commander, engineering-manager, cto]',
    'from: [incident-comander, engineering-manager, cto]',
    'unknown-person-or-role',
    { near: 'incident-commander' },
  ),
  damage('a message to nobody', 'audience: executives', 'audience: executive', 'unknown-audience', {
    near: 'executives',
  }),
  damage('a message without a text', 'template: initial', 'template: initail', 'unknown-template', {
    near: 'initial',
  }),
  damage('a task of nobody', 'owner: on-call-engineer', 'owner: on-call', 'unknown-person-or-role', {
    near: 'on-call-engineer',
  }),
  damage(
    'a step that is not there',
    '${steps.restore-database.instance}',
    '${steps.restore-databse.instance}',
    'unknown-reference',
    { near: 'restore-database' },
  ),
  damage(
    'an output that is not there',
    '${steps.restore-database.instance}',
    '${steps.restore-database.instanc}',
    'unknown-reference',
    { near: 'instance' },
  ),
  damage(
    'a reference without an output',
    '${steps.restore-database.instance}',
    '${steps.restore-database}',
    'unknown-reference',
  ),
  damage(
    'a reference to a later step',
    'maxLoss: 1h',
    'maxLoss: ${steps.restore-database.pointTime}',
    'reference-too-early',
  ),
  damage(
    'a reference to a sibling branch',
    'size: 3',
    'size: ${steps.restore-database.port}',
    'reference-too-early',
  ),
  damage(
    'a reference to a step of another mode',
    '${steps.approve-activation.accepted}\n            timeout: 10m\n            onFailure: ask\n            modes: [recover]',
    '${steps.approve-activation.accepted}\n            timeout: 10m\n            onFailure: ask',
    'reference-without-value',
    { at: '${steps.approve-activation.accepted}' },
  ),
  damage(
    'a field of the run that is not there',
    'host: ${steps.restore-database.endpoint}\n                      db',
    'host: ${run.name}\n                      db',
    'unknown-reference',
    { at: '${run.name}' },
  ),
  damage(
    'a root that is not there',
    '${regions.recovery} for a drill',
    '${region.recovery} for a drill',
    'bad-expression',
    { near: 'regions' },
  ),
  damage(
    'an expression that does not end',
    '${regions.recovery} for a drill',
    '${regions.recovery for a drill',
    'bad-expression',
  ),
  damage('an expression with arithmetic', 'healthy: 3', 'healthy: ${parameters.pods * 2}', 'bad-expression'),
  damage(
    'a parameter of the run that is not there',
    'healthy: 3',
    'healthy: ${parameters.pods}',
    'unknown-reference',
  ),
  damage(
    'a component field that is not there',
    '${components.app-name.resolvers}',
    '${components.app-name.resolver}',
    'unknown-reference',
    { near: 'resolvers' },
  ),
  damage(
    'a duration added to text',
    'title: Bring up the recovery site in ${regions.recovery} for',
    'title: Bring up the recovery site in ${regions.recovery + 5m} for',
    'not-a-time',
  ),
  damage(
    'an expression in a component',
    'identifier: liquid-abt-dr\n    source',
    'identifier: liquid-abt-${run.date}\n    source',
    'expression-not-allowed',
    { at: 'liquid-abt-${run.date}' },
  ),
  damage('a message field that is not there', '${message.took}', '${message.duration}', 'unknown-reference'),
  damage('a step in a message', '${message.took}', '${steps.restore-database.endpoint}', 'unknown-reference'),
  damage('a broken message', '${message.took}', '${message.took + }', 'bad-expression'),
];

export const lintDamages: Damage[] = [
  damage(
    'a snapshot by name',
    'from: ${steps.find-restore-point.from}',
    'from: rds:liquid-abt-production-2025-01-06-02-00',
    'literal-rds-snapshot',
  ),
  damage(
    'a date from a shell',
    'identifier: liquid-abt-dr\n    source',
    'identifier: liquid-abt-dr-$(date +%Y%m%d)\n    source',
    'date-shell',
    { at: '$(date' },
  ),
  damage(
    'an approval as long as the RTO',
    'within: 30m\n              accepts',
    'within: 4h\n              accepts',
    'approval-longer-than-rto',
  ),
  damage('a phase beyond the RTO', 'within: 150m', 'within: 5h', 'phases-exceed-rto'),
  damage('a phase before the one in front', 'within: 150m', 'within: 20m', 'phases-exceed-rto'),
  damage('an RTO that no run can meet', 'rto: 10m', 'rto: 1m', 'phases-exceed-rto'),
  damage('no fence before the restore', 'do: rds.fence', 'do: rds.failover', 'restore-without-fence', {
    at: 'do: rds.restore',
  }),
  damage(
    'a fence that may fail',
    'acceptedRisks: ${steps.approve-activation.accepted}\n            timeout: 10m\n            onFailure: ask',
    'acceptedRisks: []\n            timeout: 10m\n            onFailure: continue',
    'restore-without-fence',
    { at: 'do: rds.restore' },
  ),
  damage(
    'a telephone number to be filled in',
    'name: Security Team',
    'name: Security Team +61 XXX XXX XXX',
    'placeholder',
  ),
  damage(
    'a hosted zone to be filled in',
    'hostedZone: Z04517273LQ8RBN5XKDTW',
    'hostedZone: Z123456789',
    'placeholder',
  ),
  damage('a security group to be filled in', 'sg-0f3a9c1d27be45860', 'sg-xxxxx', 'placeholder'),
  damage(
    'a variable of a shell',
    'arn: arn:aws:elasticloadbalancing:ap-southeast-4:123456789012:targetgroup/liquid-abt-dr-app/6d0ecf831eec9f09',
    'arn: $DR_TARGET_GROUP_ARN',
    'placeholder',
  ),
  damage('a name in angle brackets', 'title: Standby nodes', 'title: <name>', 'placeholder'),
  damage('a key to be filled in', 'text: Enterprise Support', 'text: your-key', 'placeholder'),
];

referenceDamages.push(
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
);

/** The text with the damage done, and the line (from 1) where it has to be found. */
export function apply(text: string, { name, find, put, after, at }: Damage): { text: string; line: number } {
  const start = text.indexOf(find, after === undefined ? 0 : text.indexOf(after));
  if (start < 0) throw new Error(`The plan no longer has the text that "${name}" damages: ${find}`);
  const damaged = text.slice(0, start) + put + text.slice(start + find.length);
  const offset = at === undefined ? start + (put.length - put.trimStart().length) : damaged.indexOf(at);
  if (offset < 0) throw new Error(`The damaged plan does not have the text of "${name}": ${at}`);
  const lead = at === undefined ? 0 : at.length - at.trimStart().length;
  return { text: damaged, line: damaged.slice(0, offset + lead).split('\n').length };
}
