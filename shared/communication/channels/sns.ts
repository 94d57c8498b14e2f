import { type MessageAttributeValue, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { request } from '../../aws/aws-errors.ts';
import { asSubject } from '../render.ts';
import { ChannelError, type Delivery, defineAdapter } from './contract.ts';

/**
 * A topic of SNS. Standard topics don't recognise a message that they have, and FIFO topics reach neither e-mail nor
 * SMS: after a lost reply people are told twice, with the same reference, rather than not at all.
 */
export const adapter = defineAdapter('sns', {
  repeat: 'same',
  secrets: () => [],
  async deliver({ runtime, id, channel, message }) {
    const topicArn = runtime.settings.topicArns[channel.topic];
    if (!topicArn) {
      throw new ChannelError(
        'refused',
        `There is no topic for the channel "${id}". Deploy again with this plan.`,
      );
    }
    const region = runtime.plan.regions.recovery;
    const sms = channel.protocol === 'sms';
    const command = new PublishCommand({
      TopicArn: topicArn,
      Subject: asSubject(message.subject),
      Message: sms ? message.sms : message.text,
      MessageAttributes: attributes(message, sms),
    });
    try {
      const reply = await request({ call: 'sns.Publish', region }, () =>
        runtime.aws.client(SNSClient, region).send(command),
      );
      return reply.MessageId ?? 'unknown';
    } catch (error) {
      throw awsFailure(error);
    }
  },
});

function attributes(message: Delivery['message'], sms: boolean): Record<string, MessageAttributeValue> {
  const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
  return {
    'lifeboat-message-key': text(message.key),
    ...(message.mode && { 'lifeboat-mode': text(message.mode) }),
    // Delivered with the highest reliability; the default, Promotional, is optimised for cost.
    ...(sms && { 'AWS.SNS.SMS.SMSType': text('Transactional') }),
  };
}

/** The SDK has tried several times, so the next channel is better than waiting. */
export function awsFailure(error: unknown): ChannelError {
  return new ChannelError(
    'refused',
    error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  );
}
