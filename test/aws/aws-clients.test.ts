import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { afterEach, expect, test } from 'vitest';
import { backoffMs, clientSettings, createAwsClients, patienceFor } from '../../shared/aws/aws-clients.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const primary = 'ap-southeast-2';
const recovery = 'ap-southeast-4';
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Counts requests and answers each one with the status. */
async function listen(status: number): Promise<{ endpoint: string; requests: () => number }> {
  let requests = 0;
  const made = createServer((_request, response) => {
    requests += 1;
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end();
  });
  server = made;
  await new Promise<void>(resolve => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { endpoint: `http://127.0.0.1:${address.port}`, requests: () => requests };
}

test('makes one client per service and region', () => {
  const aws = createAwsClients({ primary, credentials });
  expect(aws.client(RDSClient, recovery)).toBe(aws.client(RDSClient, recovery));
  expect(aws.client(RDSClient, recovery)).not.toBe(aws.client(RDSClient, primary));
  expect(aws.client(KMSClient, recovery)).toBeInstanceOf(KMSClient);
});

test('is impatient with the region that may be lost', () => {
  expect(patienceFor(primary, { primary, recovery })).toEqual({
    connectionTimeoutMs: 1_000,
    requestTimeoutMs: 5_000,
    attempts: 2,
  });
  expect(patienceFor(recovery, { primary, recovery })).toEqual({
    connectionTimeoutMs: 3_000,
    requestTimeoutMs: 15_000,
    attempts: 4,
  });
});

test('is impatient with the region of global control planes, unless Lifeboat itself runs there', () => {
  expect(patienceFor('us-east-1', { primary, recovery }).attempts).toBe(2);
  expect(patienceFor('us-west-2', { primary, recovery }).attempts).toBe(2);
  expect(patienceFor('us-east-1', { primary, recovery: 'us-east-1' }).attempts).toBe(4);
});

test('waits longer before each attempt, without chance, up to five seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 9].map(backoffMs)).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test.each([
  [primary, 2],
  [recovery, 4],
])('tries a server fault in %s %i times', async (region, attempts) => {
  const { endpoint, requests } = await listen(503);
  const client = createAwsClients({ primary, credentials, endpoint }).client(RDSClient, region);
  await expect(client.send(new DescribeDBInstancesCommand({}))).rejects.toMatchObject({
    $metadata: { attempts },
  });
  expect(requests()).toBe(attempts);
});

test('a request that is not answered in time is an error, not a warning', () => {
  expect(clientSettings(primary, { primary }).requestHandler).toEqual({
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
  });
});

const run = promisify(execFile);
const readsOf = async (options: Record<string, unknown>, environment: Record<string, string> = {}) => {
  const script = path.join(import.meta.dirname, 'fixtures/config-reads.ts');
  const { stdout } = await run(process.execPath, [script, JSON.stringify(options)], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...environment },
  });
  return JSON.parse(stdout);
};

test('reads no shared configuration file when everything is given', async () => {
  const { endpoint, requests } = await listen(400);
  const options = { primary, credentials, endpoint, ignoreConfiguredEndpoints: true };
  expect(await readsOf(options)).toEqual([]);
  expect(requests()).toBe(3);
});

test('takes the address of an emulator from the environment', async () => {
  const { endpoint, requests } = await listen(400);
  const files = await readsOf({ primary, credentials }, { AWS_ENDPOINT_URL: endpoint });
  expect(requests()).toBeGreaterThan(0);
  // This is how the check above would show a read.
  expect(files).toContain('/nonexistent/.aws/config');
});
