import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type Queue = ComponentOf<'sqs-queue'>;

/** What a queue says of itself. All counts are approximate: SQS needs up to a minute after the last change. */
export type QueueState = {
  url: string;
  arn: string;
  /** Messages that can be received, that somebody is working on, and that wait for their delay to end. */
  visible: number;
  inFlight: number;
  delayed: number;
  /** ARN of the queue that gets what could not be processed. */
  deadLetterArn: string | undefined;
  /** Its key, unless SQS encrypts with one of its own. */
  kmsKey: string | undefined;
};

const attributes = [
  'QueueArn',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'RedrivePolicy',
  'KmsMasterKeyId',
] as const;

export const sqsOf = (aws: AwsClients, { region }: Queue) => aws.client(SQSClient, region);

export const queueArn = ({ region, name }: Queue) =>
  `arn:\${AWS::Partition}:sqs:${region}:\${AWS::AccountId}:${name}`;

/** Reads a queue by its name; undefined if there is none. */
export async function readQueue(aws: AwsClients, queue: Queue): Promise<QueueState | undefined> {
  const { region, name } = queue;
  const client = sqsOf(aws, queue);
  // Its second name is that of the older query protocol, which emulators still answer with.
  return ifFound(['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'], async () => {
    const { QueueUrl: url = '' } = await request({ call: 'sqs.GetQueueUrl', region }, () =>
      client.send(new GetQueueUrlCommand({ QueueName: name })),
    );
    const { Attributes = {} } = await request({ call: 'sqs.GetQueueAttributes', region }, () =>
      client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...attributes] })),
    );
    return {
      url,
      arn: Attributes.QueueArn ?? '',
      visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      deadLetterArn: deadLetterArnOf(Attributes.RedrivePolicy),
      kmsKey: ownKey(Attributes.KmsMasterKeyId),
    };
  });
}

function deadLetterArnOf(policy: string | undefined): string | undefined {
  const { deadLetterTargetArn } = policy ? (JSON.parse(policy) as { deadLetterTargetArn?: string }) : {};
  return deadLetterTargetArn;
}

/** The key that AWS manages for SQS lets everybody in the account use it through SQS. */
const ownKey = (key: string | undefined) =>
  key === undefined || key === '' || key === 'alias/aws/sqs' ? undefined : key;

export const everything = ({ visible, inFlight, delayed }: QueueState) => visible + inFlight + delayed;

export function missingQueue({ id, name, region }: Queue): Reason {
  return {
    what: `There is no queue ${name} in ${region}.`,
    mend: `Deploy it there, or correct "${id}" in the plan.`,
  };
}

/** The last ten moves out of a queue, the newest first. */
export async function readMoves(
  aws: AwsClients,
  queue: Queue,
  arn: string,
): Promise<ListMessageMoveTasksResultEntry[]> {
  const { Results = [] } = await request({ call: 'sqs.ListMessageMoveTasks', region: queue.region }, () =>
    sqsOf(aws, queue).send(new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 10 })),
  );
  return Results.toSorted((a, b) => startedAt(b) - startedAt(a));
}

/** ms since the epoch. */
export const startedAt = ({ StartedTimestamp = 0 }: ListMessageMoveTasksResultEntry) => StartedTimestamp;
export const isUnderWay = ({ Status }: ListMessageMoveTasksResultEntry) =>
  Status === 'RUNNING' || Status === 'CANCELLING';
