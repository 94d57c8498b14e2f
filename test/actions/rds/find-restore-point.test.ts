import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBSnapshotsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { beforeEach, expect, test } from 'vitest';
import { action } from '../../../shared/actions/rds/find-restore-point.ts';
import { mockClient } from '../../support/mock-client.ts';
import { awsError, backupArn, contextFor, keyArn, primary, target } from './support.ts';

const rds = mockClient(RDSClient);
const kms = mockClient(KMSClient);
const maxLoss = 3600;

const backup = {
  DBInstanceIdentifier: 'app-production',
  Region: primary,
  DBInstanceAutomatedBackupsArn: backupArn,
  Status: 'replicating',
  Encrypted: true,
  KmsKeyId: keyArn,
  Engine: 'postgres',
  EngineVersion: '16.4',
  RestoreWindow: { LatestTime: new Date('2026-03-10T16:37:00Z') },
};
const snapshot = {
  DBInstanceIdentifier: 'app-production',
  DBSnapshotIdentifier: 'app-copy',
  SnapshotType: 'manual',
  SourceRegion: primary,
  Status: 'available',
  Encrypted: true,
  KmsKeyId: keyArn,
  Engine: 'postgres',
  OriginalSnapshotCreateTime: new Date('2026-03-10T14:00:00Z'),
  SnapshotCreateTime: new Date('2026-03-10T16:40:00Z'),
};

beforeEach(() => {
  rds.reset();
  kms.reset();
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({ DBInstanceAutomatedBackups: [backup] });
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [] });
  rds.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [{}] });
  rds.on(DescribeDBParameterGroupsCommand).resolves({ DBParameterGroups: [{}] });
  rds.on(DescribeOrderableDBInstanceOptionsCommand).resolves({
    OrderableDBInstanceOptions: [{ MultiAZCapable: true }],
  });
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', Arn: keyArn, KeyState: 'Enabled' } });
});

async function find() {
  const context = contextFor({});
  const preparation = await action.prepare(context, { target, maxLoss });
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  return action.observe(context, { target, maxLoss }, preparation.baseline);
}

async function reasons(): Promise<string[]> {
  const preparation = await action.prepare(contextFor({}), { target, maxLoss });
  if (preparation.status !== 'refused') throw new Error(`not refused: ${preparation.status}`);
  expect(preparation.reasons.every(reason => reason.mend.length > 20)).toBe(true);
  return preparation.reasons.map(reason => reason.what);
}

test('takes the replicated backup when it is newer than the snapshots, and measures the loss', async () => {
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [snapshot] });
  expect(await find()).toMatchObject({
    status: 'done',
    outputs: {
      method: 'automated-backup',
      from: backupArn,
      pointTime: '2026-03-10T16:37:00.000Z',
      lossSeconds: 300,
      withinRpo: true,
      loss: '5 min of data before the outage, within the allowed 1 h',
    },
  });
});

test('dates a copied snapshot by its original, not by when it was copied', async () => {
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({ DBInstanceAutomatedBackups: [] });
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [snapshot] });
  expect(await find()).toMatchObject({
    outputs: {
      method: 'snapshot',
      from: 'app-copy',
      lossSeconds: 9720,
      withinRpo: false,
      loss: '2 h 42 min of data before the outage, MORE than the allowed 1 h',
    },
  });
});

test('looks at every page, and asks for AWS Backup snapshots by name', async () => {
  rds
    .on(DescribeDBInstanceAutomatedBackupsCommand)
    .resolvesOnce({ DBInstanceAutomatedBackups: [], Marker: 'more' })
    .resolves({ DBInstanceAutomatedBackups: [backup] });
  expect((await find()).status).toBe('done');
  const types = rds.commandCalls(DescribeDBSnapshotsCommand).map(call => call.args[0].input.SnapshotType);
  expect(types).toEqual([undefined, 'awsbackup']);
  expect(rds.commandCalls(DescribeDBInstanceAutomatedBackupsCommand)[1]?.args[0].input.Marker).toBe('more');
});

test('ignores unfinished snapshots, other instances and same-named ones of another region', async () => {
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({
    DBInstanceAutomatedBackups: [
      { ...backup, DBInstanceIdentifier: 'other' },
      { ...backup, Region: 'eu-west-1' },
    ],
  });
  rds.on(DescribeDBSnapshotsCommand).resolves({
    DBSnapshots: [
      { ...snapshot, Status: 'creating' },
      { ...snapshot, DBSnapshotIdentifier: 'b', SourceRegion: 'eu-west-1' },
    ],
  });
  expect(await reasons()).toEqual([expect.stringContaining('no restore point of app-production')]);
});

test('refuses with everything that is missing, at once', async () => {
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({ DBInstanceAutomatedBackups: [] });
  rds.on(DescribeDBSubnetGroupsCommand).rejects(awsError('DBSubnetGroupNotFoundFault', 404));
  rds.on(DescribeDBParameterGroupsCommand).rejects(awsError('DBParameterGroupNotFoundFault', 404));
  rds.on(DescribeOrderableDBInstanceOptionsCommand).resolves({ OrderableDBInstanceOptions: [] });
  kms.on(DescribeKeyCommand).rejects(awsError('NotFoundException'));
  const all = (await reasons()).join('\n');
  for (const part of [
    'Subnet group app-dr',
    'Parameter group app-pg16',
    'does not offer db.r6g.large',
    'no restore point',
    'KMS key alias/app-dr does not exist',
  ]) {
    expect(all).toContain(part);
  }
});

test.each(['Disabled', 'PendingDeletion', 'PendingImport'] as const)(
  'refuses when the key is %s',
  async state => {
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', Arn: keyArn, KeyState: state } });
    expect(await reasons()).toEqual([expect.stringContaining(`is ${state}`)]);
  },
);

test('passes over a newer point whose key is gone, and says so', async () => {
  const lostKey = keyArn.replace('1111', '9999');
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({
    DBInstanceAutomatedBackups: [{ ...backup, KmsKeyId: lostKey }],
  });
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [snapshot] });
  kms.on(DescribeKeyCommand, { KeyId: lostKey }).rejects(awsError('NotFoundException'));
  const preparation = await action.prepare(contextFor({}), { target, maxLoss });
  expect(preparation).toMatchObject({ status: 'ready', baseline: { method: 'snapshot' } });
  expect(preparation.evidence[0]?.what).toContain('Passed over');
});

test('refuses a point that is not encrypted with the key of the plan', async () => {
  const other = keyArn.replace('1111', '7777');
  kms.on(DescribeKeyCommand, { KeyId: keyArn }).resolves({
    KeyMetadata: { KeyId: 'k', Arn: other, KeyState: 'Enabled' },
  });
  expect(await reasons()).toEqual([expect.stringContaining(`encrypted with ${other}`)]);
});

test('takes an older snapshot when the automated backup begins after the given time', async () => {
  const window = {
    EarliestTime: new Date('2026-03-10T15:00:00Z'),
    LatestTime: new Date('2026-03-10T16:37:00Z'),
  };
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({
    DBInstanceAutomatedBackups: [{ ...backup, RestoreWindow: window }],
  });
  const younger = {
    ...snapshot,
    DBSnapshotIdentifier: 'too-young',
    OriginalSnapshotCreateTime: new Date('2026-03-10T14:31:00Z'),
  };
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [younger, snapshot] });
  const parameters = { target, maxLoss, before: '2026-03-10T14:30:00Z' };
  expect(await action.prepare(contextFor({}), parameters)).toMatchObject({
    baseline: { method: 'snapshot', from: 'app-copy', pointTime: '2026-03-10T14:00:00.000Z' },
  });
  const within = { ...parameters, before: '2026-03-10T15:30:00Z' };
  expect(await action.prepare(contextFor({}), within)).toMatchObject({
    baseline: { method: 'automated-backup', pointTime: '2026-03-10T15:30:00.000Z' },
  });
});

test('a request that fails is an error, never an empty answer', async () => {
  rds.on(DescribeDBSnapshotsCommand).rejects(awsError('InternalFailure', 500));
  await expect(action.prepare(contextFor({}), { target, maxLoss })).rejects.toMatchObject({
    name: 'ServiceUnavailableError',
  });
});

test('asks the recovery region only', async () => {
  await find();
  const regions = await Promise.all(
    [...rds.calls(), ...kms.calls()].map(async call => {
      const region = (call.thisValue as RDSClient).config.region;
      return typeof region === 'function' ? region() : region;
    }),
  );
  expect(new Set(regions)).toEqual(new Set(['ap-southeast-4']));
});
