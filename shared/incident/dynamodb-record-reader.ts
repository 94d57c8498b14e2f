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
import type { JsonObject } from '../json.ts';
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
      return Item && toRecord(Item);
    },
    async query({ partition, sortPrefix = '', descending, limit }) {
      const found: StoredRecord[] = [];
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          ConsistentRead: true,
          ScanIndexForward: !descending,
          KeyConditionExpression: `#partition = :partition${sortPrefix && ' AND begins_with(#sort, :prefix)'}`,
          ExpressionAttributeNames: { '#partition': 'partition', ...(sortPrefix && { '#sort': 'sort' }) },
          ExpressionAttributeValues: {
            ':partition': { S: partition },
            ...(sortPrefix && { ':prefix': { S: sortPrefix } }),
          },
          ExclusiveStartKey,
        });
        const reply: QueryCommandOutput = await request({ call: 'dynamodb.Query', region }, () =>
          client().send(command),
        );
        found.push(...(reply.Items ?? []).map(toRecord));
        ExclusiveStartKey = reply.LastEvaluatedKey;
      } while (ExclusiveStartKey && found.length < (limit ?? Number.POSITIVE_INFINITY));
      return found.slice(0, limit);
    },
  };
}

function toRecord(item: Record<string, AttributeValue>): StoredRecord {
  const { partition, sort, version, data } = itemSchema.parse(item);
  return {
    partition: partition.S,
    sort: sort.S,
    version: Number(version.N),
    data: JSON.parse(data.S) as JsonObject,
  };
}
