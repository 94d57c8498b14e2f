import { ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { callJson, type Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';

/** What came to each topic of a deployment, by the topic's name without `lifeboat-<system>-`. */
export type Queues = { received(): Promise<Map<string, string[]>> };

/** A queue of the suite's own behind every topic of the system. */
export async function listenToTopics(place: Place, system: string): Promise<Queues> {
  const sns = clientOf(SNSClient, place);
  const { Topics = [] } = await sns.send(new ListTopicsCommand({}));
  const prefix = `lifeboat-${system}-`;
  const urls = new Map<string, string>();
  for (const { TopicArn = '' } of Topics) {
    const name = TopicArn.split(':').at(-1) ?? '';
    if (!name.startsWith(prefix)) continue;
    const QueueName = `e2e-${name}`;
    const { QueueUrl } = await callJson(place, 'sqs', 'AmazonSQS.CreateQueue', { QueueName });
    const Endpoint = TopicArn.replace(':sns:', ':sqs:').replace(name, QueueName);
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
    urls.set(name.slice(prefix.length), String(QueueUrl));
  }
  const taken = new Map<string, string[]>();
  return {
    async received() {
      for (const [topic, url] of urls)
        taken.set(topic, [...(taken.get(topic) ?? []), ...(await drain(place, url))]);
      return taken;
    },
  };
}

async function drain(place: Place, QueueUrl: string): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const { Messages } = await callJson(place, 'sqs', 'AmazonSQS.ReceiveMessage', {
      QueueUrl,
      MaxNumberOfMessages: 10,
    });
    const messages = (Messages ?? []) as { Body: string; ReceiptHandle: string }[];
    if (messages.length === 0) return texts;
    for (const { Body, ReceiptHandle } of messages) {
      texts.push(String(JSON.parse(Body).Message));
      await callJson(place, 'sqs', 'AmazonSQS.DeleteMessage', { QueueUrl, ReceiptHandle });
    }
  }
}
