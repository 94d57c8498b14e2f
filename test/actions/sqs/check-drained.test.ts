import { describe, expect, it } from 'vitest';
import { sqsState } from '../../../simulator/services/sqs.ts';
import { type AwsScene, inAws, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { components } from './queues.ts';

const waiting = (count: number) => ({
  ...components,
  orders: { ...components.orders, waiting: count },
});
const watched = { queue: 'orders', deadLetters: 'failed' };
const startWork = ({ call, world }: AwsScene) => {
  const UUID = components.work.uuid;
  setTimeout(() => void call('lambda.UpdateEventSourceMapping', { UUID, Enabled: true }), 60_000);
  return world;
};

describe('sqs.check-drained', () => {
  it.each([{}, { stale: 'sqs' }])(
    'waits until the messages were worked off, and a minute more, under %o',
    options =>
      inAws(
        waiting(2_000),
        async scene => {
          startWork(scene);
          const begun = scene.world.nowMs();
          const { seen } = await scene.play('sqs.check-drained', watched);
          expect(seen).toMatchObject({
            status: 'done',
            outputs: { waiting: 0, before: 2_000, newDeadLetters: 0 },
          });
          expect(scene.world.nowMs() - begun).toBeGreaterThan((60 + 2_000 / 20 + 60) * 1_000);
          expect(scene.changes).toEqual([]);
        },
        options,
      ),
  );

  it('says how many are left while nobody takes them', () =>
    inAws(waiting(5), async ({ play }) => {
      const { seen } = await play('sqs.check-drained', watched, { forSeconds: 600 });
      expect(seen).toEqual({
        status: 'pending',
        note: 'orders has 5 messages (5 wait, 0 in work, 0 delayed); at most 0 are wanted.',
      });
    }));

  it('begins to count anew when messages come in between', () =>
    inAws(waiting(0), async ({ play, world }) => {
      const orders = sqsState(world).queues[0];
      const begun = world.nowMs();
      setTimeout(() => {
        if (orders) orders.waiting = 3;
      }, 40_000);
      setTimeout(() => {
        if (orders) orders.waiting = 0;
      }, 90_000);
      expect((await play('sqs.check-drained', watched)).seen).toMatchObject({ status: 'done' });
      expect(world.nowMs() - begun).toBeGreaterThanOrEqual(150_000);
    }));

  it('takes few messages for enough only if none of them is old', () =>
    inAws(waiting(2), async ({ play, wait }) => {
      await wait(900);
      const few = { queue: 'orders', atMost: 10 };
      expect((await play('sqs.check-drained', few)).seen).toMatchObject({ status: 'done' });
      const { seen } = await play('sqs.check-drained', { ...few, maxAge: '5m' }, { forSeconds: 300 });
      expect(seen).toMatchObject({
        status: 'pending',
        note: expect.stringMatching(/^The oldest message of orders is/),
      });
    }));

  it('fails when the messages go to the dead letters, which empties the queue as well', () =>
    inAws(waiting(40), async ({ play, strike }) => {
      setTimeout(() => strike({ type: 'failure' }, 'orders'), 30_000);
      const { seen } = await play('sqs.check-drained', watched);
      expect(reasonsOf(seen)).toBe('40 messages of orders went to orders-failed meanwhile: they failed.');
    }));

  it('refuses a queue that was deleted, and dead letters of another queue', () =>
    inAws(waiting(0), async ({ play, strike }) => {
      const turned = await play('sqs.check-drained', { queue: 'failed', deadLetters: 'orders' });
      expect(reasonsOf(turned.preparation)).toBe('orders-failed does not send what fails to orders.');
      const holds = strike({ type: 'loss' }, 'orders');
      expect(reasonsOf((await play('sqs.check-drained', watched)).preparation)).toBe(
        'There is no queue orders in ap-southeast-4.',
      );
      expect(holds()).toBe(true);
    }));

  it('reads, and no more', async () => {
    const lines = await permissionsOf('sqs.check-drained', components, { ...watched, maxAge: '5m' });
    expect(lines.map(line => line.split(' ')[0])).toEqual([
      'sqs:GetQueueUrl',
      'sqs:GetQueueUrl',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueAttributes',
      'cloudwatch:GetMetricData',
    ]);
  });
});
