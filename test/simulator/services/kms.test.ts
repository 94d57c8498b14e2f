import { afterEach, expect, test } from 'vitest';
import { setKeyState } from '../../../simulator/services/kms.ts';
import { primary, recovery, target } from '../../actions/rds/support.ts';
import { type DatabaseWorld, databaseWorld } from './database-world.ts';

let here: DatabaseWorld;
afterEach(() => here.stop());

const describeKey = async (key: string, region = recovery) =>
  (await here.call('kms', 'DescribeKey', region, { KeyId: key })).KeyMetadata;

test('a key answers to its alias, its ARN and its id, in its region only', async () => {
  here = databaseWorld();
  const key = await describeKey(target.kmsKey);
  expect(key).toMatchObject({ KeyState: 'Enabled', Arn: expect.stringContaining(`:${recovery}:`) });
  expect(await describeKey(String(key?.Arn))).toEqual(key);
  expect(await describeKey(String(key?.KeyId))).toEqual(key);
  await expect(describeKey(target.kmsKey, primary)).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('a person can disable it', async () => {
  here = databaseWorld();
  setKeyState(here.world, recovery, target.kmsKey, 'Disabled');
  expect(await describeKey(target.kmsKey)).toMatchObject({ KeyState: 'Disabled', Enabled: false });
});

test('with the fault kms-key-missing it is gone or waits to be deleted, depending on the seed', async () => {
  const found = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    here = databaseWorld(['kms-key-missing'], seed);
    const state = await describeKey(target.kmsKey).then(
      key => String(key?.KeyState),
      (error: Error) => error.name,
    );
    found.add(state);
    here.stop();
  }
  expect(found).toEqual(new Set(['NotFoundException', 'PendingDeletion']));
});
