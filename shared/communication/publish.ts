import { type MessageAttributeValue, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { request } from '../aws/aws-errors.ts';
import { InvalidInputError } from '../errors.ts';
import type { Channel } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import type { PlannedMessage } from './due.ts';
import type { MessageRecord, Try } from './message-record.ts';
import type { Rendered } from './render.ts';

/** Tries the channels in order until one takes it; returns the message's record as it stands then. */
export async function publish(
  runtime: Runtime,
  run: Run,
  message: PlannedMessage,
  rendered: Rendered,
  claim: MessageRecord,
): Promise<MessageRecord> {
  const tries: Try[] = [];
  for (const channel of message.channels) {
    try {
      const providerId = await publishTo(runtime, run, channel, message.key, rendered);
      return {
        ...claim,
        status: 'sent',
        channel,
        providerId,
        endedAt: runtime.clock.now().toISOString(),
        tries,
      };
    } catch (error) {
      tries.push({ channel, error: describe(error) });
      runtime.log('warn', 'A channel did not take a message', {
        key: message.key,
        channel,
        error: describe(error),
      });
    }
  }
  if (tries.length === 0)
    tries.push({ channel: 'none', error: 'The plan names no channel for this recipient.' });
  return { ...claim, status: 'failed', endedAt: runtime.clock.now().toISOString(), tries };
}

async function publishTo(
  runtime: Runtime,
  run: Run,
  channelId: string,
  key: string,
  rendered: Rendered,
): Promise<string> {
  const channel: Channel | undefined = runtime.plan.channels[channelId];
  const topicArn = channel && runtime.settings.topicArns[channel.topic];
  if (!channel || !topicArn) {
    throw new InvalidInputError(`There is no topic for the channel "${channelId}"`, {
      nextStep: 'Deploy again: the plan and the deployment differ.',
    });
  }
  const region = runtime.plan.regions.recovery;
  const command = new PublishCommand({
    TopicArn: topicArn,
    Subject: rendered.subject,
    Message: channel.protocol === 'sms' ? rendered.sms : rendered.text,
    MessageAttributes: attributes(run, key, channel.protocol),
  });
  const reply = await request({ call: 'sns.Publish', region }, () =>
    runtime.aws.client(SNSClient, region).send(command),
  );
  return reply.MessageId ?? 'unknown';
}

function attributes(
  run: Run,
  key: string,
  protocol: Channel['protocol'],
): Record<string, MessageAttributeValue> {
  const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
  return {
    'lifeboat-message-key': text(key),
    'lifeboat-mode': text(run.mode),
    // Delivered with the highest reliability; the default, Promotional, is optimised for cost.
    ...(protocol === 'sms' && { 'AWS.SNS.SMS.SMSType': text('Transactional') }),
  };
}

/** An error in one line, for the ledger and the log. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 400) : String(error);
}
