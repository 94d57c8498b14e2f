import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { beforeEach, expect, test } from 'vitest';
import { action } from '../../../shared/actions/secrets/put-value.ts';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import { mockClient } from '../../support/mock-client.ts';
import { awsError, contextFor, primary, recovery } from '../rds/support.ts';

const manager = mockClient(SecretsManagerClient);
const secret: ComponentOf<'secret'> = { id: 'app-secret', type: 'secret', region: recovery, name: 'app/db' };
const old = {
  host: 'old',
  username: 'app',
  password: 'p@ss/word',
  url: 'postgresql://app:p%40ss%2Fword@old/app',
};
const parameters = {
  secret,
  values: { host: 'new', url: 'postgresql://{{username}}:{{password}}@new:5432/app' },
};
const merged = { ...old, host: 'new', url: 'postgresql://app:p%40ss%2Fword@new:5432/app' };
const baseline = { previousVersionId: 'v1' };

beforeEach(() => {
  manager.reset();
  manager.on(DescribeSecretCommand).resolves({});
  holds(old, 'v1');
  manager.on(PutSecretValueCommand).resolves({});
  manager.on(UpdateSecretVersionStageCommand).resolves({});
});
function holds(values: unknown, version: string) {
  manager.on(GetSecretValueCommand).resolves({ SecretString: JSON.stringify(values), VersionId: version });
}
function put() {
  return manager.commandCalls(PutSecretValueCommand).map(call => call.args[0].input);
}

test('merges the values, rebuilds the connection string and leaves the other keys alone', async () => {
  const context = contextFor({});
  expect(await action.prepare(context, parameters)).toMatchObject({ status: 'ready', baseline });
  await action.act?.(context, parameters, baseline);
  expect(JSON.parse(put()[0]?.SecretString ?? '')).toEqual(merged);
  expect(put()[0]?.ClientRequestToken).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test('repeats a request whose reply was lost with the same token, and makes nothing when it is there', async () => {
  await action.act?.(contextFor({}), parameters, baseline);
  await action.act?.(contextFor({}), parameters, baseline);
  expect(put()[0]?.ClientRequestToken).toBe(put()[1]?.ClientRequestToken);
  holds(merged, 'v2');
  await action.act?.(contextFor({}), parameters, baseline);
  expect(put()).toHaveLength(2);
});

test('is already done when the secret holds the values', async () => {
  holds(merged, 'v2');
  expect(await action.prepare(contextFor({}), parameters)).toMatchObject({
    status: 'already-done',
    outputs: { versionId: 'v2' },
  });
});

test('is done when the current version holds the values, and pending before', async () => {
  expect((await action.observe(contextFor({}), parameters, baseline)).status).toBe('pending');
  holds(merged, 'v2');
  expect(await action.observe(contextFor({}), parameters, baseline)).toMatchObject({
    status: 'done',
    outputs: { versionId: 'v2' },
  });
});

test('no value of the secret appears in anything that is kept', async () => {
  const context = contextFor({});
  const preparation = await action.prepare(context, parameters);
  await action.act?.(context, parameters, baseline);
  const pending = await action.observe(context, parameters, baseline);
  holds(merged, 'v2');
  const done = await action.observe(context, parameters, baseline);
  const kept = JSON.stringify([preparation, context.changes, pending, done]);
  for (const value of ['p@ss/word', 'p%40ss', 'postgresql://']) expect(kept).not.toContain(value);
});

test('refuses a replica, which can only be read', async () => {
  manager.on(DescribeSecretCommand).resolves({ PrimaryRegion: primary });
  expect(await action.prepare(contextFor({}), parameters)).toMatchObject({
    status: 'refused',
    reasons: [
      {
        what: expect.stringContaining('replica'),
        mend: expect.stringContaining('stop-replication-to-replica'),
      },
    ],
  });
});

test.each([
  ['does not exist', () => manager.on(DescribeSecretCommand).rejects(awsError('ResourceNotFoundException'))],
  ['waits to be deleted', () => manager.on(DescribeSecretCommand).resolves({ DeletedDate: new Date(0) })],
  ['is not a JSON object', () => holds(['a'], 'v1')],
  ['has no such key', () => holds({ host: 'old', password: 'x' }, 'v1')],
])('refuses a secret that %s', async (what, given) => {
  given();
  expect(await action.prepare(contextFor({}), parameters)).toMatchObject({
    status: 'refused',
    reasons: [{ what: expect.stringContaining(what) }],
  });
});

test('undo moves AWSCURRENT back from the version that this step made', async () => {
  await action.act?.(contextFor({}), parameters, baseline);
  const made = put()[0]?.ClientRequestToken ?? '';
  holds(merged, made);
  expect((await action.undo?.(contextFor({}), parameters, baseline, {}))?.status).toBe('pending');
  expect(manager.commandCalls(UpdateSecretVersionStageCommand)[0]?.args[0].input).toEqual({
    SecretId: 'app/db',
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: 'v1',
    RemoveFromVersionId: made,
  });
  holds(old, 'v1');
  expect((await action.undo?.(contextFor({}), parameters, baseline, {}))?.status).toBe('done');
});

test("undo leaves somebody else's later change alone", async () => {
  holds({ ...merged, extra: 'x' }, 'v9');
  expect((await action.undo?.(contextFor({}), parameters, baseline, {}))?.status).toBe('failed');
  expect(manager.commandCalls(UpdateSecretVersionStageCommand)).toHaveLength(0);
});
