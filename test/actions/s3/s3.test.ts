import { describe, expect, it } from 'vitest';
import { action as copy } from '../../../shared/actions/s3/copy.ts';
import { action as latest } from '../../../shared/actions/s3/latest.ts';
import { action as put } from '../../../shared/actions/s3/put.ts';
import { action as check } from '../../../shared/actions/s3/replication-check.ts';
import { lastingState } from '../../../simulator/invariants/lasting-state.ts';
import { readObject } from '../../../simulator/services/s3.ts';
import { components, faultsOf, inStores, primary, stepsOf } from '../../support/stores-world.ts';

const { backups, replica, evidence } = components;
const reasons = (...texts: string[]) => texts.map(text => ({ what: expect.stringContaining(text) }));

describe('s3.latest', () => {
  const where = { bucket: replica, prefix: 'database/' };

  it('chooses the newest whole file by the time of its data, with its manifest', () =>
    inStores(async scene => {
      const step = stepsOf(latest, scene, where);
      const { seen } = await step.carryOut();
      expect(seen).toMatchObject({
        status: 'done',
        outputs: {
          key: 'database/20260310-160000.sql.gz',
          pointTime: '2026-03-10T15:50:00.000Z',
          ageSeconds: 52 * 60,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      });
    }));

  it('chooses none whose data is from after the damage', () =>
    inStores(async scene => {
      const { seen } = await stepsOf(latest, scene, { ...where, before: '2026-03-10T15:40:00Z' }).carryOut();
      expect(seen).toMatchObject({
        outputs: { key: 'database/20260310-150000.sql.gz', ageSeconds: 50 * 60 },
      });
    }));

  it('passes over what is empty, half written, without manifest or suspect, and says so', () =>
    inStores(async scene => {
      const write = (Key: string, Body: string) =>
        scene.drive(scene.call('s3.PutObject', { Bucket: 'shop-backups-dr', Key, Body }));
      const manifest = (more: object) =>
        JSON.stringify({ sourceTime: '2026-03-10T16:40:00Z', bytes: 5, ...more });
      // A key that comes last in the alphabet and is written last.
      await write('database/zz-half.sql.gz', 'abc');
      await write('database/zz-half.sql.gz.manifest.json', manifest({}));
      await write('database/zz-none.sql.gz', 'abcde');
      await write('database/zz-empty.sql.gz', '');
      await write('database/zz-suspect.sql.gz', 'abcde');
      await write('database/zz-suspect.sql.gz.manifest.json', manifest({ suspect: true }));
      await write('database/zz-other.sql.gz', 'abcde');
      await write('database/zz-other.sql.gz.manifest.json', manifest({ sha256: '0'.repeat(64) }));
      const preparation = await stepsOf(latest, scene, where).prepare();
      expect(preparation).toMatchObject({
        status: 'ready',
        baseline: { key: 'database/20260310-160000.sql.gz' },
      });
      const passed = preparation.evidence.map(({ what }) => what).join('\n');
      for (const why of ['3 bytes, and 5', 'no manifest', 'is empty', 'suspect', 'SHA-256'])
        expect(passed).toContain(why);
    }));

  it('refuses when nothing is there, nothing is usable, or too much would be lost', () =>
    inStores(async scene => {
      const refusal = async (given: object) => stepsOf(latest, scene, { ...where, ...given }).prepare();
      expect(await refusal({ prefix: 'nothing/' })).toMatchObject({ reasons: reasons('nothing under') });
      expect(await refusal({ before: '2020-01-01T00:00:00Z' })).toMatchObject({
        reasons: reasons('None of'),
      });
      expect(await refusal({ maxAge: '30m' })).toMatchObject({ reasons: reasons('loses 52 min') });
    }));

  it('fails when the chosen file is gone before it is used', () =>
    inStores(async scene => {
      const step = stepsOf(latest, scene, where);
      const preparation = await step.prepare();
      if (preparation.status !== 'ready') throw new Error('not ready');
      const { key, versionId } = preparation.baseline;
      await scene.call('s3.DeleteObject', { Bucket: 'shop-backups-dr', Key: key, VersionId: versionId });
      expect(await step.observe(preparation.baseline)).toMatchObject({ reasons: reasons('was removed') });
    }));
});

describe('s3.put', () => {
  const given = { bucket: evidence, key: 'state/one.json', content: { ok: true } };

  it('writes once, also when the reply is lost, and is done when the content is there', () =>
    inStores(
      async scene => {
        const step = stepsOf(put, scene, given);
        const { seen, baseline } = await step.carryOut();
        await step.act(baseline);
        expect(seen).toMatchObject({ outputs: { location: 's3://shop-evidence/state/one.json' } });
        expect(readObject(scene.world, 'shop-evidence', 'state/one.json')).toBe('{\n  "ok": true\n}\n');
        expect(scene.world.changes.filter(({ what }) => what === 'The object is made')).toHaveLength(1);
        expect(await step.prepare()).toMatchObject({ status: 'already-done' });
      },
      { faults: faultsOf({ 's3.PutObject': ['lost-reply'] }) },
    ));

  it('never writes over something else, and undo removes only its own', () =>
    inStores(async scene => {
      await scene.call('s3.PutObject', { Bucket: 'shop-evidence', Key: given.key, Body: 'theirs' });
      const step = stepsOf(put, scene, given);
      expect(await step.prepare()).toMatchObject({ status: 'refused', reasons: reasons('something else') });
      await step.act({});
      expect(await step.observe({})).toMatchObject({ status: 'failed' });
      expect(await step.undo({})).toMatchObject({ status: 'done' });
      expect(readObject(scene.world, 'shop-evidence', given.key)).toBe('theirs');
      const own = stepsOf(put, scene, { ...given, key: 'own' });
      await own.carryOut();
      expect(await own.undo({})).toMatchObject({ status: 'done' });
      expect(readObject(scene.world, 'shop-evidence', 'own')).toBeUndefined();
    }));

  it('locks evidence, which undo leaves, and only where there is a lock', () =>
    inStores(async scene => {
      const step = stepsOf(put, scene, { ...given, keepFor: 30 });
      const { seen, baseline } = await step.carryOut();
      if (seen.status !== 'done') throw new Error('not done');
      await expect(
        scene.call('s3.DeleteObject', {
          Bucket: 'shop-evidence',
          Key: given.key,
          VersionId: seen.outputs.versionId,
        }),
      ).rejects.toMatchObject({ name: 'AccessDenied' });
      expect(await step.undo(baseline)).toMatchObject({ status: 'done' });
      expect(readObject(scene.world, 'shop-evidence', given.key)).toBeDefined();
      const unlocked = stepsOf(put, scene, { ...given, bucket: replica, keepFor: 30 });
      expect(await unlocked.prepare()).toMatchObject({ status: 'refused', reasons: reasons('evidence') });
    }));

  it('is refused in a drill for a bucket of production', () =>
    inStores(
      async scene => {
        const step = stepsOf(put, scene, { ...given, bucket: backups });
        expect(await step.prepare()).toMatchObject({
          status: 'refused',
          reasons: reasons('This is a drill'),
        });
      },
      { mode: 'drill' },
    ));
});

describe('s3.copy', () => {
  it('copies all under a prefix, with lost replies, and undo removes what it made', () =>
    inStores(
      async scene => {
        const given = { from: replica, to: evidence, prefix: 'database/', under: 'kept/' };
        const step = stepsOf(copy, scene, given);
        const { seen, baseline } = await step.carryOut();
        expect(seen).toMatchObject({ status: 'done', outputs: { objects: 28 } });
        expect(readObject(scene.world, 'shop-evidence', 'kept/database/20260310-160000.sql.gz')).toContain(
          'simulated file',
        );
        expect(lastingState(scene.world)).toContain(
          'object shop-evidence/kept/database/20260310-160000.sql.gz of a run',
        );
        expect(await step.prepare()).toMatchObject({ status: 'already-done', outputs: { objects: 28 } });
        expect(await step.undo(baseline)).toMatchObject({ status: 'done' });
        expect(lastingState(scene.world).filter(line => line.startsWith('object'))).toEqual([]);
        expect(
          readObject(scene.world, 'shop-evidence', 'kept/database/20260310-160000.sql.gz'),
        ).toBeUndefined();
      },
      { faults: faultsOf({ 's3.CopyObject': ['lost-reply', 'error5xx'] }) },
    ));

  it('refuses what is not there, and what would replace another content', () =>
    inStores(async scene => {
      const given = { from: replica, to: evidence, key: 'database/20260310-160000.sql.gz' };
      const missing = stepsOf(copy, scene, { ...given, key: 'nothing' });
      expect(await missing.prepare()).toMatchObject({ reasons: reasons('no object nothing') });
      await scene.call('s3.PutObject', { Bucket: 'shop-evidence', Key: given.key, Body: 'theirs' });
      expect(await stepsOf(copy, scene, given).prepare()).toMatchObject({
        reasons: reasons('another content'),
      });
    }));

  it('takes either a key or a prefix', () => {
    const both = { from: replica, to: evidence, key: 'a', prefix: 'b' };
    expect(copy.parameters.safeParse(both).success).toBe(false);
  });
});

describe('s3.replication-check', () => {
  const given = { source: backups, replica, prefix: 'database/', within: '20m', arrivesEvery: '1h' };

  it('is done when the newest files are in the replica', () =>
    inStores(async scene => {
      const { seen } = await stepsOf(check, scene, given).carryOut();
      expect(seen).toMatchObject({ status: 'done', outputs: { compared: 'yes', behindSeconds: 0 } });
    }));

  it('fails when a file did not come within the RPO, and not before', () =>
    inStores(async scene => {
      const Key = 'database/late.sql.gz';
      await scene.call('s3.PutObject', { Bucket: 'shop-backups', Key, Body: 'x' }, primary);
      const step = stepsOf(check, scene, given);
      expect(await step.observe({})).toMatchObject({ status: 'done' });
      await scene.wait(1000);
      await scene.call('s3.DeleteObject', { Bucket: 'shop-backups-dr', Key });
      await scene.wait(400);
      expect(await step.observe({})).toMatchObject({ status: 'failed', reasons: reasons(Key) });
    }));

  it('judges by age when the source is lost, and never says it compared', () =>
    inStores(async scene => {
      scene.world.loseRegion(primary);
      const step = stepsOf(check, scene, given);
      expect(await step.prepare()).toMatchObject({ status: 'ready' });
      expect(await step.observe({})).toMatchObject({
        status: 'done',
        outputs: { compared: 'no', behindSeconds: 42 * 60 },
      });
      const strict = stepsOf(check, scene, { ...given, within: '5m', arrivesEvery: '30m' });
      expect(await strict.observe({})).toMatchObject({
        status: 'failed',
        reasons: reasons('older than the outage'),
      });
    }));

  it('refuses a bucket that is not replicated', () =>
    inStores(async scene => {
      const step = stepsOf(check, scene, { ...given, source: replica, replica: backups });
      expect(await step.prepare()).toMatchObject({
        status: 'refused',
        reasons: reasons('replicates nothing'),
      });
    }));
});

it('may write only where the plan says', () =>
  inStores(async scene => {
    const step = stepsOf(put, scene, { bucket: evidence, key: 'state/${run.id}.json', content: 'x' });
    const writing = step.permissions().filter(({ actions }) => actions.includes('s3:PutObject'));
    expect(writing.map(({ resources }) => resources)).toEqual([
      ['arn:${AWS::Partition}:s3:::shop-evidence/state/*.json'],
    ]);
    const copying = stepsOf(copy, scene, { from: replica, to: evidence, prefix: 'a/' }).permissions();
    const changing = copying.filter(({ actions }) => actions.includes('s3:DeleteObject'));
    expect(changing.flatMap(({ resources }) => resources)).toEqual([
      'arn:${AWS::Partition}:s3:::shop-evidence/a/*',
    ]);
  }));
