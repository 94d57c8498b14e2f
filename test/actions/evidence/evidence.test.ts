import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { action as trail } from '../../../shared/actions/evidence/audit-trail.ts';
import { action as collect } from '../../../shared/actions/evidence/collect.ts';
import { readObject } from '../../../simulator/services/s3.ts';
import {
  components,
  faultsOf,
  inStores,
  primary,
  recovery,
  type Scene,
  stepsOf,
} from '../../support/stores-world.ts';

const { evidence, replica } = components;
const from = '2026-03-10T16:00:00Z';
const why = (...texts: string[]) => texts.map(text => ({ what: expect.stringContaining(text) }));
const reports = 'lifeboat-shop-reports';
const sha256 = (text: string | undefined) =>
  createHash('sha256')
    .update(text ?? '')
    .digest('hex');
const keyOf = (location: unknown, bucket: string) => String(location).replace(`s3://${bucket}/`, '');

/** Somebody changes `count` objects, and CloudTrail has delivered it. */
async function activity({ call, wait }: Scene, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await call('s3.PutObject', { Bucket: 'shop-evidence', Key: `k${n}`, Body: 'x' });
  await wait(600);
}

describe('evidence.audit-trail', () => {
  it('keeps all events of the time, page by page, with a list of hashes that can be checked', () =>
    inStores(async scene => {
      await activity(scene, 120);
      const { seen } = await stepsOf(trail, scene, { region: recovery, from }).carryOut();
      expect(seen).toMatchObject({ status: 'done', outputs: { events: 120, complete: 'yes' } });
      if (seen.status !== 'done') return;
      const list = readObject(
        scene.world,
        reports,
        `${keyOf(seen.outputs.location, reports)}audit-trail.json`,
      );
      expect(sha256(list)).toBe(seen.outputs.sha256);
      const [file] = JSON.parse(list ?? '{}').files;
      const text = readObject(scene.world, reports, keyOf(file.location, reports));
      expect(sha256(text)).toBe(file.sha256);
      expect(text?.split('\n')).toHaveLength(120);
    }));

  it('waits for a region that does not answer, and refuses a time that is none', () =>
    inStores(async scene => {
      scene.world.loseRegion(primary);
      const step = stepsOf(trail, scene, { region: primary, from });
      expect(await step.observe({ to: '2026-03-10T17:00:00Z' })).toMatchObject({ status: 'pending' });
      const backwards = stepsOf(trail, scene, { region: recovery, from, to: '2026-03-09T00:00:00Z' });
      expect(await backwards.prepare()).toMatchObject({ status: 'refused', reasons: why('not before') });
    }));

  it('says which log group is not there', () =>
    inStores(async scene => {
      const step = stepsOf(trail, scene, { region: recovery, from, logGroups: ['/aws/eks/gone/cluster'] });
      await expect(step.observe({ to: '2026-03-10T17:00:00Z' })).rejects.toMatchObject({
        message: expect.stringContaining('logs.FilterLogEvents'),
      });
    }));

  it('may read the log groups that it names', () =>
    inStores(async scene => {
      const logs = stepsOf(trail, scene, { region: recovery, from, logGroups: ['/aws/eks/shop/cluster'] })
        .permissions()
        .filter(({ actions }) => actions.includes('logs:FilterLogEvents'));
      expect(logs.flatMap(({ resources }) => resources)).toEqual([
        'arn:${AWS::Partition}:logs:ap-southeast-4:${AWS::AccountId}:log-group:/aws/eks/shop/cluster:*',
      ]);
    }));
});

describe('evidence.collect', () => {
  const given = { bucket: evidence, keepFor: 30 };

  it('locks a copy of everything the run has kept, with a list, also with lost replies', () =>
    inStores(
      async scene => {
        await activity(scene, 3);
        await stepsOf(trail, scene, { region: recovery, from }).carryOut();
        const step = stepsOf(collect, scene, given);
        const { seen, baseline } = await step.carryOut();
        await step.act(baseline);
        expect(seen).toMatchObject({ status: 'done', outputs: { files: 2 } });
        if (seen.status !== 'done') return;
        const key = keyOf(seen.outputs.manifest, 'shop-evidence');
        const list = readObject(scene.world, 'shop-evidence', key);
        expect(sha256(list)).toBe(seen.outputs.sha256);
        const { files } = JSON.parse(list ?? '{}');
        for (const file of files) {
          expect(sha256(readObject(scene.world, 'shop-evidence', file.key))).toBe(file.sha256);
          const head = await scene.call('s3.HeadObject', { Bucket: 'shop-evidence', Key: file.key });
          expect(head.ObjectLockRetainUntilDate).toEqual(new Date('2026-04-09T16:50:00Z'));
        }
      },
      { faults: faultsOf({ 's3.CopyObject': ['lost-reply', 'error5xx'] }) },
    ));

  it('fails when a file was changed after it was kept', () =>
    inStores(async scene => {
      await activity(scene, 1);
      const { seen } = await stepsOf(trail, scene, { region: recovery, from }).carryOut();
      if (seen.status !== 'done') throw new Error('not kept');
      const step = stepsOf(collect, scene, given);
      const preparation = await step.prepare();
      if (preparation.status !== 'ready') throw new Error('not ready');
      const Key = `${keyOf(seen.outputs.location, reports)}audit-trail.json`;
      await scene.call('s3.PutObject', {
        Bucket: reports,
        Key,
        Body: '{}',
        Metadata: { sha256: '0'.repeat(64) },
      });
      await step.act(preparation.baseline);
      expect(await step.observe(preparation.baseline)).toMatchObject({
        status: 'failed',
        reasons: why('not what it was when it was kept'),
      });
    }));

  it('refuses a bucket without a lock, and a run that has kept nothing', () =>
    inStores(async scene => {
      const unlocked = stepsOf(collect, scene, { ...given, bucket: replica });
      expect(await unlocked.prepare()).toMatchObject({ status: 'refused', reasons: why('not declared') });
      expect(await stepsOf(collect, scene, given).prepare()).toMatchObject({
        status: 'refused',
        reasons: why('has kept any evidence'),
      });
    }));

  it('can never delete, and lock only in its bucket', () =>
    inStores(async scene => {
      const permissions = stepsOf(collect, scene, given).permissions();
      expect(permissions.flatMap(({ actions }) => actions).join()).not.toContain('Delete');
      const writing = permissions.filter(({ actions }) => actions.includes('s3:PutObject'));
      expect(writing.flatMap(({ resources }) => resources)).toEqual([
        'arn:${AWS::Partition}:s3:::shop-evidence/*',
      ]);
    }));
});
