import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { callJson } from './deployed/call-aws.ts';
import { clientOf } from './deployed/clients.ts';
import { lifeboat } from './deployed/lifeboat.ts';
import { planPath } from './deployed/packages.ts';
import { alarmEvent, alarmMessage, putServiceEvent } from './wired/events.ts';
import { executionsOf, statesOf, until } from './wired/executions.ts';
import { account, type Loopback, startLoopback } from './wired/loopback.ts';
import { listenToTopics, type Queues } from './wired/queues.ts';
import { reportOf } from './wired/reports.ts';
import { decisionsOf } from './wired/table.ts';

const { ministack, moto, postgres } = inject('servers');
const plan = planPath('liquid-abt');
const alarmName = 'liquid-abt-database-connections';
const machine = 'liquid-abt-database-failure';

describe.skipIf(!ministack.up || !moto.up || !postgres.up)('an alarm of LIQUID ABT', () => {
  let world: Loopback;
  let queues: Queues;

  beforeAll(async () => {
    if (!postgres.up) return;
    world = await startLoopback(postgres);
    queues = await listenToTopics(world.place, 'liquid-abt');
    const said = await lifeboat(world.place, 'switch', plan, 'on', '--by', 'Ana');
    expect(said).toMatchObject({ exitCode: 0, err: '' });
  }, 400_000);
  afterAll(() => world?.stop());

  const signalTopic = () => `arn:aws:sns:${world.place.region}:${account}:lifeboat-liquid-abt-signals`;

  test('that comes over the bus and over SNS opens one incident and starts one execution', async () => {
    const event = alarmEvent(world.place, account, alarmName, new Date());
    expect(await putServiceEvent(world.place, 'default', event)).toEqual(['lifeboat-liquid-abt-triage']);
    await until('an execution', 60, async () => (await executionsOf(world.place, machine))[0]);
    const message = alarmMessage(world.place, account, alarmName, new Date());
    await clientOf(SNSClient, world.place).send(
      new PublishCommand({ TopicArn: signalTopic(), Message: JSON.stringify(message) }),
    );
    const decisions = await until('what triage decided on both', 60, async () => {
      const found = await decisionsOf(world.place);
      return found.length > 1 ? found : undefined;
    });
    expect(decisions.sort()).toEqual(['attach', 'open']);
    expect(await executionsOf(world.place, machine)).toHaveLength(1);
  });

  test('runs database-failure to its end in the functions that are deployed', async () => {
    const execution = await until('the end of the run', 150, async () => {
      const [first] = await executionsOf(world.place, machine);
      return first && first.status !== 'RUNNING' ? first : undefined;
    });
    expect(await executionsOf(world.place, machine)).toEqual([{ ...execution, status: 'SUCCEEDED' }]);
    const states = await statesOf(world.place, execution.arn);
    expect(states[0]).toBe('Begin');
    // Functions are woken while the run opens; of branches at the same time MiniStack's history may lack an event.
    const after = states.filter(state => !/^(Wake .*|Open the run)$/.test(state)).slice(1, 3);
    expect(after).toEqual(['Opened?', 'Tell everybody']);
    const { out } = await lifeboat(world.place, 'status', plan);
    expect(out).toContain('LIQUID ABT: Database failure: resolved');
    expect(out).toContain('Fail over to the standby: 2 of 2 done');
    expect(out).toContain('Check that the application serves again: 4 of 4 done');
  });

  test('has the failover forced once, and proves it with a write', async () => {
    expect(world.rds.calls.filter(call => call === 'RebootDBInstance')).toHaveLength(1);
    const client = new pg.Client({
      connectionString: `postgres://lifeboat@127.0.0.1:${world.postgres.port}/liquid_abt`,
    });
    await client.connect();
    const { rows } = await client.query('SELECT seen_at FROM lifeboat_heartbeat');
    await client.end();
    expect(rows).toHaveLength(1);
    expect(Date.now() - rows[0].seen_at.getTime()).toBeLessThan(300_000);
    expect(world.app.asked.filter(each => each.endsWith('/api/health')).length).toBeGreaterThanOrEqual(3);
  });

  test('tells people over SNS, Slack and PagerDuty, at the beginning and at the end', async () => {
    const received = await queues.received();
    const executives = received.get('executives') ?? [];
    expect(executives.some(text => /recovery has begun|Database failure/.test(text))).toBe(true);
    expect(executives.length).toBeGreaterThanOrEqual(2);
    expect(received.get('on-call')?.length).toBeGreaterThanOrEqual(1);
    expect(received.get('customers')).toEqual([]);
    expect(world.providers.shown.join('\n')).toContain('Database failure');
  });

  test('leaves a report in the bucket, and no event that a function could not take', async () => {
    expect(await reportOf(world, 'database-failure', 'recovered')).toMatchObject({ system: 'liquid-abt' });
    const { QueueUrl } = await callJson(world.place, 'sqs', 'AmazonSQS.GetQueueUrl', {
      QueueName: 'lifeboat-liquid-abt-failed-events',
    });
    expect(await callJson(world.place, 'sqs', 'AmazonSQS.ReceiveMessage', { QueueUrl })).not.toHaveProperty(
      'Messages.0',
    );
  });
});
