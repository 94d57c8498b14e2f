import { describe, expect, it } from 'vitest';
import { writersOf } from '../../../simulator/invariants/truths.ts';
import { clusterEndpointOf } from '../../../simulator/services/rds/clusters.ts';
import { endpointOf } from '../../../simulator/services/rds.ts';
import { inAws } from '../../support/aws-world.ts';

const [primary, recovery] = ['ap-southeast-2', 'ap-southeast-4'];
const group = (region: string) => ({
  type: 'target-group',
  region,
  arn: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/web/0123456789abcdef`,
});
const database = { database: 'shop', credentials: 'secret:shop/db', writeProbe: 'SELECT 1' };
const instance = { ...database, type: 'rds-instance', engine: 'postgres', multiAz: true };
const targets = { targets: group(primary), 'targets-recovery': group(recovery) };

describe('who writes where nothing runs in Kubernetes', () => {
  it('is what tasks are connected to, until their region is lost', () =>
    inAws(
      {
        ...targets,
        orders: {
          ...database,
          type: 'rds-cluster',
          region: primary,
          identifier: 'orders',
          engine: 'aurora-postgresql',
        },
        shop: {
          type: 'ecs-service',
          region: primary,
          cluster: 'c',
          name: 'shop',
          standbyCount: 2,
          targetGroup: 'targets',
        },
      },
      async ({ world }) => {
        expect(writersOf(world, 'recover')).toEqual([clusterEndpointOf(primary, 'orders')]);
        world.loseRegion(primary);
        expect(writersOf(world, 'recover')).toEqual([]);
        // What comes back has its tasks at nothing.
        world.returnRegion(primary);
        expect(writersOf(world, 'recover')).toEqual([]);
      },
    ));

  it('is what they say that they use, and nothing when they use none of the databases', () =>
    inAws(
      {
        ...targets,
        first: { ...instance, region: primary, identifier: 'first' },
        second: { ...instance, region: primary, identifier: 'second' },
        worker: {
          ...{ type: 'ecs-service', region: primary, cluster: 'c', name: 'worker', standbyCount: 1 },
          uses: ['second'],
        },
        front: {
          ...{ type: 'auto-scaling-group', region: primary, name: 'front', standbySize: 1 },
          ...{ targetGroup: 'targets', uses: [] },
        },
      },
      async ({ world }) => {
        expect(writersOf(world, 'recover')).toEqual([endpointOf(primary, 'second')]);
      },
    ));

  it('is two databases when instances run against one in each region, and one in a drill', () =>
    inAws(
      {
        ...targets,
        db: { ...instance, region: primary, identifier: 'db' },
        'db-recovery': { ...instance, region: recovery, identifier: 'db-2' },
        web: {
          type: 'auto-scaling-group',
          region: primary,
          name: 'web',
          standbySize: 1,
          targetGroup: 'targets',
        },
        'web-recovery': {
          ...{ type: 'auto-scaling-group', region: recovery, name: 'web' },
          ...{ standbySize: 1, targetGroup: 'targets-recovery' },
        },
      },
      async ({ world }) => {
        const both = [endpointOf(primary, 'db'), endpointOf(recovery, 'db-2')];
        expect(writersOf(world, 'recover')).toEqual(both.sort());
        expect(writersOf(world, 'drill')).toEqual([endpointOf(primary, 'db')]);
      },
    ));
});
