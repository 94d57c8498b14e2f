import { describe, expect, it } from 'vitest';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { onPublished, publishedMessages, service } from '../../../simulator/services/sns.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { makePlan, outageStartedAt } from '../../communication/fixture.ts';

function start() {
  const parsed = createFaults([]);
  if (!parsed.ok) throw new Error('no faults');
  const world = createWorld({
    plan: makePlan(),
    seed: 7,
    faults: parsed.faults,
    services: [service],
    outageStartedAt,
  });
  const publish = (input: Record<string, unknown>) =>
    world.call({ service: 'sns', operation: 'Publish', region: 'ap-southeast-4', input });
  return { world, publish };
}
const arn = 'arn:aws:sns:ap-southeast-4:123456789012:lifeboat-on-call';

describe('Publish', () => {
  it('takes a message and tells who listens', async () => {
    const { world, publish } = start();
    const heard: string[] = [];
    onPublished(world, ({ text }) => heard.push(text));
    const reply = await publish({ TopicArn: arn, Subject: 'Hello', Message: 'It has begun.' });
    expect(reply).toEqual({
      MessageId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    });
    expect(heard).toEqual(['It has begun.']);
    expect(publishedMessages(world)).toMatchObject([
      { topicArn: arn, subject: 'Hello', text: 'It has begun.' },
    ]);
    expect(world.calls.get('sns.Publish')).toBe(1);
  });

  it.each([
    [
      'a topic that the plan does not have',
      { TopicArn: arn.replace('on-call', 'gone') },
      'NotFoundException',
    ],
    [
      'a topic of another region',
      { TopicArn: arn.replace('southeast-4', 'southeast-2') },
      'InvalidParameterException',
    ],
    ['no topic', { TopicArn: undefined }, 'InvalidParameterException'],
    ['an empty message', { Message: '' }, 'InvalidParameterException'],
    ['a message above 256 KiB', { Message: 'x'.repeat(262_145) }, 'InvalidParameterException'],
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'InvalidParameterException'],
    ['a subject with a line break', { Subject: 'a\nb' }, 'InvalidParameterException'],
    [
      'an attribute without a value',
      { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
      'InvalidParameterValueException',
    ],
  ])('refuses %s', async (_what, change, name) => {
    const { world, publish } = start();
    await expect(publish({ TopicArn: arn, Message: 'm', ...change })).rejects.toMatchObject({ name });
    expect(publishedMessages(world)).toEqual([]);
  });
});
