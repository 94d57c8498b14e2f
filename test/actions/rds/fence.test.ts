import {
  DescribeDBInstancesCommand,
  RDSClient,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { beforeEach, expect, test } from 'vitest';
import { action } from '../../../shared/actions/rds/fence.ts';
import { mockClient } from '../../support/mock-client.ts';
import { awsError, contextFor, database, noAnswer } from './support.ts';

const rds = mockClient(RDSClient);
const parameters = { database, acceptedRisks: [] as string[] };
const accepting = { database, acceptedRisks: ['unfenced-writer'] };

beforeEach(() => {
  rds.reset();
  rds.on(StopDBInstanceCommand).resolves({});
  rds.on(StartDBInstanceCommand).resolves({});
  is('available');
});
function is(status: string) {
  rds.on(DescribeDBInstancesCommand).resolves({
    DBInstances: [{ DBInstanceIdentifier: 'app-production', DBInstanceStatus: status }],
  });
}
function isSilent() {
  rds.on(DescribeDBInstancesCommand).rejects(noAnswer());
  rds.on(StopDBInstanceCommand).rejects(noAnswer());
}

test('stops a writer that answers, and is done when it is stopped', async () => {
  const context = contextFor({});
  expect(await action.prepare(context, parameters)).toMatchObject({
    status: 'ready',
    baseline: { status: 'available' },
  });
  await action.act?.(context, parameters, { status: 'available' });
  expect(rds.commandCalls(StopDBInstanceCommand)).toHaveLength(1);
  is('stopping');
  expect((await action.observe(context, parameters, { status: 'available' })).status).toBe('pending');
  is('stopped');
  expect(await action.observe(context, parameters, { status: 'available' })).toMatchObject({
    status: 'done',
    outputs: { verdict: 'fenced', proof: expect.stringContaining('is stopped') },
  });
});

test('does nothing to a writer that is stopped already', async () => {
  is('stopped');
  expect(await action.prepare(contextFor({}), parameters)).toMatchObject({
    status: 'already-done',
    outputs: { verdict: 'fenced' },
  });
});

test('is the same in a planned move, and goes no further than the checks in a drill', async () => {
  await action.act?.(contextFor({ mode: 'planned' }), parameters, { status: 'available' });
  expect(rds.commandCalls(StopDBInstanceCommand)).toHaveLength(1);
  expect(action.drill).toBe('prepare-only');
});

test('unreachable is never fenced: it fails without the accepted risk', async () => {
  isSilent();
  const context = contextFor({});
  expect(await action.prepare(context, parameters)).toMatchObject({ baseline: { status: 'unreachable' } });
  await action.act?.(context, parameters, { status: 'unreachable' });
  expect(context.changes).toHaveLength(1);
  const observation = await action.observe(context, parameters, { status: 'unreachable' });
  expect(observation).toMatchObject({
    status: 'failed',
    reasons: [
      { what: expect.stringContaining('nobody can prove'), mend: expect.stringContaining('unfenced-writer') },
    ],
  });
});

test('unreachable goes on with the accepted risk, and still says not-provable', async () => {
  isSilent();
  const observation = await action.observe(contextFor({}), accepting, { status: 'unreachable' });
  expect(observation).toMatchObject({ status: 'done', outputs: { verdict: 'not-provable' } });
  expect(JSON.stringify(observation)).toContain('NOT fenced');
});

test('another accepted risk does not help', async () => {
  isSilent();
  const other = { database, acceptedRisks: ['data-loss'] };
  expect((await action.observe(contextFor({}), other, { status: 'unreachable' })).status).toBe('failed');
});

test('asks several times before it believes that nothing answers', async () => {
  rds
    .on(DescribeDBInstancesCommand)
    .rejectsOnce(noAnswer())
    .resolves({ DBInstances: [{ DBInstanceStatus: 'stopped' }] });
  expect(await action.observe(contextFor({}), accepting, { status: 'unreachable' })).toMatchObject({
    outputs: { verdict: 'fenced' },
  });
});

test('a region that answered a moment ago gets a minute to answer again', async () => {
  isSilent();
  const before = { status: 'available' };
  expect((await action.observe(contextFor({ elapsedSeconds: 20 }), accepting, before)).status).toBe(
    'pending',
  );
  expect(await action.observe(contextFor({ elapsedSeconds: 61 }), accepting, before)).toMatchObject({
    outputs: { verdict: 'not-provable' },
  });
});

test('a writer that RDS refuses to stop is not fenced', async () => {
  rds.on(StopDBInstanceCommand).rejects(awsError('InvalidDBInstanceStateFault'));
  await action.act?.(contextFor({}), parameters, { status: 'available' });
  const observation = await action.observe(contextFor({ elapsedSeconds: 61 }), parameters, {
    status: 'available',
  });
  expect(observation).toMatchObject({
    status: 'failed',
    reasons: [{ what: expect.stringContaining('still available') }],
  });
});

test('a writer that is seen to run never passes, whatever was accepted', async () => {
  const before = { status: 'available' };
  for (const baseline of [before, { status: 'unreachable' }]) {
    expect(await action.observe(contextFor({ elapsedSeconds: 61 }), accepting, baseline)).toMatchObject({
      status: 'failed',
      reasons: [{ what: expect.stringContaining('two writers') }],
    });
  }
});

test('a stop that fails once in a region that answers is asked for again', async () => {
  rds.on(StopDBInstanceCommand).rejects(noAnswer());
  await expect(action.act?.(contextFor({}), accepting, { status: 'available' })).rejects.toMatchObject({
    name: 'ServiceUnavailableError',
  });
});

test('a stop that nobody hears is left to observe', async () => {
  isSilent();
  for (const status of ['available', 'unreachable']) {
    await action.act?.(contextFor({}), accepting, { status });
  }
  expect(
    await action.observe(contextFor({ elapsedSeconds: 61 }), accepting, { status: 'available' }),
  ).toMatchObject({
    outputs: { verdict: 'not-provable' },
  });
});

test('no permission is an error, not "unreachable"', async () => {
  rds.on(DescribeDBInstancesCommand).rejects(awsError('AccessDenied', 403));
  await expect(action.prepare(contextFor({}), accepting)).rejects.toMatchObject({
    name: 'RequestRejectedError',
  });
  await expect(action.observe(contextFor({}), accepting, { status: 'available' })).rejects.toMatchObject({
    name: 'RequestRejectedError',
  });
});

test('an instance that RDS does not know is refused, because it may be misnamed', async () => {
  rds.on(DescribeDBInstancesCommand).rejects(awsError('DBInstanceNotFoundFault', 404));
  expect((await action.prepare(contextFor({}), accepting)).status).toBe('refused');
  expect((await action.observe(contextFor({}), accepting, { status: 'available' })).status).toBe('failed');
});

test('undo starts only what this step stopped', async () => {
  is('stopped');
  expect((await action.undo?.(contextFor({}), parameters, { status: 'available' }, {}))?.status).toBe(
    'pending',
  );
  expect(rds.commandCalls(StartDBInstanceCommand)).toHaveLength(1);
  is('available');
  expect((await action.undo?.(contextFor({}), parameters, { status: 'available' }, {}))?.status).toBe('done');
  is('stopped');
  expect((await action.undo?.(contextFor({}), parameters, { status: 'stopped' }, {}))?.status).toBe('done');
  expect(rds.commandCalls(StartDBInstanceCommand)).toHaveLength(1);
});
