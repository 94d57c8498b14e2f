import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { request } from '../aws/aws-errors.ts';
import type { AwsClients } from '../aws/clients.ts';
import { keyCondition, toRecord } from './dynamodb-record-store.ts';
import type { RecordReader, StoredRecord } from './record-store.ts';

const text = z.object({ S: z.string() });
const itemSchema = z.object({
  partition: text,
  sort: text,
  version: z.object({ N: z.string() }),
  data: text,
});

/** Reads the table of any deployment; strongly consistent, as the record store is, and without a way to write. */
export function createDynamoDbRecordReader(
  aws: AwsClients,
  { region, tableName: TableName }: { region: string; tableName: string },
): RecordReader {
  const client = () => aws.client(DynamoDBClient, region);
  return {
    async get({ partition, sort }) {
      const command = new GetItemCommand({
        TableName,
        Key: { partition: { S: partition }, sort: { S: sort } },
        ConsistentRead: true,
      });
      const { Item } = await request({ call: 'dynamodb.GetItem', region }, () => client().send(command));
      return Item && recordOf(Item);
    },
    async query({ partition, sortPrefix, descending, limit }) {
      const { ExpressionAttributeValues: values, ...condition } = keyCondition(partition, sortPrefix);
      const found: StoredRecord[] = [];
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          ConsistentRead: true,
          ScanIndexForward: !descending,
          ...condition,
          ExpressionAttributeValues: texts(values),
          ExclusiveStartKey,
        });
        const reply: QueryCommandOutput = await request({ call: 'dynamodb.Query', region }, () =>
          client().send(command),
        );
        found.push(...(reply.Items ?? []).map(recordOf));
        ExclusiveStartKey = reply.LastEvaluatedKey;
      } while (ExclusiveStartKey && found.length < (limit ?? Number.POSITIVE_INFINITY));
      return found.slice(0, limit);
    },
  };
}

function recordOf(item: Record<string, AttributeValue>): StoredRecord {
  const { partition, sort, version, data } = itemSchema.parse(item);
  return toRecord({ partition: partition.S, sort: sort.S, version: Number(version.N), data: data.S });
}

/** All that is asked by are texts. */
const texts = (values: Record<string, unknown> = {}): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { S: String(value) }]));
