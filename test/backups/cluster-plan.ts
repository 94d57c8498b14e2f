import type { Backup, Plan } from '../../shared/plan/schema.ts';
import { liquidAbt } from './fleet-plan.ts';

const recoveryKey = 'arn:aws:kms:ap-southeast-4:123456789012:key/7c1f0a52-93d4-4e0b-a6a7-2f58c9d1e634';
const primaryKey = 'arn:aws:kms:ap-southeast-2:123456789012:key/2b6d90e4-5f17-4c83-8a2e-91d04f7b3c58';

/** LIQUID ABT's plan with its database as a cluster beside it, and the backups of that cluster only. */
export async function clusterPlan(
  engine: 'aurora-postgresql' | 'postgres' = 'aurora-postgresql',
): Promise<Plan> {
  const plan = await liquidAbt();
  const verify = plan.backups['database-copies']?.verify;
  if (!verify) throw new Error('LIQUID ABT proves its copies');
  const sql = {
    database: 'liquid_abt',
    port: 5432,
    credentials: 'secret:liquid-abt/production/database',
    writeProbe: 'SELECT 1',
  };
  const cluster = {
    type: 'rds-cluster',
    id: 'orders',
    region: 'ap-southeast-2',
    identifier: 'liquid-abt-orders',
    engine,
    ...sql,
  };
  const target = (id: string, region: string, kmsKey: string) => ({
    type: 'rds-cluster-restore-target',
    id,
    region,
    identifier: id,
    source: 'orders',
    sourceIdentifier: 'liquid-abt-orders',
    sourceRegion: 'ap-southeast-2',
    engine,
    instanceClass: 'db.r6g.large',
    instances: 2,
    subnetGroup: 'orders-isolated',
    securityGroups: ['sg-0c0c0c0c0c0c0c0c0'],
    clusterParameterGroup: 'orders-16',
    kmsKey,
    ...sql,
  });
  const common = { retention: 7 * 86_400, rpo: 32 * 3600 };
  const schedule = { when: 'cron(0 2/6 * * ? *)', timeZone: 'UTC' };
  const there = { ...verify, into: 'orders-proof', within: 7200 };
  const backups = {
    'orders-automated': {
      type: 'rds-automated',
      title: 'Automated backups',
      component: 'orders',
      ...common,
      rpo: 900,
      verify: { ...verify, into: 'orders-beside', within: 7200 },
    },
    'orders-snapshots': {
      type: 'rds-snapshot',
      title: 'Snapshots',
      component: 'orders',
      schedule,
      ...common,
    },
    'orders-copies': {
      type: 'rds-snapshot-copy',
      title: 'Copies',
      of: 'orders-snapshots',
      region: 'ap-southeast-4',
      kmsKey: recoveryKey,
      schedule: { when: 'cron(30 2 * * ? *)', timeZone: 'UTC' },
      ...common,
      verify: there,
    },
    'orders-vault': {
      type: 'aws-backup',
      title: 'Recovery points',
      resource: 'arn:aws:rds:ap-southeast-2:123456789012:cluster:liquid-abt-orders',
      region: 'ap-southeast-2',
      vault: 'orders',
      role: 'arn:aws:iam::123456789012:role/backup',
      copyTo: { vault: 'orders-copies', region: 'ap-southeast-4' },
      schedule,
      ...common,
      verify: there,
    },
  };
  const components = {
    ...plan.components,
    orders: cluster,
    'orders-proof': target('orders-proof', 'ap-southeast-4', recoveryKey),
    'orders-beside': target('orders-beside', 'ap-southeast-2', primaryKey),
  };
  return {
    ...plan,
    components: components as Plan['components'],
    calendar: {},
    backups: backups as unknown as Record<string, Backup>,
  };
}
