import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import type { FinalizeRequestMiddleware } from '@smithy/types';
import dynalite from 'dynalite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbRecordReader } from '../../shared/incident/dynamodb-record-reader.ts';
import { createDynamoDbRecordStore } from '../../shared/incident/dynamodb-record-store.ts';
import { describeRecordStore } from './record-store.contract.ts';

const region = 'ap-southeast-4';
const key = { partition: 'SYSTEM#shop', sort: 'LOCK' };

describe('against a server that speaks DynamoDB', () => {
  let server: Server;
  let client: DynamoDBClient;
  let tables = 0;

  beforeAll(async () => {
    server = dynalite({ createTableMs: 0 });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    client = new DynamoDBClient({
      region,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });

  afterAll(async () => {
    client.destroy();
    await new Promise(resolve => server.close(resolve));
  });

  it('is read by who may only read, the same records in the same order', async () => {
    const tableName = await createTable();
    const store = createDynamoDbRecordStore({ client, region, tableName });
    const reader = createDynamoDbRecordReader({ client: () => client as never }, { region, tableName });
    expect(await reader.get(key)).toBeUndefined();
    for (const sort of ['LEDGER#1', 'LEDGER#2', 'LOCK']) {
      await store.put({ ...key, sort }, { sort, nested: [1, null] }, { ifAbsent: true });
    }
    expect(await reader.get(key)).toEqual(await store.get(key));
    for (const query of [
      { partition: key.partition },
      { partition: key.partition, sortPrefix: 'LEDGER#' },
      { partition: key.partition, sortPrefix: 'LEDGER#', descending: true, limit: 1 },
    ]) {
      const found = await reader.query(query);
      expect(found).toEqual(await store.query(query));
      expect(found.length).toBeGreaterThan(0);
    }
  });

  async function createTable(): Promise<string> {
    const TableName = `lifeboat-${++tables}`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'partition', AttributeType: 'S' },
          { AttributeName: 'sort', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'partition', KeyType: 'HASH' },
          { AttributeName: 'sort', KeyType: 'RANGE' },
        ],
      }),
    );
    for (let tries = 0; tries < 100; tries++) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      if (Table?.TableStatus === 'ACTIVE') return TableName;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    throw new Error(`${TableName} did not become active`);
  }

  describeRecordStore('DynamoDB', async () =>
    createDynamoDbRecordStore({ client, region, tableName: await createTable() }),
  );

  /** Carries the request out, loses the reply, and lets the SDK's own retry find out. */
  it('reports a write as done when its reply was lost and the SDK met its own write', async () => {
    const tableName = await createTable();
    let sent = 0;
    const forgetful = new DynamoDBClient({
      region,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const loseReply: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> =
      (next, context) => async args => {
        const isWrite = /Put|Delete/.test(String(context.commandName));
        if (isWrite) sent++;
        const reply = await next(args);
        if (isWrite && sent === 1) {
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
        }
        return reply;
      };
    forgetful.middlewareStack.addRelativeTo(loseReply, {
      relation: 'after',
      toMiddleware: 'retryMiddleware',
      name: 'loseReply',
    });
    const store = createDynamoDbRecordStore({ client: forgetful, region, tableName });
    await expect(store.put(key, { n: 1 }, { ifAbsent: true })).resolves.toMatchObject({ version: 1 });
    expect(sent).toBe(2);
    sent = 0;
    await expect(store.put(key, { n: 2 }, { ifVersion: 1 })).resolves.toMatchObject({ version: 2 });
    expect(sent).toBe(2);
    sent = 0;
    await expect(store.delete(key, { ifVersion: 2 })).resolves.toBeUndefined();
    expect(sent).toBe(2);
    expect(await store.get(key)).toBeUndefined();
    forgetful.destroy();
  });
});
