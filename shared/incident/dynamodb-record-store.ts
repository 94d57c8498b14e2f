import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  type PutCommandInput,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { isNamed, isUnreachable, request } from '../aws/aws-errors.ts';
import type { JsonObject } from '../json.ts';
import { assertKey } from './keys.ts';
import { conflict } from './memory-record-store.ts';
import type { RecordKey, RecordStore, StoredRecord, WriteCondition } from './record-store.ts';

export type DynamoDbTable = { client: DynamoDBClient; region: string; tableName: string };

const itemSchema = z.object({
  partition: z.string(),
  sort: z.string(),
  version: z.number().int().positive(),
  /**
   * JSON text. A map of DynamoDB's would lose the order of keys and refuse numbers that JSON has (above 2^53, below
   * 1e-130), and then only in production.
   */
  data: z.string(),
  /** Random id of the write that made this version: tells a lost reply from somebody else's write. */
  writeId: z.string(),
});
type Item = z.infer<typeof itemSchema>;

const expected = 'ConditionalCheckFailedException';

/**
 * The record store in a DynamoDB table with the keys `partition` and `sort` (both strings). Errors: ConflictError
 * when a condition does not hold, otherwise as `shared/aws/aws-errors.ts` maps them.
 *
 * The SDK repeats a request whose reply was lost, and then meets its own write as a conflict. Every write carries a
 * random id, so a conflict (or silence) is looked up before it is reported: what was written counts as written.
 */
export function createDynamoDbRecordStore({ client, region, tableName }: DynamoDbTable): RecordStore {
  const documents = DynamoDBDocumentClient.from(client);
  const during = <T>(operation: string, send: () => Promise<T>) =>
    request({ call: `dynamodb.${operation}`, region }, send);

  async function read(key: RecordKey): Promise<Item | undefined> {
    const reply = await during('GetItem', () =>
      documents.send(new GetCommand({ TableName: tableName, Key: { ...key }, ConsistentRead: true })),
    );
    return reply.Item && itemSchema.parse(reply.Item);
  }

  async function wasWritten(key: RecordKey, writeId: string, error: unknown): Promise<boolean> {
    if (!isNamed(error, expected) && !isUnreachable(error)) return false;
    const now = await read(key);
    return now?.writeId === writeId;
  }

  async function put(key: RecordKey, data: JsonObject, condition: WriteCondition): Promise<StoredRecord> {
    assertKey(key);
    const { partition, sort } = key;
    const version = 'ifAbsent' in condition ? 1 : condition.ifVersion + 1;
    const item: Item = { partition, sort, version, data: JSON.stringify(data), writeId: randomUUID() };
    const command = new PutCommand({ TableName: tableName, Item: item, ...conditionOf(condition) });
    try {
      await during('PutItem', () => documents.send(command));
    } catch (error) {
      if (!(await wasWritten(key, item.writeId, error))) {
        throw isNamed(error, expected) ? conflict(key, condition, error) : error;
      }
    }
    return toRecord(item);
  }

  async function* pages(query: Parameters<RecordStore['query']>[0]) {
    let start: Record<string, unknown> | undefined;
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    do {
      const command = new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        ScanIndexForward: !query.descending,
        ...keyCondition(query.partition, query.sortPrefix),
        ...(Number.isFinite(left) && { Limit: left }),
        ...(start && { ExclusiveStartKey: start }),
      });
      const reply = await during('Query', () => documents.send(command));
      const items = (reply.Items ?? []).map(item => itemSchema.parse(item));
      yield items;
      left -= items.length;
      start = reply.LastEvaluatedKey;
    } while (start && left > 0);
  }

  return {
    async get(key) {
      assertKey(key);
      const item = await read(key);
      return item && toRecord(item);
    },
    put,
    async query(query) {
      if (query.limit !== undefined && query.limit < 1) return [];
      const found: StoredRecord[] = [];
      for await (const items of pages(query)) found.push(...items.map(toRecord));
      return found;
    },
    async delete(key, condition) {
      assertKey(key);
      const command = new DeleteCommand({
        TableName: tableName,
        Key: { ...key },
        ...conditionOf(condition),
      });
      try {
        await during('DeleteItem', () => documents.send(command));
      } catch (error) {
        if (!isNamed(error, expected) && !isUnreachable(error)) throw error;
        // Gone is what was asked for, whoever did it.
        if ((await read(key)) === undefined) return;
        throw isNamed(error, expected) ? conflict(key, condition, error) : error;
      }
    },
  };
}

type Expressions = Pick<
  PutCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

function conditionOf(condition: WriteCondition): Expressions {
  return 'ifAbsent' in condition
    ? {
        ConditionExpression: 'attribute_not_exists(#partition)',
        ExpressionAttributeNames: { '#partition': 'partition' },
      }
    : {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': condition.ifVersion },
      };
}

/** Which records of a partition are meant. */
export function keyCondition(
  partition: string,
  sortPrefix = '',
): Pick<
  QueryCommandInput,
  'KeyConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
> {
  // DynamoDB refuses an empty text as a key value, also in a condition.
  if (sortPrefix === '') {
    return {
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': 'partition' },
      ExpressionAttributeValues: { ':partition': partition },
    };
  }
  return {
    KeyConditionExpression: '#partition = :partition AND begins_with(#sort, :prefix)',
    ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
    ExpressionAttributeValues: { ':partition': partition, ':prefix': sortPrefix },
  };
}

export function toRecord({ partition, sort, version, data }: Omit<Item, 'writeId'>): StoredRecord {
  return { partition, sort, version, data: JSON.parse(data) as JsonObject };
}
