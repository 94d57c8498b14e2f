import { describe, expect, it } from 'vitest';
import { readObject } from '../../../simulator/services/s3.ts';
import { inStores, primary, type Scene } from '../../support/stores-world.ts';

const put = ({ call }: Scene, Key: string, Body: string, more = {}) =>
  call('s3.PutObject', { Bucket: 'shop-backups', Key, Body, ...more }, primary);

describe('buckets of the plan', () => {
  it('replicate with a lag, and not out of a lost region', () =>
    inStores(async scene => {
      await put(scene, 'early', 'one');
      expect(readObject(scene.world, 'shop-backups-dr', 'early')).toBeUndefined();
      await scene.wait(901);
      expect(readObject(scene.world, 'shop-backups-dr', 'early')).toBe('one');
      await put(scene, 'late', 'two');
      scene.world.loseRegion(primary);
      await scene.wait(901);
      expect(readObject(scene.world, 'shop-backups-dr', 'late')).toBeUndefined();
    }));

  it('keep versions: a deleted object is hidden, and its version can be read', () =>
    inStores(async scene => {
      const first = await put(scene, 'a', 'one');
      await put(scene, 'a', 'two');
      await scene.call('s3.DeleteObject', { Bucket: 'shop-backups', Key: 'a' }, primary);
      const get = (VersionId?: unknown) =>
        scene.call('s3.GetObject', { Bucket: 'shop-backups', Key: 'a', VersionId }, primary);
      await expect(get()).rejects.toMatchObject({ name: 'NoSuchKey' });
      expect(await get(first.VersionId)).toMatchObject({ ContentLength: 3, ETag: first.ETag });
    }));

  it('refuse a body that is not what its checksum says, and keep what was there', () =>
    inStores(async scene => {
      await put(scene, 'a', 'one');
      await expect(put(scene, 'a', 'two', { ChecksumSHA256: 'AAAA' })).rejects.toMatchObject({
        name: 'BadDigest',
      });
      expect(readObject(scene.world, 'shop-backups', 'a')).toBe('one');
    }));

  it('list a thousand keys at a time', () =>
    inStores(async scene => {
      for (let n = 0; n < 1001; n++) await put(scene, `many/${String(n).padStart(4, '0')}`, 'x');
      const list = (more = {}) =>
        scene.call('s3.ListObjectsV2', { Bucket: 'shop-backups', Prefix: 'many/', ...more }, primary);
      const first = await list();
      expect(first).toMatchObject({ KeyCount: 1000, IsTruncated: true });
      const second = await list({ ContinuationToken: first.NextContinuationToken });
      expect(second).toMatchObject({ KeyCount: 1, IsTruncated: false });
    }));

  it('are emptied by a disaster, but for what is locked', () =>
    inStores(async ({ world, call }) => {
      const until = new Date(world.nowMs() + 86_400_000);
      await call('s3.PutObject', { Bucket: 'shop-evidence', Key: 'free', Body: 'x' });
      await call('s3.PutObject', {
        Bucket: 'shop-evidence',
        Key: 'locked',
        Body: 'x',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: until,
      });
      const { service } = await import('../../../simulator/services/s3.ts');
      const component = { ...world.plan.components.evidence, id: 'evidence' } as never;
      const holds = service.strike?.(world, { type: 'loss', component });
      expect(readObject(world, 'shop-evidence', 'free')).toBeUndefined();
      expect(readObject(world, 'shop-evidence', 'locked')).toBe('x');
      expect(holds?.()).toBe(false);
    }));
});
