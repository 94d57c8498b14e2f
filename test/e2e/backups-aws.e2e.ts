import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateDBClusterCommand,
  CreateDBClusterParameterGroupCommand,
  CreateDBInstanceCommand,
  CreateDBParameterGroupCommand,
  CreateDBSubnetGroupCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openEmbeddedPostgres } from '../../handlers/embedded-postgres.ts';
import { createAwsClients } from '../../shared/aws/aws-clients.ts';
import type { AwsClients } from '../../shared/aws/clients.ts';
import { createSecretReader } from '../../shared/aws/secret-reader.ts';
import { checkBackups } from '../../shared/backups/check.ts';
import { createBackup } from '../../shared/backups/create.ts';
import { handleVerify } from '../../shared/backups/verify/handle.ts';
import { listVerifications } from '../../shared/backups/verify/state.ts';
import type { VerifyReply } from '../../shared/backups/verify/steps.ts';
import { deploymentSettings } from '../../shared/deployment.ts';
import { createDynamoDbRecordStore } from '../../shared/incident/dynamodb-record-store.ts';
import { connectSql } from '../../shared/network/sql.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import type { Backup, Plan } from '../../shared/plan/schema.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { clusterPlan } from '../backups/cluster-plan.ts';
import { runToEnd } from './servers/process.ts';
import { pythonProgram } from './servers/python.ts';

const { moto, postgres } = inject('servers');
const primary = 'ap-southeast-2';
const recovery = 'ap-southeast-4';
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-backups-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Backups are made, copied, checked, restored and removed against an emulator of AWS, and everything is read back with
 * the `aws` command. Restored databases answer by a real PostgreSQL, since an emulator has none behind its instances.
 */
describe.skipIf(!moto.up || !postgres.up)('backups on an emulator of AWS', () => {
  const url = moto.up ? moto.url : '';
  const sqlPort = postgres.up ? postgres.port : 0;
  let aws: AwsClients;
  let keys: Record<string, string>;
  let plan: Plan;
  let now = new Date();

  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const awsCli = (region: string, ...args: string[]): unknown =>
    JSON.parse(
      runToEnd(pythonProgram('aws'), ['--region', region, '--output', 'json', ...args], {
        env: environment,
      }) || 'null',
    );
  const lifeboat = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ['cli/lifeboat.mjs', 'backups', join(folder, 'plan/plan.yml'), ...args, '--live'],
      {
        encoding: 'utf8',
        env: environment,
      },
    );
  const snapshots = (region: string): { id: string; tags: Record<string, string> }[] =>
    (
      awsCli(region, 'rds', 'describe-db-snapshots', '--snapshot-type', 'manual') as {
        DBSnapshots: { DBSnapshotIdentifier: string; TagList: { Key: string; Value: string }[] }[];
      }
    ).DBSnapshots.map(({ DBSnapshotIdentifier: id, TagList }) => ({
      id,
      tags: Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value])),
    }));

  function runtimeOf(of: Plan): Runtime {
    const settings = deploymentSettings(of, { partition: 'aws', account: '123456789012' }, '');
    return {
      plan: of,
      settings,
      clock: { now: () => now },
      aws,
      store: createDynamoDbRecordStore({
        client: aws.client(DynamoDBClient, recovery),
        region: recovery,
        tableName: settings.tableName,
      }),
      network: {
        http: nobody,
        tls: nobody,
        dns: nobody,
        mongo: nobody,
        redis: nobody,
        sql: options => connectSql({ ...options, url: `postgres://lifeboat@127.0.0.1:${sqlPort}/proven` }),
      },
      kubernetes: nobody,
      secret: createSecretReader(aws),
      log: () => {},
    };
  }

  beforeAll(async () => {
    aws = createAwsClients({
      primary,
      recovery,
      endpoint: url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const made = await Promise.all(
      [primary, recovery].map(async region => {
        const { KeyMetadata } = await aws.client(KMSClient, region).send(new CreateKeyCommand({}));
        return [region, KeyMetadata?.Arn ?? ''] as const;
      }),
    );
    keys = Object.fromEntries(made);
    cpSync('plans/liquid-abt', join(folder, 'plan'), { recursive: true });
    const text = readFileSync('plans/liquid-abt/plan.yml', 'utf8').replaceAll(
      /arn:aws:kms:([a-z0-9-]+):123456789012:key\/[0-9a-f-]+/g,
      (whole, region: string) => keys[region] ?? whole,
    );
    writeFileSync(join(folder, 'plan/plan.yml'), text);
    const loaded = await loadPlan(join(folder, 'plan/plan.yml'));
    if (!loaded.plan) throw new Error(JSON.stringify(loaded.findings));
    plan = loaded.plan;
    await aws.client(DynamoDBClient, recovery).send(
      new CreateTableCommand({
        TableName: 'lifeboat-liquid-abt',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['partition', 'sort'].map(AttributeName => ({
          AttributeName,
          AttributeType: 'S' as const,
        })),
        KeySchema: [
          { AttributeName: 'partition', KeyType: 'HASH' },
          { AttributeName: 'sort', KeyType: 'RANGE' },
        ],
      }),
    );
    await aws.client(RDSClient, primary).send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: 'liquid-abt-production',
        Engine: 'postgres',
        EngineVersion: '16.4',
        DBInstanceClass: 'db.r6g.large',
        AllocatedStorage: 100,
        MasterUsername: 'postgres',
        MasterUserPassword: 'not-a-secret',
        StorageEncrypted: true,
        KmsKeyId: keys[primary],
        BackupRetentionPeriod: 7,
      }),
    );
    const { Subnets } = awsCli(recovery, 'ec2', 'describe-subnets') as { Subnets: { SubnetId: string }[] };
    await aws.client(RDSClient, recovery).send(
      new CreateDBSubnetGroupCommand({
        DBSubnetGroupName: 'liquid-abt-isolated',
        DBSubnetGroupDescription: 'for proofs',
        SubnetIds: Subnets.map(({ SubnetId }) => SubnetId),
      }),
    );
    await aws.client(RDSClient, recovery).send(
      new CreateDBParameterGroupCommand({
        DBParameterGroupName: 'liquid-abt-postgres16',
        DBParameterGroupFamily: 'postgres16',
        Description: 'for proofs',
      }),
    );
    if (postgres.up) {
      const at = ['-h', '127.0.0.1', '-p', String(sqlPort), '-U', 'lifeboat'];
      runToEnd(`${postgres.bin}/createdb`, [...at, 'proven']);
      const sql = readFileSync('plans/liquid-abt/rehearsal.sql', 'utf8');
      runToEnd(`${postgres.bin}/psql`, [...at, '-q', '-v', 'ON_ERROR_STOP=1', 'proven', '-c', sql]);
    }
  });

  test('nothing there is a finding; what is made and copied by the command line is found again, tagged', () => {
    const before = lifeboat('check');
    expect(before.status, before.stderr).toBe(1);
    expect(before.stdout).toMatch(/database-snapshots +finding +nothing that can be restored from/);
    for (const id of ['database-snapshots', 'database-copies']) {
      const created = lifeboat('create', '--class', id, '--by', 'e2e');
      // Here is a table and no function that knows the bucket of the reports.
      expect(created.stderr).toMatch(
        /^What is recorded now is in the table and not in the bucket of reports: .*\n$/,
      );
      expect(created.stdout).toMatch(new RegExp(`${id} {2}begun: liquid-abt-production-${id}-`));
    }
    const tags = (backup: string) => ({ 'lifeboat:system': 'liquid-abt', 'lifeboat:backup': backup });
    expect(snapshots(primary)).toMatchObject([{ tags: tags('database-snapshots') }]);
    expect(snapshots(recovery)).toMatchObject([{ tags: tags('database-copies') }]);
    const after = lifeboat('check', '--class', 'database-snapshots', '--class', 'database-copies');
    expect(after.stdout + after.stderr).toMatch(/All of them are there and young enough/);
    expect(after.status).toBe(0);
  });

  test('what is over its time is deleted, and nothing that Lifeboat has not tagged', async () => {
    awsCli(
      primary,
      'rds',
      'create-db-snapshot',
      '--db-instance-identifier',
      'liquid-abt-production',
      '--db-snapshot-identifier',
      'by-hand',
    );
    now = new Date(Date.now() + 9 * 86_400_000);
    const made = await createBackup(runtimeOf(plan), {
      backup: 'database-snapshots',
      dueAt: now.toISOString(),
      by: 'e2e',
    });
    // The emulator dates it by its own clock, so that of the two own ones the older is over its time and goes.
    expect(made).toMatchObject({ status: 'made' });
    const again = await createBackup(runtimeOf(plan), {
      backup: 'database-snapshots',
      dueAt: new Date(now.getTime() + 60_000).toISOString(),
      by: 'e2e',
    });
    expect(again).toMatchObject({ status: 'made', removed: [expect.stringContaining('database-snapshots')] });
    const left = snapshots(primary).map(({ id }) => id);
    expect(left).toContain('by-hand');
    if (again.status === 'made') expect(left).not.toContain(again.removed[0]);
    now = new Date();
  });

  type Kill = (next: VerifyReply['next'], looks: number) => boolean;
  /** What the state machine does, without its waits. Stops where `kill` says so. */
  async function prove(runtime: Runtime, backup: string, name: string, kill: Kill = () => false) {
    const call = (event: object) =>
      handleVerify(
        runtime,
        event as never,
        async () => ({ status: 'sent' }) as never,
        openEmbeddedPostgres,
      ) as Promise<VerifyReply>;
    let { id, next } = await call({
      operation: 'begin',
      wish: { backup, by: 'e2e' },
      execution: name,
      startedAt: now.toISOString(),
    });
    for (let looks = 0; looks < 60 && !kill(next, looks); looks++) {
      if (next === 'proven' || next === 'not-proven') break;
      if (next === 'wait') now = new Date(now.getTime() + 30_000);
      const asked = (await listVerifications(runtime)).find(one => one.id === id);
      const removing = asked?.tearDownStartedAt !== undefined;
      const operation =
        next === 'wait' ? (removing ? 'teardown' : 'look') : next === 'again' ? 'restore' : next;
      ({ next } = await call({ operation, id }));
    }
    return (await listVerifications(runtime)).find(one => one.id === id);
  }
  const madeByProofs = (region: string) => {
    const { DBInstances } = awsCli(region, 'rds', 'describe-db-instances') as {
      DBInstances: { DBInstanceIdentifier: string; TagList: { Key: string }[] }[];
    };
    const { DBClusters } = awsCli(region, 'rds', 'describe-db-clusters') as {
      DBClusters: { DBClusterIdentifier: string; TagList?: { Key: string }[] }[];
    };
    const isMade = (tags: { Key: string }[] = []) => tags.some(({ Key }) => Key === 'lifeboat:purpose');
    return [
      ...DBInstances.filter(one => isMade(one.TagList)).map(one => one.DBInstanceIdentifier),
      ...DBClusters.filter(one => isMade(one.TagList)).map(one => one.DBClusterIdentifier),
    ];
  };

  test('a copy is restored, asked and removed; with data of another moment it proves nothing', async () => {
    const runtime = runtimeOf(plan);
    const ended = await prove(runtime, 'database-copies', 'first');
    expect(ended).toMatchObject({ point: { method: 'snapshot' }, tornDown: true });
    // The data is of the plan's rehearsal, and the snapshot of today.
    expect(ended?.checks.find(({ id }) => id === 'purchases')?.ok).toBe(true);
    expect(ended).toMatchObject({ outcome: 'not-proven' });
    expect(ended?.reasons.map(({ what }) => what).join()).toMatch(
      /The newest row .* before the recovery point/,
    );
    expect(madeByProofs(recovery)).toEqual([]);
  });

  test.each(['restore', 'wait', 'query', 'teardown'] as const)(
    'a proof that is killed before "%s" leaves nothing that the sweeper does not remove',
    async state => {
      const runtime = runtimeOf(plan);
      await prove(runtime, 'database-copies', `killed-${state}`, next => next === state);
      now = new Date(now.getTime() + 30 * 3_600_000);
      await handleVerify(runtime, { operation: 'sweep' }, async () => ({ status: 'sent' }) as never);
      expect(madeByProofs(recovery)).toEqual([]);
      expect((await listVerifications(runtime)).every(({ outcome }) => outcome !== 'under-way')).toBe(true);
      now = new Date();
    },
  );

  test('a dump of a real pg_dump is checked and restored from S3; damaged, it is called by its name', async () => {
    if (!postgres.up) return;
    const { bin } = postgres;
    const bucket = 'liquid-abt-dumps';
    const file = join(folder, 'proven.dump');
    runToEnd(`${bin}/pg_dump`, [
      '-h',
      '127.0.0.1',
      '-p',
      String(sqlPort),
      '-U',
      'lifeboat',
      '-Fc',
      '-f',
      file,
      'proven',
    ]);
    const bytes = readFileSync(file);
    const s3 = aws.client(S3Client, recovery);
    await s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: recovery as never },
      }),
    );
    const put = (Key: string, Body: Buffer | string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    await put('nightly/1.dump', bytes);
    await put(
      'nightly/1.dump.manifest.json',
      JSON.stringify({
        version: 1,
        system: 'liquid-abt',
        backup: 'dumps',
        file: 'nightly/1.dump',
        sourceTime: plan.rehearsal.outageStart.replace('+00:00', 'Z'),
        createdAt: now.toISOString(),
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }),
    );
    const verify = plan.backups['database-copies']?.verify;
    const dumps = {
      type: 'dump',
      title: 'Dumps',
      component: 'database',
      bucket,
      prefix: 'nightly/',
      region: recovery,
      format: 'pg-custom',
      retention: 86_400,
      rpo: 86_400,
      verify: verify && { ...verify, into: 'embedded' },
    } as Backup;
    const runtime = runtimeOf({ ...plan, backups: { dumps } });
    const [good] = await checkBackups(runtime, ['dumps']);
    expect(good?.findings.map(({ name }) => name).filter(name => name !== 'unencrypted')).toEqual([]);
    expect(await prove(runtime, 'dumps', 'dump')).toMatchObject({ outcome: 'proven', reasons: [] });
    await put('nightly/2.dump', bytes.subarray(0, bytes.length - 500));
    const [bad] = await checkBackups(runtime, ['dumps']);
    expect(bad?.findings.map(({ name }) => name)).toContain('truncated');
    const listed = awsCli(recovery, 's3api', 'list-objects-v2', '--bucket', bucket) as {
      Contents: { Key: string }[];
    };
    expect(listed.Contents.map(({ Key }) => Key)).toContain('nightly/2.dump');
  });

  test('a cluster is snapshotted, copied, restored with its instance and removed', async () => {
    const raw = await clusterPlan();
    const withKeys = JSON.parse(
      JSON.stringify(raw).replaceAll(
        /arn:aws:kms:([a-z0-9-]+):123456789012:key\/[0-9a-f-]+/g,
        (whole, region: string) => keys[region] ?? whole,
      ),
    ) as Plan;
    const runtime = runtimeOf(withKeys);
    await aws.client(RDSClient, primary).send(
      new CreateDBClusterCommand({
        DBClusterIdentifier: 'liquid-abt-orders',
        Engine: 'aurora-postgresql',
        EngineVersion: '16.4',
        MasterUsername: 'postgres',
        MasterUserPassword: 'not-a-secret',
        StorageEncrypted: true,
        KmsKeyId: keys[primary],
      }),
    );
    await aws.client(RDSClient, recovery).send(
      new CreateDBClusterParameterGroupCommand({
        DBClusterParameterGroupName: 'orders-16',
        DBParameterGroupFamily: 'aurora-postgresql16',
        Description: 'x',
      }),
    );
    const dueAt = now.toISOString();
    expect(await createBackup(runtime, { backup: 'orders-snapshots', dueAt, by: 'e2e' })).toMatchObject({
      status: 'made',
    });
    expect(await createBackup(runtime, { backup: 'orders-copies', dueAt, by: 'e2e' })).toMatchObject({
      status: 'made',
    });
    const copies = awsCli(recovery, 'rds', 'describe-db-cluster-snapshots') as {
      DBClusterSnapshots: { TagList: object[] }[];
    };
    expect(JSON.stringify(copies.DBClusterSnapshots)).toMatch(
      /"lifeboat:backup", ?"Value": ?"orders-copies"/,
    );
    const ended = await prove(runtime, 'orders-copies', 'cluster');
    expect(ended).toMatchObject({ point: { method: 'cluster-snapshot' }, tornDown: true });
    expect(ended?.checks.find(({ id }) => id === 'purchases')?.ok).toBe(true);
    expect(madeByProofs(recovery)).toEqual([]);
  });
});

const nobody = () => Promise.reject(new Error('nothing here asks for it'));
