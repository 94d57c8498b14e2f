import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseAt, endpointOf, failPrimaryZone } from '../../../simulator/services/rds.ts';
import { primary, recovery } from '../../actions/rds/support.ts';
import { type DatabaseWorld, databaseWorld } from './database-world.ts';

let here: DatabaseWorld;
beforeEach(() => {
  here = databaseWorld();
});
afterEach(() => here.stop());

function restart(...faults: string[]) {
  here.stop();
  here = databaseWorld(faults);
}
const production = { region: primary, identifier: 'app-production' };
const settings = {
  DBInstanceClass: 'db.r6g.large',
  DBSubnetGroupName: 'app-dr',
  DBParameterGroupName: 'app-pg16',
  VpcSecurityGroupIds: ['sg-0dr'],
  MultiAZ: true,
  Tags: [{ Key: 'lifeboat:run', Value: 'r1' }],
};
const instanceOf = async (region: string, id: string) =>
  (await here.call('rds', 'DescribeDBInstances', region, { DBInstanceIdentifier: id })).DBInstances?.[0];
const backup = async () =>
  (await here.call('rds', 'DescribeDBInstanceAutomatedBackups', recovery)).DBInstanceAutomatedBackups?.[0];
const latest = async () => {
  const window = (await backup())?.RestoreWindow as { LatestTime: Date };
  return window.LatestTime.getTime();
};
const restore = async (input: Record<string, unknown> = {}) =>
  here.call('rds', 'RestoreDBInstanceToPointInTime', recovery, {
    TargetDBInstanceIdentifier: 'copy',
    SourceDBInstanceAutomatedBackupsArn: (await backup())?.DBInstanceAutomatedBackupsArn,
    UseLatestRestorableTime: true,
    ...settings,
    ...input,
  });
const ids = () => here.events.map(({ event }) => (event.detail as { EventID: string }).EventID);
const host = endpointOf(primary, 'app-production');

describe('a zone that fails', () => {
  test('is noticed by RDS, which fails over to the other zone within its usual time', async () => {
    failPrimaryZone(here.world, { ...production, selfFailover: true });
    expect(databaseAt(here.world, host)).toMatchObject({ reachable: false, writable: false });
    await here.pass(65);
    expect(ids()).toEqual(['RDS-EVENT-0013']);
    expect(await instanceOf(primary, 'app-production')).toMatchObject({ AvailabilityZone: `${primary}a` });
    await here.pass(125);
    expect(ids()).toEqual(['RDS-EVENT-0013', 'RDS-EVENT-0006', 'RDS-EVENT-0049']);
    expect(await instanceOf(primary, 'app-production')).toMatchObject({
      DBInstanceStatus: 'available',
      AvailabilityZone: `${primary}b`,
      SecondaryAvailabilityZone: `${primary}a`,
    });
    expect(databaseAt(here.world, host)).toMatchObject({ reachable: true, writable: true });
  });

  test('stays down when RDS does not act by itself, until a failover is forced', async () => {
    failPrimaryZone(here.world, { ...production, selfFailover: false });
    await here.pass(600);
    expect(here.events).toEqual([]);
    expect(databaseAt(here.world, host)?.reachable).toBe(false);
    const asked = { DBInstanceIdentifier: 'app-production', ForceFailover: true };
    await here.call('rds', 'RebootDBInstance', primary, asked);
    await expect(here.call('rds', 'RebootDBInstance', primary, asked)).rejects.toMatchObject({
      name: 'InvalidDBInstanceStateFault',
    });
    expect((await instanceOf(primary, 'app-production'))?.DBInstanceStatus).toBe('rebooting');
    await here.pass(125);
    expect(databaseAt(here.world, host)?.reachable).toBe(true);
  });

  test('is not failed over again right after a failover', async () => {
    const asked = { DBInstanceIdentifier: 'app-production', ForceFailover: true };
    await here.call('rds', 'RebootDBInstance', primary, asked);
    await here.pass(125);
    await here.call('rds', 'RebootDBInstance', primary, asked);
    expect(ids().at(-1)).toBe('RDS-EVENT-0034');
    expect((await instanceOf(primary, 'app-production'))?.DBInstanceStatus).toBe('available');
  });
});

test('events have the form of EventBridge, and DescribeEvents has no id', async () => {
  failPrimaryZone(here.world, { ...production, selfFailover: true });
  await here.pass(65);
  expect(here.events[0]).toMatchObject({
    region: primary,
    event: {
      'detail-type': 'RDS DB Instance Event',
      source: 'aws.rds',
      resources: [expect.stringMatching(/:db:app-production$/)],
      detail: {
        EventCategories: ['failover'],
        SourceType: 'DB_INSTANCE',
        SourceIdentifier: 'app-production',
        Message: 'Multi-AZ instance failover started',
        EventID: 'RDS-EVENT-0013',
      },
    },
  });
  const { Events } = await here.call('rds', 'DescribeEvents', primary, {
    SourceIdentifier: 'app-production',
  });
  expect(Events).toMatchObject([{ Message: 'Multi-AZ instance failover started' }]);
  expect(Events?.[0]).not.toHaveProperty('EventID');
});

describe('backups in the recovery region', () => {
  test('follow the primary by minutes, and stop when its region is lost', async () => {
    const before = await latest();
    const lagSeconds = (here.world.nowMs() - before) / 1000;
    expect(lagSeconds).toBeGreaterThanOrEqual(180);
    expect(lagSeconds).toBeLessThanOrEqual(601);
    await here.pass(600);
    expect(await latest()).toBe(before + 600_000);
    here.world.loseRegion(primary);
    await here.pass(600);
    expect(await latest()).toBe(before + 600_000);
  });

  test('include copied snapshots of the last days, dated by their originals', async () => {
    const { DBSnapshots } = await here.call('rds', 'DescribeDBSnapshots', recovery, {
      Filters: [{ Name: 'db-instance-id', Values: ['app-production'] }],
    });
    expect(DBSnapshots).toHaveLength(7);
    expect(DBSnapshots?.[0]).toMatchObject({
      SourceRegion: primary,
      Status: 'available',
      SnapshotType: 'manual',
    });
    const { DBSnapshots: others } = await here.call('rds', 'DescribeDBSnapshots', recovery, {
      Filters: [{ Name: 'db-instance-id', Values: ['other'] }],
    });
    expect(others).toEqual([]);
  });

  test('do not exist with the fault no-snapshot', async () => {
    restart('no-snapshot');
    expect(await backup()).toBeUndefined();
    expect((await here.call('rds', 'DescribeDBSnapshots', recovery)).DBSnapshots).toEqual([]);
  });
});

describe('a restore', () => {
  test('is created, backed up and available, in the time that restores take', async () => {
    await restore();
    expect((await instanceOf(recovery, 'copy'))?.DBInstanceStatus).toBe('creating');
    expect((await instanceOf(recovery, 'copy'))?.Endpoint).toBeUndefined();
    await here.pass(1000);
    expect((await instanceOf(recovery, 'copy'))?.DBInstanceStatus).toBe('creating');
    await here.pass(2700);
    expect(await instanceOf(recovery, 'copy')).toMatchObject({
      DBInstanceStatus: 'available',
      MultiAZ: true,
      TagList: settings.Tags,
    });
    const found = databaseAt(here.world, endpointOf(recovery, 'copy'));
    expect(found).toMatchObject({ instance: 'copy', writable: true });
    expect(found?.cutAt?.getTime()).toBeLessThan(Date.parse('2026-03-10T16:42:00Z'));
  });

  test.each([
    ['DBSubnetGroupNotFoundFault', { DBSubnetGroupName: 'other' }],
    ['DBParameterGroupNotFoundFault', { DBParameterGroupName: 'other' }],
    ['InvalidParameterValue', { VpcSecurityGroupIds: ['sg-other'] }],
    ['DBInstanceAutomatedBackupNotFoundFault', { SourceDBInstanceAutomatedBackupsArn: 'arn:other' }],
    [
      'InvalidParameterValue',
      { UseLatestRestorableTime: false, RestoreTime: new Date('2026-03-10T16:42:00Z') },
    ],
  ])('is refused with %s for %o', async (name, input) => {
    await expect(restore(input)).rejects.toMatchObject({ name });
    await expect(instanceOf(recovery, 'copy')).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  });

  test('is refused when the key is missing, and when the name is taken', async () => {
    await restore();
    await expect(restore()).rejects.toMatchObject({ name: 'DBInstanceAlreadyExistsFault' });
    restart('kms-key-missing');
    await expect(restore()).rejects.toMatchObject({ name: 'KMSKeyNotAccessibleFault' });
  });

  test('can be removed, but not while it is protected', async () => {
    await restore({ DeletionProtection: true });
    await here.pass(3700);
    const id = { DBInstanceIdentifier: 'copy', SkipFinalSnapshot: true };
    await expect(here.call('rds', 'DeleteDBInstance', recovery, id)).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    await here.call('rds', 'ModifyDBInstance', recovery, { ...id, DeletionProtection: false });
    await here.call('rds', 'DeleteDBInstance', recovery, id);
    expect((await instanceOf(recovery, 'copy'))?.DBInstanceStatus).toBe('deleting');
    await here.pass(901);
    await expect(instanceOf(recovery, 'copy')).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    expect(databaseAt(here.world, endpointOf(recovery, 'copy'))).toBeUndefined();
  });
});

test('a stopped writer answers nothing, and answers again when it is started', async () => {
  const id = { DBInstanceIdentifier: 'app-production' };
  await here.call('rds', 'StopDBInstance', primary, id);
  expect(databaseAt(here.world, host)?.writable).toBe(false);
  await here.pass(901);
  expect((await instanceOf(primary, 'app-production'))?.DBInstanceStatus).toBe('stopped');
  await here.call('rds', 'StartDBInstance', primary, id);
  await here.pass(901);
  expect(databaseAt(here.world, host)?.writable).toBe(true);
});

test('nothing in a lost region answers', () => {
  here.world.loseRegion(primary);
  expect(databaseAt(here.world, host)).toMatchObject({ reachable: false, writable: false });
});

test('stale reads see what held twenty seconds ago', async () => {
  restart('stale-read:rds');
  await restore();
  await expect(instanceOf(recovery, 'copy')).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  await here.pass(21);
  expect((await instanceOf(recovery, 'copy'))?.DBInstanceStatus).toBe('creating');
});

test('the same seed takes the same time, however often it is asked in between', async () => {
  const times: number[] = [];
  for (const polls of [1, 5]) {
    restart();
    await restore();
    for (let n = 0; n < polls; n++) await instanceOf(recovery, 'copy');
    await here.pass(3700);
    times.push(here.world.changes.find(change => change.what === 'copy is available')?.atMs ?? 0);
  }
  expect(times[0]).toBe(times[1]);
});
