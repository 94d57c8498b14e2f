import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { action as create } from '../../../shared/actions/rds/create-instance.ts';
import { action as replicate } from '../../../shared/actions/rds/create-read-replica.ts';
import { action as remove } from '../../../shared/actions/rds/delete-instance.ts';
import { action as promote } from '../../../shared/actions/rds/promote-replica.ts';
import { action as backups } from '../../../shared/actions/rds/replicate-backups.ts';
import { action as restore } from '../../../shared/actions/rds/restore.ts';
import { masterUser } from '../../../shared/aws/rds-master-user.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { databaseAt, endpointOf } from '../../../simulator/services/rds.ts';
import { type DatabaseWorld, databaseWorld } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import { besideTarget, contextFor, instanceName, newDatabase, primary, recovery, target } from './support.ts';

let here: DatabaseWorld;
let at: InWorld;
const begin = (...faults: string[]) => {
  here?.stop();
  here = databaseWorld(faults);
  at = actionsIn(here);
};
beforeEach(() => begin());
afterEach(() => here.stop());

const instances = (region: string) =>
  [...rdsState(here.world).instances.values()]
    .filter(one => one.region === region)
    .map(({ shown }) => shown.DBInstanceIdentifier);
const shown = (region: string, id: string) => rdsState(here.world).instances.get(`${region}/${id}`)?.shown;

describe('rds.create-instance', () => {
  const made = instanceName.replace('app-dr', 'app-new');
  const parameters = { database: newDatabase };

  test('makes an empty database that takes writes, and removes it again', async () => {
    const { outputs, baseline } = await at.run(create, parameters);
    expect(outputs).toEqual({ instance: made, endpoint: endpointOf(recovery, made), port: 5432 });
    expect(shown(recovery, made)).toMatchObject({
      MasterUsername: 'lifeboat',
      DeletionProtection: true,
      DBName: 'app',
    });
    expect((await at.undo(create, parameters, baseline, 'drill')).status).toBe('done');
    expect(instances(recovery)).toEqual([]);
  });

  test('makes one with the fault of a lost reply', async () => {
    begin('lost-reply:rds.CreateDBInstance');
    await at.run(create, parameters);
    expect(instances(recovery)).toEqual([made]);
  });

  test('refuses all that is missing at once, and never shows the password', async () => {
    const wrong = { ...newDatabase, subnetGroup: 'other', kmsKey: 'alias/other' };
    const reasons = reasonsOf(await at.prepare(create, { database: wrong }));
    expect(reasons).toContain('Subnet group other');
    expect(reasons).toContain('KMS key alias/other');
    expect(reasonsOf(await at.prepare(create, { database: { ...newDatabase, engine: 'mysql' } }))).toContain(
      'no mysql:// URL',
    );
  });

  test("refuses somebody else's instance of the same name", async () => {
    await at.run(create, parameters);
    const found = shown(recovery, made);
    if (found) found.TagList = [];
    expect(reasonsOf(await at.prepare(create, parameters))).toContain('was not made by this run');
  });
});

describe('rds.create-read-replica', () => {
  const parameters = { target };

  test('is done when it replicates and has caught up; it takes no writes', async () => {
    const { outputs, baseline } = await at.run(replicate, parameters);
    expect(outputs.lagSeconds).toBeLessThanOrEqual(20);
    expect(databaseAt(here.world, String(outputs.endpoint))).toMatchObject({
      reachable: true,
      writable: false,
    });
    expect(shown(recovery, instanceName)?.KmsKeyId).toContain(`:kms:${recovery}:`);
    expect((await at.undo(replicate, parameters, baseline, 'drill')).status).toBe('done');
    expect(shown(primary, 'app-production')?.ReadReplicaDBInstanceIdentifiers).toEqual([]);
  });

  test('waits while it lags, and fails when replication has ended', async () => {
    const work = at.run(replicate, { ...parameters, maxLag: '1s' });
    await expect(work).rejects.toThrow('never done');
    const info = shown(recovery, instanceName)?.StatusInfos?.[0];
    if (info) info.Status = 'terminated';
    await expect(at.run(replicate, parameters)).rejects.toThrow(/replication to .* has ended: terminated/);
  });

  test('makes one with the fault of a lost reply', async () => {
    begin('lost-reply:rds.CreateDBInstanceReadReplica');
    await at.run(replicate, parameters);
    expect(instances(recovery)).toEqual([instanceName]);
  });

  test('the way back: a replica of what a run restored, which can be promoted', async () => {
    const { outputs: restored } = await at.run(restore, { target, pointTime: '2026-03-10T16:00:00Z' });
    const back = { target: besideTarget, sourceInstance: restored.instance, sourceRegion: recovery };
    const { outputs } = await at.run(replicate, back);
    const accepting = {
      replica: besideTarget,
      instance: outputs.instance,
      maxLoss: '1h',
      acceptedRisks: ['unfenced-writer'],
    };
    expect(reasonsOf(await at.prepare(promote, accepting, 'planned'))).toContain(
      `${restored.instance} in ap-southeast-4`,
    );
    here.world.loseRegion(recovery);
    const { outputs: promoted } = await at.run(promote, accepting);
    expect(databaseAt(here.world, String(promoted.endpoint))?.writable).toBe(true);
  });

  test('refuses a source that is silent, gone, or has no backups', async () => {
    expect(reasonsOf(await at.prepare(replicate, { target, sourceInstance: 'other' }))).toContain(
      'no DB instance other',
    );
    const source = shown(primary, 'app-production');
    if (source) source.BackupRetentionPeriod = 0;
    expect(reasonsOf(await at.prepare(replicate, parameters))).toContain('no automated backups');
    here.world.loseRegion(primary);
    expect(reasonsOf(await at.prepare(replicate, parameters))).toContain('does not answer');
    expect(at.changes).toEqual([]);
  });
});

describe('rds.delete-instance', () => {
  const parameters = { target: besideTarget, instance: instanceName.replace('app-dr', 'app-repaired') };
  const pointTime = '2026-03-10T16:00:00Z';

  test('removes what this run made, and is done when it is gone; a final snapshot is kept', async () => {
    await at.run(restore, { target: besideTarget, pointTime });
    await at.run(remove, parameters);
    expect(instances(primary)).toEqual(['app-production']);
    const kept = rdsState(here.world).snapshots.filter(one =>
      one.shown.DBSnapshotIdentifier?.includes('final'),
    );
    expect(kept).toHaveLength(1);
    expect(await at.run(remove, parameters)).toMatchObject({ outputs: { instance: parameters.instance } });
  });

  test('leaves no snapshot behind in a drill', async () => {
    await at.run(restore, { target: besideTarget, pointTime }, 'drill');
    await at.run(remove, parameters, 'drill');
    const kept = rdsState(here.world).snapshots.filter(one =>
      one.shown.DBSnapshotIdentifier?.includes('final'),
    );
    expect(kept).toEqual([]);
  });

  test('never removes what does not carry the tag of this run', async () => {
    const production = { ...parameters, instance: 'app-production' };
    expect(reasonsOf(await at.prepare(remove, production))).toContain('does not carry the tag');
    await at.run(restore, { target: besideTarget, pointTime });
    const made = shown(primary, parameters.instance);
    if (made) made.TagList = [];
    expect(reasonsOf(await at.prepare(remove, parameters))).toContain('does not carry the tag');
    expect(here.world.calls.get('rds.DeleteDBInstance')).toBeUndefined();
  });
});

describe('rds.replicate-backups', () => {
  const stopOld = () =>
    here.call('rds', 'StopDBInstanceAutomatedBackupsReplication', recovery, {
      SourceDBInstanceArn: 'arn:aws:rds:ap-southeast-2:123456789012:db:app-production',
    });

  test('is done already where the backups are replicated', async () => {
    const { outputs } = await at.run(backups, { target });
    expect(outputs.ageSeconds).toBeLessThanOrEqual(601);
    expect(at.changes).toEqual([]);
  });

  test('is done when the newest moment in the other region is young enough; undo ends the replication', async () => {
    await stopOld();
    const { outputs, baseline } = await at.run(backups, { target });
    expect(outputs.ageSeconds).toBeLessThanOrEqual(1_800);
    expect(at.changes).toMatchObject([
      { call: 'rds.StartDBInstanceAutomatedBackupsReplication', region: recovery },
    ]);
    expect((await at.undo(backups, { target }, baseline)).status).toBe('done');
  });

  test.each(['lost-reply', 'error5xx'])('replicates once with the fault %s', async fault => {
    begin(`${fault}:rds.StartDBInstanceAutomatedBackupsReplication`);
    await stopOld();
    await at.run(backups, { target });
    expect(here.world.changes.filter(({ what }) => what.includes('are being replicated'))).toHaveLength(1);
  });

  test('refuses its own region, a silent one, and a database without backups', async () => {
    expect(reasonsOf(await at.prepare(backups, { target: besideTarget }))).toContain(
      'where its backups are already',
    );
    await stopOld();
    const source = shown(primary, 'app-production');
    if (source) source.BackupRetentionPeriod = 0;
    expect(reasonsOf(await at.prepare(backups, { target }))).toContain('no automated backups');
    here.world.loseRegion(primary);
    expect(reasonsOf(await at.prepare(backups, { target }))).toContain('does not answer');
  });
});

test.each([
  ['postgresql://app:p%40ssword1@h:5432/app', 'RDS would refuse the password'],
  ['postgresql://app:short@h:5432/app', 'RDS would refuse the password'],
  ['{"username":"1app","password":"long-enough-1"}', 'no user that RDS could make'],
  ['nothing of use', "can't be used"],
])('a password that RDS would refuse is refused before, and not shown', async (secret, words) => {
  const user = await masterUser(contextFor({ secret }), newDatabase);
  expect(JSON.stringify(user)).toContain(words);
  expect(JSON.stringify(user)).not.toMatch(/p@ssword1|short|long-enough/);
});

test('none may change or remove anything but what carries the tag of a run', () => {
  const regions = { primary, recovery };
  const statements = [
    ...create.permissions({ database: newDatabase }, regions),
    ...replicate.permissions(replicate.parameters.parse({ target }), regions),
    ...remove.permissions({ target: besideTarget, instance: 'x' }, regions),
  ];
  const changing = statements.filter(({ actions }) => actions.some(name => /Delete|Modify/.test(name)));
  expect(changing).toHaveLength(3);
  for (const { conditions, resources } of changing) {
    expect(conditions).toEqual({ Null: { 'aws:ResourceTag/lifeboat:run': 'false' } });
    expect(resources.every(arn => /:db:app-\w+-\*$/.test(arn))).toBe(true);
  }
});
