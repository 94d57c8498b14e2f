import { expect, it } from 'vitest';
import { planSchema } from '../../../shared/plan/schema.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { clusterState } from '../../../simulator/services/rds/clusters.ts';
import { loadServices } from '../../../simulator/services.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { planWith } from '../../support/aws-world.ts';

const outageStartedAt = '2026-03-10T16:42:00.000Z';
const common = {
  database: 'shop',
  credentials: 'secret:shop/db',
  writeProbe: 'SELECT 1',
  engine: 'aurora-postgresql',
};
const components = {
  orders: { type: 'rds-cluster', region: 'ap-southeast-2', identifier: 'orders', ...common },
  restored: {
    type: 'rds-cluster-restore-target',
    region: 'ap-southeast-4',
    identifier: 'orders-dr',
    source: 'orders',
    sourceIdentifier: 'orders',
    sourceRegion: 'ap-southeast-2',
    instanceClass: 'db.r6g.large',
    subnetGroup: 'shop',
    securityGroups: ['sg-1'],
    clusterParameterGroup: 'shop',
    kmsKey: 'alias/shop',
    ...common,
  },
};
const backup = (when: string) => ({
  type: 'aws-backup',
  title: 'Orders',
  resource: 'arn:aws:rds:ap-southeast-2:123456789012:cluster:orders',
  region: 'ap-southeast-2',
  vault: 'shop',
  role: 'arn:aws:iam::123456789012:role/backup',
  copyTo: { vault: 'shop-copies', region: 'ap-southeast-4' },
  schedule: { when },
  retention: '7d',
  rpo: '52h',
});

async function newestCopy(backups: object): Promise<string | undefined> {
  const plan = { ...planWith(components), backups: planSchema.shape.backups.parse(backups) };
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const parsed = createFaults([]);
    if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
    const services = await loadServices();
    const world = createWorld({ plan, seed: 1, faults: parsed.faults, services, outageStartedAt });
    const copies = clusterState(world).snapshots.filter(({ region }) => region === 'ap-southeast-4');
    expect(new Set(copies.map(({ shown }) => shown.DBClusterSnapshotIdentifier)).size).toBe(copies.length);
    return copies[0]?.shown.SnapshotCreateTime?.toISOString();
  } finally {
    time.stop();
  }
}

it.each([
  ['nothing of the plan', {}, '2026-03-10T13:00:00.000Z'],
  ['a backup a day', { orders: backup('cron(0 2 * * ? *)') }, '2026-03-09T02:00:00.000Z'],
  ['one an hour', { orders: backup('cron(10 * * * ? *)') }, '2026-03-10T15:10:00.000Z'],
])(
  'the newest copy of a cluster in the other region is as old as the plan makes it: %s',
  async (_, backups, at) => {
    expect(await newestCopy(backups)).toBe(at);
  },
);
