import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ConflictError,
  RequestRejectedError,
  ServiceUnavailableError,
  ThrottledError,
} from '../../shared/errors.ts';
import { createDynamoDbRecordStore } from '../../shared/incident/dynamodb-record-store.ts';
import { mockClient } from '../support/mock-client.ts';

const region = 'ap-southeast-4';
const key = { partition: 'SYSTEM#shop', sort: 'LOCK' };

describe('DynamoDB record store, errors', () => {
  const client = new DynamoDBClient({ region });
  const sdk = mockClient(DynamoDBDocumentClient);
  const store = createDynamoDbRecordStore({ client, region, tableName: 'lifeboat' });
  const failure = (name: string, status = 400) =>
    Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode: status } });

  afterEach(() => sdk.reset());

  it('reads consistently', async () => {
    sdk.on(GetCommand).resolves({}).on(QueryCommand).resolves({ Items: [] });
    await store.get(key);
    await store.query({ partition: 'A', sortPrefix: 'LEDGER#' });
    expect(sdk.commandCalls(GetCommand)[0]?.args[0].input.ConsistentRead).toBe(true);
    expect(sdk.commandCalls(QueryCommand)[0]?.args[0].input.ConsistentRead).toBe(true);
  });

  it('reports somebody else’s write as a conflict', async () => {
    sdk.on(PutCommand).rejects(failure('ConditionalCheckFailedException'));
    sdk.on(GetCommand).resolves({ Item: { ...key, version: 1, data: '{}', writeId: 'theirs' } });
    await expect(store.put(key, {}, { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError);
  });

  it('looks whether a write happened when nothing answered, and says so', async () => {
    sdk.on(PutCommand).callsFake(input => {
      sdk.on(GetCommand).resolves({ Item: input.Item });
      throw failure('InternalServerError', 500);
    });
    await expect(store.put(key, { n: 1 }, { ifAbsent: true })).resolves.toMatchObject({ version: 1 });
  });

  it('does not claim a write that nothing shows', async () => {
    sdk.on(PutCommand).rejects(failure('InternalServerError', 500)).on(GetCommand).resolves({});
    await expect(store.put(key, {}, { ifAbsent: true })).rejects.toBeInstanceOf(ServiceUnavailableError);
  });

  it('names throttling, refusal and silence apart', async () => {
    sdk.on(GetCommand).rejects(failure('ProvisionedThroughputExceededException'));
    await expect(store.get(key)).rejects.toBeInstanceOf(ThrottledError);
    sdk.on(GetCommand).rejects(failure('ResourceNotFoundException'));
    await expect(store.get(key)).rejects.toBeInstanceOf(RequestRejectedError);
    sdk.on(GetCommand).rejects(failure('ServiceUnavailable', 503));
    await expect(store.get(key)).rejects.toBeInstanceOf(ServiceUnavailableError);
  });

  it('does not read again after a write that was refused for its form', async () => {
    sdk.on(PutCommand).rejects(failure('ValidationException'));
    await expect(store.put(key, {}, { ifAbsent: true })).rejects.toBeInstanceOf(RequestRejectedError);
    expect(sdk.commandCalls(GetCommand)).toHaveLength(0);
  });

  it('refuses to delete a version that was changed', async () => {
    sdk.on(DeleteCommand).rejects(failure('ConditionalCheckFailedException'));
    sdk.on(GetCommand).resolves({ Item: { ...key, version: 2, data: '{}', writeId: 'theirs' } });
    await expect(store.delete(key, { ifVersion: 1 })).rejects.toBeInstanceOf(ConflictError);
  });
});
