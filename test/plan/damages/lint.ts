import { type Damage, damage } from './damage.ts';

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
