import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { action as copy } from '../../../shared/actions/rds/copy-snapshot.ts';
import { action as create } from '../../../shared/actions/rds/create-snapshot.ts';
import { action as list } from '../../../shared/actions/rds/list-snapshots.ts';
import { action as restore } from '../../../shared/actions/rds/restore.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { type DatabaseWorld, databaseWorld } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import { besideTarget, database, outageStartedAt, primary, recovery, target } from './support.ts';

let here: DatabaseWorld;
let at: InWorld;
const begin = (...faults: string[]) => {
  here?.stop();
  here = databaseWorld(faults);
  at = actionsIn(here);
};
beforeEach(() => begin());
afterEach(() => here.stop());

const ofRun = (region: string) =>
  rdsState(here.world)
    .snapshots.filter(({ region: one, shown }) => one === region && shown.TagList?.length)
    .map(({ shown }) => shown.DBSnapshotIdentifier);

describe('rds.create-snapshot', () => {
  test('is done when the snapshot can be restored, and says what its data is of', async () => {
    const { outputs, baseline } = await at.run(create, { database });
    expect(outputs).toEqual({
      snapshot: 'app-production-restore-20260310-abc123',
      arn: 'arn:aws:rds:ap-southeast-2:123456789012:snapshot:app-production-restore-20260310-abc123',
      pointTime: outageStartedAt,
    });
    const { outputs: restored } = await at.run(restore, {
      target: besideTarget,
      method: 'snapshot',
      from: outputs.snapshot,
      pointTime: outputs.pointTime,
    });
    expect(restored.pointTime).toBe(outageStartedAt);
    expect(await at.undo(create, { database }, baseline)).toMatchObject({
      evidence: [{ what: expect.stringContaining('is kept') }],
    });
    expect(ofRun(primary)).toHaveLength(1);
  });

  test('is only prepared in a drill; what a drill made it removes, and nothing else', async () => {
    expect(create.drill).toBe('prepare-only');
    const { baseline } = await at.run(create, { database });
    expect((await at.undo(create, { database }, baseline, 'drill')).status).toBe('done');
    expect(ofRun(primary)).toEqual([]);
    const other = { ...baseline, snapshot: 'rds:app-production-2026-03-10' };
    expect((await at.undo(create, { database }, other, 'drill')).status).toBe('failed');
  });

  test.each(['lost-reply:rds.CreateDBSnapshot', 'error5xx:rds.CreateDBSnapshot'])(
    'takes one snapshot with the fault %s',
    async fault => {
      begin(fault);
      await at.run(create, { database });
      expect(ofRun(primary)).toHaveLength(1);
    },
  );

  test('refuses an instance that is not there, or that RDS takes none of, and a name that is taken', async () => {
    expect(reasonsOf(await at.prepare(create, { database, instance: 'other' }))).toContain(
      'no DB instance other',
    );
    expect(reasonsOf(await at.prepare(create, { database: target }))).toContain('which instance');
    await here.call('rds', 'RebootDBInstance', primary, {
      DBInstanceIdentifier: 'app-production',
      ForceFailover: true,
    });
    expect(reasonsOf(await at.prepare(create, { database }))).toContain('app-production is rebooting');
    await here.pass(130);
    await here.call('rds', 'CreateDBSnapshot', primary, {
      DBInstanceIdentifier: 'app-production',
      DBSnapshotIdentifier: 'app-production-restore-20260310-abc123',
    });
    expect(reasonsOf(await at.prepare(create, { database }))).toContain('this run did not make it');
  });

  test('fails when the snapshot fails', async () => {
    await at.act(create, { database });
    const made = rdsState(here.world).snapshots.at(-1)?.shown;
    if (made) made.Status = 'failed';
    await expect(at.run(create, { database })).rejects.toThrow(/is failed/);
  });
});

describe('rds.copy-snapshot', () => {
  test('copies the newest snapshot into the other region, with the key of that region', async () => {
    const { outputs, baseline } = await at.run(copy, { target });
    expect(outputs).toMatchObject({
      snapshot: 'app-dr-restore-20260310-abc123',
      pointTime: '2026-03-10T14:00:00.000Z',
    });
    expect(outputs.ageSeconds).toBeGreaterThan(9_720 + 600);
    const made = rdsState(here.world).snapshots.at(-1)?.shown;
    expect(made).toMatchObject({ SourceRegion: primary, Status: 'available' });
    expect(made?.KmsKeyId).toContain(`:kms:${recovery}:`);
    expect((await at.undo(copy, { target }, baseline, 'drill')).status).toBe('done');
    expect(ofRun(recovery)).toEqual([]);
  });

  test('copies the one that is named', async () => {
    const { outputs: taken } = await at.run(create, { database });
    const { outputs } = await at.run(copy, { target, snapshot: taken.arn });
    expect(outputs.pointTime).toBe(outageStartedAt);
  });

  test('copies the other way round, from the region that the plan names', async () => {
    const { outputs: there } = await at.run(copy, { target });
    const back = { target: besideTarget, snapshot: there.arn, sourceRegion: recovery };
    const { outputs } = await at.run(copy, back);
    expect(outputs.pointTime).toBe(there.pointTime);
    expect(rdsState(here.world).snapshots.at(-1)).toMatchObject({ region: primary });
  });

  test.each(['lost-reply:rds.CopyDBSnapshot', 'stale-read:rds'])(
    'copies once with the fault %s',
    async fault => {
      begin(fault);
      await at.run(copy, { target });
      expect(ofRun(recovery)).toHaveLength(1);
    },
  );

  test('refuses a source region that does not answer, a key that is gone, and a snapshot that is not there', async () => {
    expect(reasonsOf(await at.prepare(copy, { target, snapshot: 'other' }))).toContain(
      'no available snapshot other',
    );
    begin('kms-key-missing');
    expect(reasonsOf(await at.prepare(copy, { target }))).toContain('KMS key');
    begin();
    here.world.loseRegion(primary);
    expect(reasonsOf(await at.prepare(copy, { target }))).toContain('does not answer');
    expect(at.changes).toEqual([]);
  });
});

describe('rds.list-snapshots', () => {
  test('lists what is in the region, the newest first, with its age', async () => {
    const { outputs } = await at.run(list, { target });
    expect(outputs).toMatchObject({ count: 8, usable: 8, newest: { method: 'automated-backup' } });
    const points = outputs.points as { pointTime: string }[];
    expect(points.map(({ pointTime }) => pointTime)).toEqual(
      points
        .map(({ pointTime }) => pointTime)
        .toSorted()
        .reverse(),
    );
  });

  test('leaves out what is younger than the time before the data went wrong', async () => {
    const { outputs } = await at.run(list, { target, before: '2026-03-08T00:00:00Z' });
    expect(outputs.newest).toMatchObject({ pointTime: '2026-03-08T00:00:00.000Z' });
    expect(outputs.count).toBe(5);
  });

  test('refuses when the newest is too old', async () => {
    await expect(at.run(list, { target, before: '2026-03-08T00:00:00Z', maxAge: '1h' })).rejects.toThrow(
      /64 h 42 min old, more than the allowed 1 h/,
    );
  });

  test('refuses where none can be used, and says why, before anybody is asked about the newest', async () => {
    begin('kms-key-missing');
    const withoutKey = await at.prepare(list, { target });
    expect(withoutKey).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringMatching(/^KMS key .* is PendingDeletion$/), mend: expect.any(String) }],
      evidence: [{ what: expect.stringContaining('No usable restore point of app-production') }],
    });
    begin();
    const tooEarly = await at.prepare(list, { target, before: '2020-01-01T00:00:00Z' });
    expect(tooEarly).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining('not younger than 2020-01-01T00:00:00Z') }],
    });
  });
});

test('each may make, and remove, only snapshots of its own name and tag', () => {
  const regions = { primary, recovery };
  const statements = [
    ...create.permissions(create.parameters.parse({ database }), regions),
    ...copy.permissions(copy.parameters.parse({ target }), regions),
  ];
  const removing = statements.filter(({ actions }) => actions.includes('rds:DeleteDBSnapshot'));
  expect(removing.map(({ resources }) => resources[0]?.split(':').at(-1))).toEqual([
    'app-production-*',
    'app-dr-*',
  ]);
  for (const { conditions } of removing) {
    expect(conditions).toEqual({ Null: { 'aws:ResourceTag/lifeboat:run': 'false' } });
  }
  expect(statements.flatMap(({ resources }) => resources)).not.toContain('*');
});
