import { describe, expect, it } from 'vitest';
import { primary, recovery } from '../../support/traffic-plan.ts';
import { inTraffic } from '../../support/traffic-world.ts';

const where = { Bucket: 'shop-gate', Key: 'some/key' };

describe('objects', () => {
  it('can be read as soon as they are written, with their metadata and time', () =>
    inTraffic(async scene => {
      await scene.call('s3.PutObject', recovery, { ...where, Body: 'one', Metadata: { run: 'r1' } });
      const reply = await scene.call('s3.GetObject', recovery, where);
      const body = reply.Body as { transformToString(): Promise<string> };
      expect(await body.transformToString()).toBe('one');
      expect(reply).toMatchObject({
        Metadata: { run: 'r1' },
        LastModified: scene.world.now(),
        ContentLength: 3,
      });
      expect(await scene.call('s3.HeadObject', recovery, where)).toMatchObject({ ETag: reply.ETag });
    }));

  it('are absent under the names that the SDK has for it', () =>
    inTraffic(async scene => {
      await expect(scene.call('s3.GetObject', recovery, where)).rejects.toMatchObject({ name: 'NoSuchKey' });
      await expect(scene.call('s3.HeadObject', recovery, where)).rejects.toMatchObject({ name: 'NotFound' });
    }));

  it('can be deleted twice', () =>
    inTraffic(async scene => {
      await scene.call('s3.PutObject', recovery, { ...where, Body: 'one' });
      await scene.call('s3.DeleteObject', recovery, where);
      await scene.call('s3.DeleteObject', recovery, where);
      await expect(scene.call('s3.GetObject', recovery, where)).rejects.toMatchObject({ name: 'NoSuchKey' });
    }));

  it('are listed by prefix', () =>
    inTraffic(async scene => {
      for (const Key of ['a/2', 'b/1', 'a/1'])
        await scene.call('s3.PutObject', recovery, { ...where, Key, Body: '' });
      const reply = await scene.call('s3.ListObjectsV2', recovery, { Bucket: 'shop-gate', Prefix: 'a/' });
      expect(reply).toMatchObject({ Contents: [{ Key: 'a/1' }, { Key: 'a/2' }], KeyCount: 2 });
    }));

  it('belong to a bucket of one region', () =>
    inTraffic(async scene => {
      await expect(scene.call('s3.GetObject', primary, where)).rejects.toMatchObject({
        name: 'PermanentRedirect',
      });
      const other = scene.call('s3.GetObject', recovery, { ...where, Bucket: 'nobody' });
      await expect(other).rejects.toMatchObject({ name: 'NoSuchBucket' });
    }));
});
