import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpointOf } from '../../../simulator/services/rds.ts';
import { putSecret } from '../../../simulator/services/secretsmanager.ts';
import { primary, recovery } from '../../actions/rds/support.ts';
import { type DatabaseWorld, databaseWorld } from './database-world.ts';

let here: DatabaseWorld;
beforeEach(() => {
  here = databaseWorld();
});
afterEach(() => here.stop());

const call = (operation: string, input: Record<string, unknown> = {}) =>
  here.call('secretsmanager', operation, recovery, { SecretId: 'app/db', ...input });
const put = (token: string, value: string) =>
  call('PutSecretValue', { ClientRequestToken: token, SecretString: value });

test("the plan's secret points at the primary database before a recovery", async () => {
  const { SecretString } = await call('GetSecretValue');
  expect(JSON.parse(String(SecretString))).toMatchObject({
    host: endpointOf(primary, 'app-production'),
    port: '5432',
    dbname: 'app',
  });
});

test('a new version becomes current, and the same request makes no second one', async () => {
  await put('v2', 'new');
  await put('v2', 'new');
  expect(await call('GetSecretValue')).toMatchObject({ VersionId: 'v2', SecretString: 'new' });
  expect(Object.keys((await call('DescribeSecret')).VersionIdsToStages ?? {})).toHaveLength(2);
  await expect(put('v2', 'other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('AWSCURRENT moves back only from the version that has it', async () => {
  const first = String((await call('GetSecretValue')).VersionId);
  await put('v2', 'new');
  const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: first };
  await expect(
    call('UpdateSecretVersionStage', { ...move, RemoveFromVersionId: first }),
  ).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
  await call('UpdateSecretVersionStage', { ...move, RemoveFromVersionId: 'v2' });
  expect((await call('GetSecretValue')).VersionId).toBe(first);
  expect((await call('GetSecretValue', { VersionStage: 'AWSPREVIOUS' })).VersionId).toBe('v2');
});

test('a secret belongs to its region, and others can be put beside it', async () => {
  const elsewhere = here.call('secretsmanager', 'GetSecretValue', primary, { SecretId: 'links' });
  await expect(elsewhere).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  putSecret(here.world, primary, 'links', 'value');
  expect(await here.call('secretsmanager', 'GetSecretValue', primary, { SecretId: 'links' })).toMatchObject({
    SecretString: 'value',
  });
});

test('a stale read answers with the version before', async () => {
  here.stop();
  here = databaseWorld(['stale-read:secretsmanager']);
  await put('v2', 'new');
  expect((await call('GetSecretValue')).VersionId).not.toBe('v2');
  await here.pass(21);
  expect((await call('GetSecretValue')).VersionId).toBe('v2');
});
