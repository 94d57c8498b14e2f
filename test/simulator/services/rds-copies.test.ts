import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseAt, endpointOf, lineageOf, service } from '../../../simulator/services/rds.ts';
import type { Blow } from '../../../simulator/world/world.ts';
import { database, primary, recovery } from '../../actions/rds/support.ts';
import { type DatabaseWorld, databaseWorld, withReplica } from './database-world.ts';

let here: DatabaseWorld;
beforeEach(() => {
  here = databaseWorld([], 1, withReplica);
});
afterEach(() => here.stop());

const live = endpointOf(primary, 'app-production');
const production = { DBInstanceIdentifier: 'app-production' };
const call = (operation: string, region: string, input: Record<string, unknown>) =>
  here.call('rds', operation, region, input);
const instanceOf = async (region: string, id: string) =>
  (await call('DescribeDBInstances', region, { DBInstanceIdentifier: id })).DBInstances?.[0];
const beside = {
  TargetDBInstanceIdentifier: 'copy',
  SourceDBInstanceIdentifier: 'app-production',
  DBInstanceClass: 'db.r6g.large',
  DBSubnetGroupName: 'app-production',
  DBParameterGroupName: 'app-pg16',
  VpcSecurityGroupIds: ['sg-0live'],
  BackupRetentionPeriod: 7,
};
const strike = (blow: Partial<Blow>) =>
  service.strike?.(here.world, { component: database, ...blow } as Blow) ?? (() => false);
const held = (host: string) => lineageOf(here.world, host);
/** The id of the live database, which no rename changes. */
const liveId = 'ap-southeast-2/app-production';

describe('what a database holds', () => {
  test('is everything that was committed there, and unknown for a host that is none', () => {
    expect(held(live)).toEqual({ id: liveId });
    expect(held('postgres.example')).toBeUndefined();
  });

  test('ends for a copy beside it at the moment that was restored', async () => {
    const RestoreTime = new Date(here.world.nowMs() - 3_600_000);
    await call('RestoreDBInstanceToPointInTime', primary, { ...beside, RestoreTime });
    await here.pass(3700);
    expect(held(endpointOf(primary, 'copy'))).toEqual({
      id: expect.stringContaining('ap-southeast-2/copy'),
      copyOf: { id: liveId, untilMs: RestoreTime.getTime() },
    });
  });

  test('goes with the instance when two swap their names', async () => {
    const RestoreTime = new Date(here.world.nowMs() - 3_600_000);
    await call('RestoreDBInstanceToPointInTime', primary, { ...beside, RestoreTime });
    await here.pass(3700);
    const rename = (from: string, to: string) =>
      call('ModifyDBInstance', primary, {
        DBInstanceIdentifier: from,
        NewDBInstanceIdentifier: to,
        ApplyImmediately: true,
      });
    await rename('app-production', 'app-old');
    expect(databaseAt(here.world, live)?.reachable).toBe(false);
    await expect(rename('copy', 'app-production')).rejects.toMatchObject({
      name: 'DBInstanceAlreadyExistsFault',
    });
    await here.pass(730);
    expect(databaseAt(here.world, live)).toBeUndefined();
    await rename('copy', 'app-production');
    await here.pass(730);
    expect(databaseAt(here.world, live)).toMatchObject({ instance: 'app-production', writable: true });
    expect(databaseAt(here.world, endpointOf(primary, 'app-old'))?.writable).toBe(true);
    expect(held(live)?.copyOf).toEqual({ id: liveId, untilMs: RestoreTime.getTime() });
    expect(held(endpointOf(primary, 'app-old'))).toEqual({ id: liveId });
    expect(await instanceOf(primary, 'app-production')).toMatchObject({
      Endpoint: { Address: live },
      DBInstanceStatus: 'available',
    });
  });

  test('is kept by a snapshot and its copy, whatever is written afterwards', async () => {
    const takenAtMs = here.world.nowMs();
    await call('CreateDBSnapshot', primary, { ...production, DBSnapshotIdentifier: 'safe' });
    const asked = { DBSnapshotIdentifier: 'safe' };
    expect((await call('DescribeDBSnapshots', primary, asked)).DBSnapshots?.[0]?.Status).toBe('creating');
    const arn = 'arn:aws:rds:ap-southeast-2:123456789012:snapshot:safe';
    const copy = {
      SourceDBSnapshotIdentifier: arn,
      TargetDBSnapshotIdentifier: 'safe-copy',
      KmsKeyId: 'alias/app-dr',
    };
    await expect(call('CopyDBSnapshot', recovery, copy)).rejects.toMatchObject({
      name: 'InvalidDBSnapshotStateFault',
    });
    await here.pass(1_900);
    await call('CopyDBSnapshot', recovery, copy);
    await here.pass(5_500);
    const { TargetDBInstanceIdentifier: _, SourceDBInstanceIdentifier: __, ...settings } = beside;
    await call('RestoreDBInstanceFromDBSnapshot', recovery, {
      ...settings,
      DBInstanceIdentifier: 'from-copy',
      DBSnapshotIdentifier: 'safe-copy',
      DBSubnetGroupName: 'app-dr',
      VpcSecurityGroupIds: ['sg-0dr'],
    });
    await here.pass(1_900);
    expect(held(endpointOf(recovery, 'from-copy'))?.copyOf).toEqual({ id: liveId, untilMs: takenAtMs });
    await expect(
      call('DescribeDBSnapshots', primary, { DBSnapshotIdentifier: 'other' }),
    ).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
  });
});

describe('a read replica', () => {
  const host = endpointOf(recovery, 'app-replica');

  test('is readable, takes no writes, and follows its source by seconds until that is lost', async () => {
    const at = () => databaseAt(here.world, host);
    expect(at()).toMatchObject({ reachable: true, writable: false });
    const lagMs = here.world.nowMs() - (at()?.replayedAtMs ?? 0);
    expect(lagMs).toBeGreaterThanOrEqual(100);
    expect(lagMs).toBeLessThanOrEqual(20_000);
    here.world.loseRegion(primary);
    const lostAtMs = here.world.nowMs();
    await here.pass(600);
    expect(held(host)?.copyOf).toEqual({ id: liveId, untilMs: lostAtMs - lagMs });
  });

  test('is a writer when it has been promoted, with what it had replayed', async () => {
    const replica = { DBInstanceIdentifier: 'app-replica' };
    const promotedAtMs = here.world.nowMs();
    await call('PromoteReadReplica', recovery, replica);
    expect(databaseAt(here.world, host)?.reachable).toBe(false);
    await here.pass(901);
    expect(databaseAt(here.world, host)).toMatchObject({ writable: true, replayedAtMs: undefined });
    expect(held(host)?.copyOf?.id).toBe(liveId);
    expect(held(host)?.copyOf?.untilMs).toBeLessThan(promotedAtMs);
    expect((await instanceOf(primary, 'app-production'))?.ReadReplicaDBInstanceIdentifiers).toEqual([]);
    await expect(call('PromoteReadReplica', recovery, replica)).rejects.toMatchObject({
      name: 'InvalidDBInstanceStateFault',
    });
  });

  test('keeps its source from being stopped, and can be made in another region', async () => {
    await expect(call('StopDBInstance', primary, production)).rejects.toMatchObject({
      name: 'InvalidDBInstanceStateFault',
    });
    await call('CreateDBInstanceReadReplica', recovery, {
      DBInstanceIdentifier: 'second',
      SourceDBInstanceIdentifier: 'arn:aws:rds:ap-southeast-2:123456789012:db:app-production',
      DBInstanceClass: 'db.r6g.large',
      DBSubnetGroupName: 'app-dr',
      DBParameterGroupName: 'app-pg16',
      VpcSecurityGroupIds: ['sg-0dr'],
      KmsKeyId: 'alias/app-dr',
    });
    await here.pass(7_300);
    expect(databaseAt(here.world, endpointOf(recovery, 'second'))).toMatchObject({
      reachable: true,
      writable: false,
    });
    expect(await instanceOf(recovery, 'second')).toMatchObject({
      StatusInfos: [{ Status: 'replicating' }],
      ReadReplicaSourceDBInstanceIdentifier: expect.stringContaining(':db:app-production'),
    });
  });
});

describe('an instance that is deleted by mistake', () => {
  test.each([
    ['keeps its automated backups', [], 'retained'],
    ['loses them with the fault backups-deleted', ['backups-deleted'], undefined],
  ])('%s', async (_, faults, status) => {
    here.stop();
    here = databaseWorld(faults);
    const holds = strike({ type: 'loss' });
    await expect(instanceOf(primary, 'app-production')).rejects.toMatchObject({
      name: 'DBInstanceNotFoundFault',
    });
    const { DBInstanceAutomatedBackups: own } = await call('DescribeDBInstanceAutomatedBackups', primary, {});
    expect(own?.[0]?.Status).toBe(status);
    const { DBInstanceAutomatedBackups: copied } = await call(
      'DescribeDBInstanceAutomatedBackups',
      recovery,
      {},
    );
    expect(copied).toMatchObject([{ Status: 'retained', DBInstanceIdentifier: 'app-production' }]);
    expect(holds()).toBe(true);
    if (status === undefined) return;
    const { SourceDBInstanceIdentifier: _id, ...settings } = beside;
    await call('RestoreDBInstanceToPointInTime', primary, {
      ...settings,
      SourceDbiResourceId: own?.[0]?.DbiResourceId,
      UseLatestRestorableTime: true,
      TargetDBInstanceIdentifier: 'app-production',
    });
    await here.pass(3_700);
    expect(holds()).toBe(false);
  });
});

test('a lost zone takes the writers in it along, and Multi-AZ ones come back in the other', async () => {
  const holds = service.loseZone?.(here.world, primary, 'a') ?? (() => false);
  expect(holds()).toBe(true);
  await here.pass(300);
  expect(holds()).toBe(false);
  await call('RestoreDBInstanceToPointInTime', primary, { ...beside, UseLatestRestorableTime: true });
  expect((await instanceOf(primary, 'copy'))?.AvailabilityZone).toBe(`${primary}b`);
});

test('a final snapshot is taken, backups end, and what is protected stays', async () => {
  await expect(call('DeleteDBInstance', primary, production)).rejects.toMatchObject({
    name: 'InvalidParameterCombination',
  });
  await call('ModifyDBInstance', primary, { ...production, DeletionProtection: false });
  await call('DeleteDBInstance', primary, { ...production, FinalDBSnapshotIdentifier: 'final' });
  await here.pass(1_900);
  const { DBSnapshots } = await call('DescribeDBSnapshots', primary, { DBSnapshotIdentifier: 'final' });
  expect(DBSnapshots).toMatchObject([{ Status: 'available', DBInstanceIdentifier: 'app-production' }]);
  await call('DeleteDBSnapshot', primary, { DBSnapshotIdentifier: 'final' });
});

test('quotas of instances and of manual snapshots are those of AWS', async () => {
  for (let n = 0; n < 39; n++) {
    await call('RestoreDBInstanceToPointInTime', primary, {
      ...beside,
      TargetDBInstanceIdentifier: `copy-${n}`,
      UseLatestRestorableTime: true,
    });
  }
  await expect(
    call('RestoreDBInstanceToPointInTime', primary, { ...beside, UseLatestRestorableTime: true }),
  ).rejects.toMatchObject({ name: 'InstanceQuotaExceededFault' });
  for (let n = 0; n < 100; n++) {
    await call('CreateDBSnapshot', primary, { ...production, DBSnapshotIdentifier: `s-${n}` });
  }
  await expect(
    call('CreateDBSnapshot', primary, { ...production, DBSnapshotIdentifier: 'one-more' }),
  ).rejects.toMatchObject({ name: 'SnapshotQuotaExceededFault' });
  const first = await call('DescribeDBSnapshots', primary, {});
  const second = await call('DescribeDBSnapshots', primary, { Marker: first.Marker as unknown as string });
  expect([first.DBSnapshots?.length, second.DBSnapshots?.length]).toEqual([100, 7]);
});
