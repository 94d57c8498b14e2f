import { expect, test } from 'vitest';
import { continueArrivals } from '../../../simulator/services/s3/arrivals.ts';
import { bucketsOf } from '../../../simulator/services/s3/state.ts';
import { inAws } from '../../support/aws-world.ts';

const region = 'ap-southeast-2';
const components = {
  files: {
    type: 's3-bucket',
    region,
    name: 'shop-files',
    arrivals: [
      { prefix: 'vault/', every: '1h', suffix: '.snap' },
      { prefix: 'dumps/', every: '24h', suffix: '.dump' },
    ],
  },
  copies: { type: 's3-bucket', region: 'ap-southeast-4', name: 'shop-copies', replicaOf: 'files' },
};
const dumps = { type: 'dump', bucket: 'shop-files', prefix: 'dumps/', title: 'Dumps' } as never;

test('files go on coming in a world that lives on for months, into the replica too; dumps are left to their makers', () =>
  inAws(components, async ({ world, wait }) => {
    world.plan.backups.dumps = dumps;
    const newest = (bucket: string, prefix: string) => {
      const { objects } = bucketsOf(world).get(bucket) ?? { objects: new Map() };
      const times = [...objects].flatMap(([key, versions]) =>
        key.startsWith(prefix) ? [versions.at(-1)?.lastModified.getTime() ?? 0] : [],
      );
      return (world.nowMs() - Math.max(...times)) / 3_600_000;
    };
    await wait(20 * 86_400);
    expect(newest('shop-files', 'vault/')).toBeGreaterThan(24 * 19);
    continueArrivals(world);
    await wait(1800);
    expect(newest('shop-files', 'vault/')).toBeLessThan(2);
    expect(newest('shop-copies', 'vault/')).toBeLessThan(2);
    expect(newest('shop-files', 'dumps/')).toBeGreaterThan(24 * 19);
  }));

test('nothing comes into a bucket of a region that is lost', () =>
  inAws(components, async ({ world, wait }) => {
    await wait(86_400);
    world.loseRegion(region);
    const before = bucketsOf(world).get('shop-files')?.objects.size;
    continueArrivals(world);
    expect(bucketsOf(world).get('shop-files')?.objects.size).toBe(before);
  }));
