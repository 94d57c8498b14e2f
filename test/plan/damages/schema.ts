import { type Damage, damage } from './damage.ts';

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
