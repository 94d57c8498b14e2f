import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/sqs/redrive.ts';
import { sqsState } from '../../../simulator/services/sqs.ts';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { contextOf } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { arn, components } from './queues.ts';

const back = { from: 'failed', into: 'orders' };
const waitingIn = ({ world }: AwsScene) =>
  Object.fromEntries(sqsState(world).queues.map(({ name, waiting }) => [name, waiting]));

describe('sqs.redrive', () => {
  it('is done when the dead letters are back in their queue', () =>
    inAws(components, async scene => {
      const { seen, preparation } = await scene.play('sqs.redrive', back);
      expect(preparation.evidence[0]?.what).toBe('About 120 messages lie in orders-failed, and 0 in orders.');
      expect(seen).toMatchObject({ status: 'done', outputs: { moved: 120 } });
      expect(waitingIn(scene)).toEqual({ orders: 120, 'orders-failed': 0 });
      expect((await scene.play('sqs.redrive', back)).preparation.status).toBe('already-done');
    }));

  it.each([
    { faults: { 'sqs.StartMessageMoveTask': ['lost-reply' as const] } },
    { faults: { 'sqs.StartMessageMoveTask': ['lost-reply' as const] }, stale: 'sqs' },
  ])('begins one move only under %o', options =>
    inAws(
      components,
      async scene => {
        const { seen } = await scene.play('sqs.redrive', back);
        expect(seen).toMatchObject({ status: 'done', outputs: { moved: 120 } });
        expect(sqsState(scene.world).moves).toHaveLength(1);
      },
      options,
    ),
  );

  it('fails when the messages come back', () =>
    inAws(components, async scene => {
      const { failed } = Object.fromEntries(sqsState(scene.world).queues.map(one => [one.id, one]));
      scene.world.onChange(({ what }) => {
        if (failed && what === 'The move of its messages has ended') failed.waiting = 7;
      });
      const { seen } = await scene.play('sqs.redrive', back);
      expect(reasonsOf(seen)).toBe('120 messages were moved, and orders-failed holds 7 again or still.');
      const lenient = await scene.play('sqs.redrive', { ...back, mayRemain: 7 });
      expect(lenient.seen).toMatchObject({ status: 'done', outputs: { moved: 7 } });
    }));

  it('stops on undo what has not been moved, and leaves what has', () =>
    inAws(components, async scene => {
      const { seen, undo } = await scene.play('sqs.redrive', { ...back, perSecond: 1 }, { forSeconds: 40 });
      expect(seen).toMatchObject({ status: 'pending', note: expect.stringMatching(/^\d+ of about 120/) });
      const undone = await undo();
      expect(undone).toMatchObject({ status: 'done' });
      const { orders = 0, 'orders-failed': failed = 0 } = waitingIn(scene);
      expect(orders).toBeGreaterThan(0);
      expect(failed).toBeGreaterThan(0);
      expect(orders + failed).toBe(120);
      expect(JSON.stringify(undone)).toContain(`${orders} messages stay in orders: they may have been taken`);
    }));

  it('fails when somebody cancels the move', () =>
    inAws(components, async ({ play, call, world }) => {
      world.onChange(({ what }) => {
        if (what !== '120 messages are moved to orders') return;
        const [move] = sqsState(world).moves;
        const TaskHandle = Buffer.from(`orders-failed/${move?.startedAtMs}`).toString('base64');
        setTimeout(() => void call('sqs.CancelMessageMoveTask', { TaskHandle }), 2_000);
      });
      const { seen } = await play('sqs.redrive', { ...back, perSecond: 1 });
      expect(reasonsOf(seen)).toMatch(/^The move out of orders-failed is CANCELLED after \d+ messages/);
    }));

  it.each([
    [
      'a queue that is not there',
      { from: { ...components.failed, id: 'x', name: 'gone' }, into: 'orders' },
      'There is no queue gone in ap-southeast-4.',
    ],
    [
      'a queue that the messages are not from',
      { from: 'failed', into: 'other' },
      'The messages of orders-failed are not from other, which sends its dead letters to nobody.',
    ],
  ])('refuses %s', (_, given, reason) =>
    inAws({ ...components, other: { ...components.failed, name: 'other' } }, async ({ play }) => {
      expect(reasonsOf((await play('sqs.redrive', given)).preparation)).toBe(reason);
    }),
  );

  it('refuses to give one queue the dead letters of two', () =>
    inAws({ ...components, mails: { ...components.orders, name: 'mails' } }, async ({ play }) => {
      const { preparation } = await play('sqs.redrive', back);
      expect(reasonsOf(preparation)).toBe(
        'orders-failed holds messages of mails too, and all would go to orders.',
      );
    }));

  it('refuses beside a move of somebody else', () =>
    inAws(components, async ({ play, call }) => {
      const arns = { SourceArn: arn('orders-failed'), DestinationArn: arn('orders') };
      await call('sqs.StartMessageMoveTask', { ...arns, MaxNumberOfMessagesPerSecond: 1 });
      const { preparation } = await play('sqs.redrive', back);
      expect(reasonsOf(preparation)).toContain('are being moved out of orders-failed already');
    }));

  it('prepares and goes no further in a drill', async () => {
    expect(action.drill).toBe('prepare-only');
  });

  it('moves between these two queues only, with their keys', async () => {
    const key = 'arn:aws:kms:ap-southeast-4:123456789012:key/1';
    const locked = { ...components, orders: { ...components.orders, kmsKey: key } };
    const lines = await permissionsOf('sqs.redrive', locked, back);
    const queue = 'arn:${AWS::Partition}:sqs:ap-southeast-4:${AWS::AccountId}';
    expect(lines).toContain(`sqs:SendMessage ${queue}:orders`);
    expect(lines).not.toContain(`sqs:DeleteMessage ${queue}:orders`);
    expect(lines.filter(line => line.startsWith('kms:'))).toEqual([
      `kms:Decrypt ${key}`,
      `kms:GenerateDataKey ${key}`,
    ]);
    expect(openChanges(lines)).toEqual([]);
    expect(lines.filter(line => /Purge/.test(line))).toEqual([]);
  });
});

describe('sqs.redrive against SQS', () => {
  const mockSqs = () => mockClient(SQSClient);
  let sqs: ReturnType<typeof mockSqs>;
  beforeEach(() => {
    sqs = mockSqs();
  });
  afterEach(() => sqs.restore());
  const parameters = action.parameters.parse({
    from: { ...components.failed, id: 'failed' },
    into: { ...components.orders, id: 'orders' },
  });
  const context = contextOf({
    aws: { client: () => new SQSClient({ region: 'ap-southeast-4' }) as never },
  });

  function given(attributes: Record<string, string>): void {
    sqs.on(GetQueueUrlCommand).callsFake(({ QueueName }) => ({ QueueUrl: `https://sqs/1/${QueueName}` }));
    sqs.on(GetQueueAttributesCommand).callsFake(({ QueueUrl }) => {
      const name = String(QueueUrl).split('/').at(-1) ?? '';
      const policy = JSON.stringify({ deadLetterTargetArn: arn('orders-failed') });
      const dead = name === 'orders' ? { RedrivePolicy: policy } : attributes;
      return { Attributes: { QueueArn: arn(name), ApproximateNumberOfMessages: '3', ...dead } };
    });
    sqs.on(ListDeadLetterSourceQueuesCommand).resolves({ queueUrls: ['https://sqs/1/orders'] });
  }

  it('refuses a queue whose key the plan does not name', async () => {
    given({ KmsMasterKeyId: 'alias/orders' });
    expect(reasonsOf(await action.prepare(context, parameters))).toBe(
      'orders-failed is encrypted with alias/orders, which the plan does not name, so that its messages can not be moved.',
    );
  });

  it('fails with the reason that SQS gives, for its own move and not for an earlier one', async () => {
    given({ KmsMasterKeyId: 'alias/aws/sqs' });
    const failed = { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' };
    sqs.on(ListMessageMoveTasksCommand).resolves({ Results: [{ ...failed, StartedTimestamp: 5 }] });
    const preparation = await action.prepare(context, parameters);
    if (preparation.status !== 'ready') throw new Error(JSON.stringify(preparation));
    const { baseline } = preparation;
    expect(baseline).toMatchObject({ earlier: 5, found: 3 });
    expect(await action.observe(context, parameters, baseline)).toMatchObject({ status: 'pending' });
    sqs.on(ListMessageMoveTasksCommand).resolves({
      Results: [
        { ...failed, StartedTimestamp: 5 },
        { ...failed, StartedTimestamp: 6, ApproximateNumberOfMessagesMoved: 2 },
      ],
    });
    expect(reasonsOf(await action.observe(context, parameters, baseline))).toBe(
      'The move out of orders-failed is FAILED after 2 messages: CouldNotDetermineMessageSource.',
    );
  });
});
