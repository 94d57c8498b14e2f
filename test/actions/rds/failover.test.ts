import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeEventsCommand,
  RDSClient,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { beforeEach, expect, test } from 'vitest';
import { action } from '../../../shared/actions/rds/failover.ts';
import { sqlError } from '../../../shared/network/sql-errors.ts';
import { mockClient } from '../../support/mock-client.ts';
import { awsError, contextFor, database } from './support.ts';

const rds = mockClient(RDSClient);
const preparedAt = '2026-03-10T17:00:00.000Z';
const forced = { method: 'forced', zoneBefore: 'ap-southeast-2a', preparedAt };
const automatic = { ...forced, method: 'automatic' };

const healthy = {
  DBInstanceIdentifier: 'app-production',
  DBInstanceStatus: 'available',
  MultiAZ: true,
  AvailabilityZone: 'ap-southeast-2a',
  SecondaryAvailabilityZone: 'ap-southeast-2b',
  Endpoint: { Address: 'db.example', Port: 5432 },
};
const moved = {
  ...healthy,
  AvailabilityZone: 'ap-southeast-2b',
  SecondaryAvailabilityZone: 'ap-southeast-2a',
};

beforeEach(() => {
  rds.reset();
  given(healthy);
  rds.on(RebootDBInstanceCommand).resolves({});
  rds.on(DescribeDBClustersCommand).rejects(awsError('DBClusterNotFoundFault', 404));
});

function given(instance: Record<string, unknown>, events: [time: string, message: string][] = []) {
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [instance] });
  rds.on(DescribeEventsCommand).resolves({
    Events: events.map(([time, Message]) => ({ Message, Date: new Date(`2026-03-10T${time}Z`) })),
  });
}
const started = 'Multi-AZ instance failover started';
const completed = 'Multi-AZ instance failover completed';

const observe = (options = {}, baseline = forced) =>
  action.observe(
    contextFor({ now: '2026-03-10T17:02:00Z', elapsedSeconds: 110, ...options }),
    { database },
    baseline,
  );

const silent = { server: { refuse: new Error('connect ETIMEDOUT') } };

test('forces a failover when the writer is silent and RDS does not fail over by itself', async () => {
  const context = contextFor(silent);
  const preparation = await action.prepare(context, { database });
  expect(preparation).toMatchObject({ status: 'ready', baseline: forced });
  await action.act?.(context, { database }, forced);
  expect(rds.commandCalls(RebootDBInstanceCommand)[0]?.args[0].input).toEqual({
    DBInstanceIdentifier: 'app-production',
    ForceFailover: true,
  });
  expect(context.changes).toMatchObject([{ call: 'rds.RebootDBInstance' }]);
});

test('refuses in a recovery to interrupt a writer that is well', async () => {
  const preparation = await action.prepare(contextFor({}), { database });
  expect(preparation).toMatchObject({
    status: 'refused',
    reasons: [{ what: expect.stringContaining('accepts writes'), mend: expect.stringContaining('planned') }],
  });
});

test.each(['28P01', '42P01'])(
  'refuses to interrupt a writer when only the probe is broken: %s',
  async code => {
    const refuse = sqlError('db.test', { message: 'the probe is wrong', code });
    expect(await action.prepare(contextFor({ server: { refuse } }), { database })).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining("can't be told"), mend: expect.stringContaining('planned') }],
    });
  },
);

test.each(['25006', '57P03', undefined])(
  'forces a failover when the writer takes no writes: %s',
  async code => {
    const refuse = sqlError('db.test', { message: 'no', code });
    expect(await action.prepare(contextFor({ server: { refuse } }), { database })).toMatchObject({
      status: 'ready',
      baseline: { method: 'forced' },
    });
  },
);

test('moves a writer that is well when the move is planned', async () => {
  expect(await action.prepare(contextFor({ mode: 'planned' }), { database })).toMatchObject({
    status: 'ready',
  });
});

test('asks RDS for the events since the outage began, of this instance only', async () => {
  await action.prepare(contextFor({}), { database });
  expect(rds.commandCalls(DescribeEventsCommand)[0]?.args[0].input).toMatchObject({
    SourceIdentifier: 'app-production',
    SourceType: 'db-instance',
    StartTime: new Date('2026-03-10T16:42:00Z'),
  });
});

test('forces nothing while RDS fails over by itself', async () => {
  given(healthy, [['16:59:10', started]]);
  const context = contextFor({});
  expect(await action.prepare(context, { database })).toMatchObject({ status: 'ready', baseline: automatic });
  await action.act?.(context, { database }, automatic);
  expect(rds.commandCalls(RebootDBInstanceCommand)).toHaveLength(0);
});

test('forces nothing when RDS began between prepare and act', async () => {
  given(healthy, [['16:59:58', started]]);
  await action.act?.(contextFor({}), { database }, forced);
  expect(rds.commandCalls(RebootDBInstanceCommand)).toHaveLength(0);
});

test('forces it when a failover that RDS began hangs for more than ten minutes', async () => {
  given(healthy, [['16:44:00', started]]);
  expect(await action.prepare(contextFor(silent), { database })).toMatchObject({ baseline: forced });
});

test('is already done when RDS finished by itself and a write succeeds', async () => {
  given(moved, [
    ['16:43:00', started],
    ['16:44:20', completed],
  ]);
  expect(await action.prepare(contextFor({}), { database })).toMatchObject({
    status: 'already-done',
    outputs: { method: 'already-done', zoneBefore: 'ap-southeast-2a', zoneAfter: 'ap-southeast-2b' },
  });
});

test('is not already done when the write fails after a failover', async () => {
  given(moved, [['16:44:20', completed]]);
  const context = contextFor({ server: { refuse: new Error('refused') } });
  expect((await action.prepare(context, { database })).status).toBe('ready');
});

test('watches a writer that does not answer yet just after a failover, and forces no second one', async () => {
  given(moved, [['16:58:00', completed]]);
  const context = contextFor({ server: { refuse: new Error('refused') } });
  const preparation = await action.prepare(context, { database });
  expect(preparation).toMatchObject({
    status: 'ready',
    baseline: { method: 'automatic', zoneBefore: 'ap-southeast-2a' },
  });
  await action.act?.(context, { database }, automatic);
  expect(rds.commandCalls(RebootDBInstanceCommand)).toHaveLength(0);
  expect(await observe({}, automatic)).toMatchObject({ status: 'done', outputs: { method: 'automatic' } });
});

test('refuses what is not Multi-AZ, and says why failover-db-cluster does not fit', async () => {
  given({ ...healthy, MultiAZ: false });
  const preparation = await action.prepare(contextFor({}), { database });
  expect(preparation).toMatchObject({
    status: 'refused',
    reasons: [
      { what: expect.stringContaining('not Multi-AZ'), mend: expect.stringContaining('failover-db-cluster') },
    ],
  });
});

test('refuses an instance that does not exist, and one that is stopped', async () => {
  rds.on(DescribeDBInstancesCommand).rejects(awsError('DBInstanceNotFoundFault', 404));
  expect((await action.prepare(contextFor({}), { database })).status).toBe('refused');
  given({ ...healthy, DBInstanceStatus: 'stopped' });
  expect((await action.prepare(contextFor({}), { database })).status).toBe('refused');
});

test('takes "not available" for a failover that is under way, such as after a lost reply', async () => {
  rds.on(RebootDBInstanceCommand).rejects(awsError('InvalidDBInstanceStateFault'));
  await expect(action.act?.(contextFor({}), { database }, forced)).resolves.toBeUndefined();
});

test('is done with the completion event, another zone, available and a successful write together', async () => {
  given(moved, [
    ['17:00:15', started],
    ['17:01:40', completed],
  ]);
  expect(await observe()).toMatchObject({
    status: 'done',
    outputs: { method: 'forced', zoneBefore: 'ap-southeast-2a', zoneAfter: 'ap-southeast-2b' },
  });
});

test.each([
  ['no completion event', moved, [['17:00:15', started]], {}],
  ['an event from before the outage only', moved, [['16:30:00', completed]], {}],
  ['the same zone', healthy, [['17:01:40', completed]], {}],
  ['a status that still moves', { ...moved, DBInstanceStatus: 'rebooting' }, [['17:01:40', completed]], {}],
  ['a write that fails', moved, [['17:01:40', completed]], { server: { refuse: new Error('refused') } }],
  ['a standby', moved, [['17:01:40', completed]], { server: { inRecovery: true } }],
] as const)('is not done with %s', async (_what, instance, events, options) => {
  given(instance, [...events.map(([time, message]): [string, string] => [time, message])]);
  expect((await observe(options)).status).toBe('pending');
});

test('fails with how to mend it when the new writer refuses the password', async () => {
  given(moved, [['17:01:40', completed]]);
  const refuse = sqlError('db.example', { message: 'password authentication failed', code: '28P01' });
  expect(await observe({ server: { refuse } })).toMatchObject({
    status: 'failed',
    reasons: [
      {
        what: expect.stringContaining('The failover is complete, but the write probe at db.example failed'),
        mend: expect.stringContaining('password in the secret'),
      },
    ],
  });
});

test('says automatic when RDS had begun before the failover was asked for', async () => {
  given(moved, [
    ['17:00:05', started],
    ['17:01:40', completed],
  ]);
  // Acted at 17:00:10.
  expect(await observe({ now: '2026-03-10T17:02:00Z', elapsedSeconds: 110 })).toMatchObject({
    outputs: { method: 'automatic' },
  });
});

test('knows the zone that was left although the move had happened before it looked', async () => {
  given(moved, [
    ['16:59:00', started],
    ['17:00:05', completed],
  ]);
  expect(await observe({}, { ...automatic, zoneBefore: 'ap-southeast-2b' })).toMatchObject({
    status: 'done',
    outputs: { zoneBefore: 'ap-southeast-2a', zoneAfter: 'ap-southeast-2b' },
  });
});

test('fails when RDS abandons it because one has just happened', async () => {
  given(healthy, [
    [
      '17:00:20',
      'Abandoning user requested failover since a failover recently occurred on the database instance.',
    ],
  ]);
  expect(await observe()).toMatchObject({
    status: 'failed',
    reasons: [{ what: expect.stringContaining('RDS-EVENT-0034') }],
  });
});

test('fails when RDS brings the database back in the same zone', async () => {
  given(healthy, [['17:01:00', 'Multi-AZ instance activation completed']]);
  expect(await observe()).toMatchObject({
    status: 'failed',
    reasons: [{ what: expect.stringContaining('RDS-EVENT-0051') }],
  });
});

test('a drill goes no further than the checks', () => {
  expect(action.drill).toBe('prepare-only');
});
