import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { beforeEach, expect, test } from 'vitest';
import { action } from '../../../shared/actions/rds/restore.ts';
import { mockClient } from '../../support/mock-client.ts';
import {
  awsError,
  backupArn,
  contextFor,
  instanceName,
  keyArn,
  primary,
  runTagged,
  target,
} from './support.ts';

const rds = mockClient(RDSClient);
const kms = mockClient(KMSClient);
const pointTime = '2026-03-10T16:37:00.000Z';
const fromBackup = { target, method: 'automated-backup' as const, from: backupArn, pointTime };
const fromSnapshot = { target, method: 'snapshot' as const, from: 'app-copy', pointTime };
const baseline = { instance: instanceName, useLatest: true };

const available = {
  DBInstanceIdentifier: instanceName,
  DBInstanceStatus: 'available',
  Endpoint: { Address: 'new-host.example', Port: 5432 },
  KmsKeyId: keyArn,
  MultiAZ: true,
  TagList: runTagged,
};

beforeEach(() => {
  rds.reset();
  kms.reset();
  exists(undefined);
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({
    DBInstanceAutomatedBackups: [
      {
        DBInstanceIdentifier: 'app-production',
        Region: primary,
        DBInstanceAutomatedBackupsArn: backupArn,
        RestoreWindow: { LatestTime: new Date(pointTime) },
      },
    ],
  });
  rds.on(RestoreDBInstanceToPointInTimeCommand).resolves({});
  rds.on(RestoreDBInstanceFromDBSnapshotCommand).resolves({});
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: 'k', Arn: keyArn, KeyState: 'Enabled' } });
});

function exists(instance: Record<string, unknown> | undefined) {
  if (instance) rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [instance] });
  else rds.on(DescribeDBInstancesCommand).rejects(awsError('DBInstanceNotFoundFault', 404));
}

test('restores the newest moment with everything that RDS would default to something wrong', async () => {
  const context = contextFor({});
  const preparation = await action.prepare(context, fromBackup);
  expect(preparation).toMatchObject({ status: 'ready', baseline });
  await action.act?.(context, fromBackup, baseline);
  expect(rds.commandCalls(RestoreDBInstanceToPointInTimeCommand)[0]?.args[0].input).toEqual({
    TargetDBInstanceIdentifier: instanceName,
    SourceDBInstanceAutomatedBackupsArn: backupArn,
    UseLatestRestorableTime: true,
    DBInstanceClass: 'db.r6g.large',
    DBSubnetGroupName: 'app-dr',
    VpcSecurityGroupIds: ['sg-0dr'],
    DBParameterGroupName: 'app-pg16',
    MultiAZ: true,
    Port: 5432,
    PubliclyAccessible: false,
    CopyTagsToSnapshot: true,
    DeletionProtection: true,
    BackupRetentionPeriod: 7,
    Tags: runTagged,
  });
  expect(context.changes).toMatchObject([
    { call: 'rds.RestoreDBInstanceToPointInTime', resource: instanceName },
  ]);
});

test('asks for the measured moment itself when newer logs have arrived since', async () => {
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({
    DBInstanceAutomatedBackups: [
      {
        DBInstanceIdentifier: 'app-production',
        Region: primary,
        DBInstanceAutomatedBackupsArn: backupArn,
        RestoreWindow: { LatestTime: new Date('2026-03-10T16:41:00Z') },
      },
    ],
  });
  const context = contextFor({});
  const preparation = await action.prepare(context, fromBackup);
  if (preparation.status !== 'ready') throw new Error('not ready');
  await action.act?.(context, fromBackup, preparation.baseline);
  const input = rds.commandCalls(RestoreDBInstanceToPointInTimeCommand)[0]?.args[0].input;
  expect(input?.RestoreTime).toEqual(new Date(pointTime));
  expect(input?.UseLatestRestorableTime).toBeUndefined();
});

test('restores a snapshot without deletion protection in a drill', async () => {
  const context = contextFor({ mode: 'drill' });
  await action.act?.(context, fromSnapshot, baseline);
  expect(rds.commandCalls(RestoreDBInstanceFromDBSnapshotCommand)[0]?.args[0].input).toMatchObject({
    DBSnapshotIdentifier: 'app-copy',
    DBInstanceIdentifier: instanceName,
    DeletionProtection: false,
  });
});

test('makes nothing twice when it is repeated after a crash', async () => {
  exists({ ...available, DBInstanceStatus: 'creating' });
  const context = contextFor({});
  expect((await action.prepare(context, fromBackup)).status).toBe('ready');
  await action.act?.(context, fromBackup, baseline);
  expect(rds.commandCalls(RestoreDBInstanceToPointInTimeCommand)).toHaveLength(0);
  expect(context.changes).toEqual([]);
});

test('takes a lost reply for what it is: the instance is there and is ours', async () => {
  rds
    .on(DescribeDBInstancesCommand)
    .rejectsOnce(awsError('DBInstanceNotFoundFault', 404))
    .resolves({ DBInstances: [{ ...available, DBInstanceStatus: 'creating' }] });
  rds.on(RestoreDBInstanceToPointInTimeCommand).rejects(awsError('DBInstanceAlreadyExistsFault'));
  await expect(action.act?.(contextFor({}), fromBackup, baseline)).resolves.toBeUndefined();
});

test("never touches an instance of somebody else's that has the name", async () => {
  exists({ ...available, TagList: [{ Key: 'lifeboat:run', Value: 'another' }] });
  expect(await action.prepare(contextFor({}), fromBackup)).toMatchObject({
    status: 'refused',
    reasons: [{ what: expect.stringContaining('was not made by this run') }],
  });
  await expect(action.act?.(contextFor({}), fromBackup, baseline)).rejects.toMatchObject({
    name: 'RefusedError',
  });
  expect(rds.commandCalls(RestoreDBInstanceToPointInTimeCommand)).toHaveLength(0);
});

test('refuses when the replicated backup has gone', async () => {
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({ DBInstanceAutomatedBackups: [] });
  expect((await action.prepare(contextFor({}), fromBackup)).status).toBe('refused');
});

test('a security group that RDS does not know is a refusal, since nothing was made', async () => {
  rds.on(RestoreDBInstanceToPointInTimeCommand).rejects(awsError('InvalidParameterValue'));
  await expect(action.act?.(contextFor({}), fromBackup, baseline)).rejects.toMatchObject({
    name: 'RefusedError',
    nextStep: expect.stringContaining('sg-0dr'),
  });
});

test('a refused request says what to do', async () => {
  rds.on(RestoreDBInstanceFromDBSnapshotCommand).rejects(awsError('InstanceQuotaExceededFault'));
  await expect(action.act?.(contextFor({}), fromSnapshot, baseline)).rejects.toMatchObject({
    name: 'RequestRejectedError',
    nextStep: expect.stringContaining('quota'),
  });
});

test('is done when the new instance is available and a write succeeds at its endpoint', async () => {
  exists(available);
  const context = contextFor({});
  expect(await action.observe(context, fromBackup, baseline)).toMatchObject({
    status: 'done',
    outputs: { instance: instanceName, endpoint: 'new-host.example', port: 5432, pointTime },
  });
  expect(context.server.urls).toEqual(['postgresql://app:s3cr3t%40x@new-host.example:5432/app']);
  expect(context.server.queries).toEqual([expect.stringContaining('pg_is_in_recovery'), target.writeProbe]);
});

test.each(['creating', 'backing-up', 'modifying', 'configuring-enhanced-monitoring'])(
  'waits while it is %s',
  async status => {
    exists({ ...available, DBInstanceStatus: status });
    expect((await action.observe(contextFor({}), fromBackup, baseline)).status).toBe('pending');
  },
);

test.each([
  'failed',
  'incompatible-restore',
  'incompatible-parameters',
  'incompatible-network',
  'storage-full',
])('fails with a reason when it is %s', async status => {
  exists({ ...available, DBInstanceStatus: status });
  const observation = await action.observe(contextFor({}), fromBackup, baseline);
  expect(observation).toMatchObject({
    status: 'failed',
    reasons: [{ what: `${instanceName} is ${status}` }],
  });
});

test('available is not enough: waits while it is in recovery or refuses the write', async () => {
  exists(available);
  const recovering = contextFor({ server: { inRecovery: true } });
  expect(await action.observe(recovering, fromBackup, baseline)).toMatchObject({
    status: 'pending',
    note: expect.stringContaining('in recovery'),
  });
  const refusing = contextFor({
    server: { refuse: new Error('no pg_hba entry for postgresql://app:s3cr3t@h/app') },
  });
  const observation = await action.observe(refusing, fromBackup, baseline);
  expect(observation.status).toBe('pending');
  expect(JSON.stringify(observation)).not.toContain('s3cr3t');
});

test('fails with how to mend it when the secret is of no use for a connection', async () => {
  exists(available);
  expect(
    await action.observe(contextFor({ secret: '{"username":"app"}' }), fromBackup, baseline),
  ).toMatchObject({
    status: 'failed',
    reasons: [{ mend: expect.stringContaining('in the secret that the component names') }],
  });
});

test("fails when the copy is encrypted with another key than the plan's", async () => {
  exists({ ...available, KmsKeyId: 'arn:aws:kms:other' });
  expect(await action.observe(contextFor({}), fromBackup, baseline)).toMatchObject({
    status: 'failed',
    reasons: [{ what: expect.stringContaining('arn:aws:kms:other') }],
  });
});

test('an instance that is not visible yet is waited for, and one that never appears is a failure', async () => {
  expect((await action.observe(contextFor({ elapsedSeconds: 20 }), fromBackup, baseline)).status).toBe(
    'pending',
  );
  expect((await action.observe(contextFor({ elapsedSeconds: 400 }), fromBackup, baseline)).status).toBe(
    'failed',
  );
});

test('undo takes the protection off, deletes, and is done when nothing is left', async () => {
  const context = contextFor({ mode: 'drill' });
  exists({ ...available, DeletionProtection: true });
  expect((await action.undo?.(context, fromBackup, baseline, {}))?.status).toBe('pending');
  expect(rds.commandCalls(ModifyDBInstanceCommand)[0]?.args[0].input.DeletionProtection).toBe(false);
  expect(rds.commandCalls(DeleteDBInstanceCommand)).toHaveLength(0);
  exists({ ...available, DeletionProtection: false });
  expect((await action.undo?.(context, fromBackup, baseline, {}))?.status).toBe('pending');
  expect(rds.commandCalls(DeleteDBInstanceCommand)[0]?.args[0].input).toMatchObject({
    SkipFinalSnapshot: true,
  });
  exists(undefined);
  expect((await action.undo?.(context, fromBackup, baseline, {}))?.status).toBe('done');
});

test('undo outside a drill keeps a final snapshot, because somebody may have written', async () => {
  exists({ ...available, DeletionProtection: false });
  await action.undo?.(contextFor({}), fromBackup, baseline, {});
  const input = rds.commandCalls(DeleteDBInstanceCommand)[0]?.args[0].input;
  expect(input?.SkipFinalSnapshot).toBe(false);
  expect(input?.FinalDBSnapshotIdentifier).toMatch(/final/);
});

test('undo never deletes what does not carry the tag of this run', async () => {
  exists({ ...available, TagList: [], DeletionProtection: false });
  expect((await action.undo?.(contextFor({ mode: 'drill' }), fromBackup, baseline, {}))?.status).toBe(
    'failed',
  );
  expect(rds.commandCalls(DeleteDBInstanceCommand)).toHaveLength(0);
});

test('may change and delete only instances with the prefix and the tag of a run', () => {
  const statements = action.permissions(fromBackup, { primary, recovery: 'ap-southeast-4' });
  const removal = statements.find(statement => statement.actions.includes('rds:DeleteDBInstance'));
  expect(removal?.resources).toEqual([expect.stringMatching(/:db:app-dr-\*$/)]);
  expect(removal?.conditions).toEqual({ Null: { 'aws:ResourceTag/lifeboat:run': 'false' } });
  expect(statements.flatMap(statement => statement.resources)).not.toContain('*');
});
