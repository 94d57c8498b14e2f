import { planSchema } from '../../shared/plan/schema.ts';

const step = {
  id: 'look',
  do: 'http.check',
  with: { url: 'https://app.liquidtreasury.business/api/health' },
};
const phases = [{ id: 'check', title: 'Check', stage: 'verify', steps: [step] }];

/** A plan with one signal of every type and one scenario of every kind that triage treats differently. */
export const plan = planSchema.parse({
  lifeboat: 1,
  system: {
    id: 'liquid-abt',
    title: 'LIQUID ABT',
    owner: 'Platform',
    version: '1.0',
    reviewed: '2026-01-06',
  },
  regions: { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' },
  objectives: { rto: '4h', rpo: '1h' },
  severities: { critical: { title: 'Critical' }, high: { title: 'High' }, low: { title: 'Low' } },
  components: {
    db: {
      type: 'rds-instance',
      region: 'ap-southeast-2',
      identifier: 'liquid-abt-production',
      engine: 'postgres',
      multiAz: true,
      database: 'liquid',
      credentials: 'secret:liquid-abt/db#url',
      writeProbe: 'select 1',
    },
  },
  people: {
    lead: { name: 'Platform lead', roles: ['incident-commander'], channel: 'on-call' },
    cto: { name: 'CTO', channel: 'managers' },
  },
  channels: {
    'on-call': { type: 'sns', topic: 'on-call', protocol: 'sms' },
    managers: { type: 'sns', topic: 'managers', protocol: 'email' },
  },
  audiences: {},
  escalation: [
    { after: '0s', people: ['lead'], title: 'On-call' },
    { after: '60m', people: ['cto'], title: 'Executives' },
  ],
  signals: {
    heartbeat: { title: 'Heartbeat', observer: 'heartbeat', type: 'heartbeat', missing: '3m' },
    'app-probe': {
      title: 'App from outside',
      observer: 'outside-probe',
      type: 'probe',
      url: 'https://app.liquidtreasury.business/api/health',
      every: '1m',
      failures: 3,
    },
    'login-probe': {
      title: 'Login from outside',
      observer: 'outside-probe',
      type: 'probe',
      url: 'https://app.liquidtreasury.business/api/auth/status',
      every: '2m',
      failures: 2,
    },
    'aws-health': {
      title: 'AWS Health',
      observer: 'aws-health',
      type: 'health',
      region: 'ap-southeast-2',
      services: ['EC2', 'RDS'],
    },
    'db-failover': {
      title: 'RDS failover',
      observer: 'rds',
      type: 'rds-event',
      component: 'db',
      firing: ['RDS-EVENT-0013'],
      clear: ['RDS-EVENT-0049', 'RDS-EVENT-0015'],
    },
    'db-connections': {
      title: 'Connections',
      observer: 'database-clients',
      type: 'alarm',
      alarmName: 'liquid-abt-db-connections',
    },
    'pods-ready': { title: 'Pods', observer: 'cluster', type: 'alarm', alarmName: 'liquid-abt-pods' },
  },
  scenarios: {
    'pod-failures': {
      title: 'Pods fail',
      severity: 'low',
      trigger: { signals: ['pods-ready'], quorum: 1, sustained: '0s', coolDown: '30m', start: 'manual' },
      modes: ['recover'],
      phases,
    },
    'database-failure': {
      title: 'Database fails',
      severity: 'high',
      trigger: {
        signals: ['db-failover', 'db-connections'],
        quorum: 1,
        sustained: '1m',
        coolDown: '30m',
        start: 'automatic',
      },
      modes: ['recover', 'drill'],
      phases,
    },
    'region-failure': {
      title: 'Region fails',
      severity: 'critical',
      trigger: {
        signals: ['heartbeat', 'app-probe', 'login-probe', 'aws-health'],
        quorum: 2,
        sustained: '2m',
        coolDown: '4h',
        start: 'automatic',
      },
      modes: ['recover', 'planned', 'drill', 'dry-run'],
      phases,
    },
    breach: { title: 'Breach', severity: 'high', manualOnly: true, modes: ['recover'], phases },
  },
});
