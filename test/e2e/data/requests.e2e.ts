import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { recovery } from '../contract/case.ts';
import { freshAccount } from '../contract/worlds.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { carryOut } from './carry-out.ts';

/** An API behind HTTPS, as an exchange or a DNS provider has one: it checks who is asking, as the real ones do. */
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-api-'));
const trusted = tls.getCACertificates('default');
let server: https.Server;
let url: string;
type Asked = { method: string; path: string; headers: IncomingMessage['headers']; body: string };
let asked: Asked[] = [];
let answer: (request: Asked, response: ServerResponse) => unknown;

beforeAll(async () => {
  const authority = makeAuthority(join(folder, 'authority'));
  tls.setDefaultCACertificates([...trusted, authority.ca]);
  const { cert, key } = authority.issue('api', ['DNS:localhost']);
  server = https.createServer({ cert, key }, async (incoming, response) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(parts).toString() };
    asked.push(request);
    await answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answer = (_request, response) => json(response, 200, {});
});
afterAll(() => {
  tls.setDefaultCACertificates(trusted);
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const key = 'the-key-of-the-exchange';
const hmac = (text: string) => createHmac('sha256', key).update(text).digest('hex');

describe('http.request', () => {
  const send = (given: object, looks = 2) =>
    carryOut('http.request', { url: `${url}/orders`, ...given } as never, { secret: key, looks });

  test('signs the query as an exchange reads it, with a time that is now', async () => {
    answer = ({ path }, response) => {
      const [, query = '', signature] = /\?(.*)&signature=(.*)$/.exec(path) ?? [];
      const ageMs = Date.now() - Number(new URLSearchParams(query).get('timestamp'));
      const good = signature === hmac(query) && ageMs >= 0 && ageMs < 60_000;
      json(response, good ? 200 : 401, { open: [{ id: 'a-1' }] });
    };
    const { seen } = await send({ sign: { key: 'secret:shop/exchange' }, extract: { first: '/open/0/id' } });
    expect(seen).toMatchObject({ status: 'done', outputs: { status: 200, values: { first: 'a-1' } } });
    expect(JSON.stringify(seen)).not.toContain(key);
  });

  test('signs time and body in headers, and sends a change once', async () => {
    answer = ({ headers, body }, response) =>
      json(response, headers['x-signature'] === hmac(`${headers['x-time']}.${body}`) ? 201 : 401, {});
    const sign = { key: 'secret:shop/exchange', in: 'header', timestamp: 'x-time', signature: 'x-signature' };
    const change = { method: 'POST', body: { cancel: 'all' }, expectStatus: 201, approvedBy: 'cto', sign };
    expect((await send(change)).seen).toMatchObject({ status: 'done', outputs: { status: 201 } });
    expect(asked).toMatchObject([{ method: 'POST', body: '{"cancel":"all"}' }]);
  });

  test('puts a secret into a header', async () => {
    await send({ headers: { authorization: { secret: 'secret:shop/exchange', prefix: 'Bearer ' } } });
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${key}`);
  });

  test('does not follow a redirect to a login page', async () => {
    answer = ({ path }, response) => {
      response.writeHead(path === '/login' ? 200 : 302, { location: '/login' });
      response.end();
    };
    const { seen } = await send({});
    expect(seen).toMatchObject({ status: 'pending', note: expect.stringContaining('302') });
    expect(asked.map(({ path }) => path)).not.toContain('/login');
  });

  test('says that nobody knows, when the answer to a change is lost, and does not repeat it', async () => {
    answer = (_request, response) => response.socket?.destroy();
    const { seen } = await send({ method: 'POST', body: { pay: 1 }, approvedBy: 'cto' });
    expect(seen).toMatchObject({
      status: 'failed',
      reasons: [{ what: expect.stringContaining('not known whether') }],
    });
    expect(asked).toHaveLength(1);
  });
});

const { moto } = inject('servers');

describe.skipIf(!moto.up)('a leaked key, in Secrets Manager and at who checks it', () => {
  const secret = { id: 'key', type: 'secret', region: recovery, name: 'shop/api', keys: ['token', 'host'] };
  const request = () => ({ url: `${url}/whoami`, key: 'token' });
  let aws: AwsClients;
  const current = async () => {
    const command = new GetSecretValueCommand({ SecretId: secret.name });
    const { SecretString = '{}', VersionId } = await aws.client(SecretsManagerClient, recovery).send(command);
    return { ...JSON.parse(SecretString), VersionId } as { token: string; host: string; VersionId: string };
  };
  beforeEach(async () => {
    process.env.AWS_ENDPOINT_URL = moto.up ? moto.url : '';
    aws = await freshAccount();
    const SecretString = JSON.stringify({ token: 'leaked', host: 'db' });
    await aws
      .client(SecretsManagerClient, recovery)
      .send(new CreateSecretCommand({ Name: secret.name, SecretString }));
    answer = async ({ headers }, response) =>
      json(response, headers.authorization === `Bearer ${(await current()).token}` ? 200 : 401, {});
  });

  test('secrets.rotate is done when the new value is taken and the old one refused', async () => {
    const given = { secret, generate: ['token'], request: request() };
    const { seen } = await carryOut('secrets.rotate', given, { aws, looks: 10 });
    expect(seen).toMatchObject({ status: 'done', outputs: { oldFails: 'proven' } });
    const now = await current();
    expect(now).toMatchObject({ host: 'db', token: expect.stringMatching(/^.{48}$/) });
    expect(JSON.stringify(seen)).not.toContain(now.token);
    const previousVersionId = seen?.status === 'done' ? seen.outputs.previousVersionId : '';
    const checked = await carryOut(
      'secrets.check-rotation',
      { secret, request: request(), previousVersionId: previousVersionId ?? '' },
      { aws, looks: 2 },
    );
    expect(checked.seen).toMatchObject({ status: 'done', outputs: { verdict: 'replaced' } });
  });

  test('secrets.rotate and secrets.check-rotation are not done while the old value is taken as well', async () => {
    const before = await current();
    answer = (_request, response) => json(response, 200, {});
    const given = { secret, generate: ['token'], request: request() };
    const { seen } = await carryOut('secrets.rotate', given, { aws, looks: 2 });
    expect(seen).toMatchObject({ status: 'pending', note: expect.stringContaining('not proven to fail') });
    const check = { secret, request: request(), previousVersionId: before.VersionId };
    const checked = await carryOut('secrets.check-rotation', check, { aws, looks: 2 });
    expect(checked.seen).toMatchObject({
      status: 'pending',
      note: expect.stringContaining('not proven to fail'),
    });
  });

  test('secrets.check-rotation fails when somebody put the old value back', async () => {
    const { VersionId } = await current();
    const check = { secret, request: request(), previousVersionId: VersionId };
    const { seen } = await carryOut('secrets.check-rotation', check, { aws, looks: 2 });
    expect(seen).toMatchObject({
      status: 'failed',
      reasons: [{ what: expect.stringContaining('old value again') }],
    });
  });
});
