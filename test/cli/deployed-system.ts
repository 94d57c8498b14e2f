import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import dynalite from 'dynalite';
import { vi } from 'vitest';
import { createDynamoDbRecordStore } from '../../shared/incident/dynamodb-record-store.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';
import { mockClient } from '../support/mock-client.ts';

export const region = 'ap-southeast-4';
export const account = '123456789012';
const tableName = 'lifeboat-liquid-abt';

export type DeployedSystem = Awaited<ReturnType<typeof deploySystem>>;

/**
 * What a terminal finds of a deployed system: its table, on a server of this process that speaks DynamoDB, and
 * clients of the other services that are mocked at the SDK.
 */
export async function deploySystem() {
  const server: Server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ region, endpoint, credentials });
  const sts = mockClient(STSClient);
  const sfn = mockClient(SFNClient);
  const sns = mockClient(SNSClient);
  const store: RecordStore = createDynamoDbRecordStore({ client, region, tableName });
  return {
    store,
    sts,
    sfn,
    sns,
    /** A table without records, and clients that have been asked nothing. */
    async fresh(): Promise<void> {
      for (const mock of [sts, sfn, sns]) mock.reset();
      sts
        .on(GetCallerIdentityCommand)
        .resolves({ Arn: `arn:aws:sts::${account}:assumed-role/operator/ben`, Account: account });
      await deleteTable(client);
      await createTable(client);
    },
    async undeployed(): Promise<void> {
      await deleteTable(client);
    },
    async close(): Promise<void> {
      client.destroy();
      for (const mock of [sts, sfn, sns]) mock.restore();
      vi.unstubAllEnvs();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Deletes the table if it is there, and waits until it is gone: deleting takes a moment here, too. */
async function deleteTable(client: DynamoDBClient): Promise<void> {
  for (;;) {
    try {
      await client.send(new DeleteTableCommand({ TableName: tableName }));
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return;
      if (!(error instanceof ResourceInUseException)) throw error;
    }
  }
}

/** Makes the table, and waits until it takes requests. */
async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
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
  const isActive = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return Table?.TableStatus === 'ACTIVE';
  };
  while (!(await isActive())) await new Promise(resolve => setImmediate(resolve));
}
