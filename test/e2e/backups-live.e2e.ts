import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateDBInstanceCommand,
  CreateDBParameterGroupCommand,
  CreateDBSnapshotCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clientOf } from './deployed/clients.ts';
import { lifeboat } from './deployed/lifeboat.ts';
import { planPath } from './deployed/packages.ts';
import { executionsOf } from './wired/executions.ts';
import { type Loopback, startLoopback } from './wired/loopback.ts';

const { ministack, moto, postgres } = inject('servers');
const plan = planPath('liquid-abt');

/**
 * `lifeboat backups PLAN … --live` as a person types it, against the deployed system: the machines that prove run in
 * MiniStack, with the functions that are deployed, and restore in moto; the restored database is a real PostgreSQL.
 */
describe.skipIf(!ministack.up || !moto.up || !postgres.up)('backups of LIQUID ABT, by hand', () => {
  let world: Loopback;
  const call = (...args: string[]) =>
    lifeboat(
      { ...world.place, services: { RDS: world.rds.url } },
      'backups',
      plan,
      ...args,
      '--class',
      'database-copies',
      '--live',
    );

  beforeAll(async () => {
    if (!postgres.up) return;
    world = await startLoopback(postgres);
    await makeCopy(world);
    await fillProof(world.postgres.port);
  }, 400_000);
  afterAll(() => world?.stop());

  const records = async () => {
    const bucket = world.resources.find(({ logicalId }) => logicalId === 'ReportBucket')?.physicalId ?? '';
    const s3 = clientOf(S3Client, world.place);
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: 'liquid-abt/evidence/' }),
    );
    return Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return JSON.parse((await Body?.transformToString()) ?? '{}').entry;
      }),
    );
  };

  test('a check says what is wrong, and is recorded where somebody says who has made it', async () => {
    const looked = await call('check');
    expect(looked.out).toMatch(/database-copies +finding +newest .* 1 kept/);
    expect(looked.err).toContain('Not recorded: with --by NAME');
    expect(await records()).toEqual([]);
    const recorded = await call('check', '--by', 'Ana');
    expect(recorded).toMatchObject({ exitCode: 1, err: '' });
    expect(await records()).toMatchObject([
      { type: 'backup-checked', backup: 'database-copies', verdict: 'finding', by: 'Ana' },
    ]);
  });

  test('a proof restores, asks and removes, says what it found, and is one more record', async () => {
    expect(await call('verify')).toMatchObject({ exitCode: 2, err: expect.stringContaining('--by NAME') });
    const { exitCode, out, err } = await call('verify', '--by', 'Ana');
    expect(err).toMatch(/^Started by-hand-[0-9a-f]{8}\..*by-hand-[0-9a-f]{8} ended: SUCCEEDED\.\n$/s);
    expect(out).toMatch(/^database-copies {2}proven\n {2}restored {2}liquid-abt-copy as of /);
    expect(out).toMatch(/ok {3}There are purchases: 3; expected at least 1/);
    expect(out).toMatch(/RPO {2}the newest row is .* older than the recovery point/);
    expect(exitCode).toBe(0);
    expect(await instances(world)).toEqual([]);
    const machine = 'liquid-abt-lifeboat-verify';
    expect(await executionsOf(world.place, machine)).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect((await records()).map(({ type }) => type)).toEqual(['backup-checked', 'backup-verified']);
    const coverage = await lifeboat(world.place, 'backups', plan, 'coverage', '--live');
    expect(coverage.out).toMatch(/database-copies {2}proven .*, RPO .*, RTO /);
    expect(coverage.out).toMatch(/2 entries of evidence, the chain is intact/);
  }, 300_000);

  test('a database that lacks what the plan asks for proves nothing, and is removed as well', async () => {
    await change('DELETE FROM bitcoin_purchases');
    const { exitCode, out } = await call('verify', '--by', 'Ana');
    expect(out).toMatch(/^database-copies {2}not-proven\n/);
    expect(out).toMatch(/BAD {2}There are purchases: 0; expected at least 1/);
    expect(exitCode).toBe(1);
    expect(await instances(world)).toEqual([]);
  }, 300_000);

  const change = async (sql: string) => {
    if (!postgres.up) return;
    const client = new pg.Client({
      connectionString: `postgres://lifeboat@127.0.0.1:${world.postgres.port}/liquid_abt`,
    });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
});

/** A copy as the schedule makes it, in the recovery region, and what the throw-away instance is made in. */
async function makeCopy({ moto: endpoint, place }: Loopback): Promise<void> {
  const rds = clientOf(RDSClient, { endpoint, region: place.region });
  // A copy carries the name of what it is a snapshot of.
  const DBInstanceIdentifier = 'liquid-abt-production';
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier,
      DBInstanceClass: 'db.r6g.large',
      Engine: 'postgres',
      EngineVersion: '16.4',
      AllocatedStorage: 100,
      MasterUsername: 'lifeboat',
      MasterUserPassword: 'not-a-secret',
      Port: 5432,
    }),
  );
  await rds.send(
    new CreateDBSnapshotCommand({
      DBInstanceIdentifier,
      DBSnapshotIdentifier: 'liquid-abt-copy',
      Tags: [
        { Key: 'lifeboat:system', Value: 'liquid-abt' },
        { Key: 'lifeboat:backup', Value: 'database-copies' },
      ],
    }),
  );
  await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
  const { Subnets = [] } = await clientOf(EC2Client, { endpoint, region: place.region }).send(
    new DescribeSubnetsCommand({}),
  );
  await rds.send(
    new CreateDBSubnetGroupCommand({
      DBSubnetGroupName: 'liquid-abt-isolated',
      DBSubnetGroupDescription: 'for proofs',
      SubnetIds: Subnets.map(({ SubnetId = '' }) => SubnetId),
    }),
  );
  await rds.send(
    new CreateDBParameterGroupCommand({
      DBParameterGroupName: 'liquid-abt-postgres16',
      DBParameterGroupFamily: 'postgres16',
      Description: 'for proofs',
    }),
  );
}

async function instances({ moto: endpoint, place }: Loopback): Promise<string[]> {
  const rds = clientOf(RDSClient, { endpoint, region: place.region });
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({}));
  return DBInstances.map(({ DBInstanceIdentifier = '' }) => DBInstanceIdentifier);
}

/** The tables that the proof asks about, with rows of now. */
async function fillProof(port: number): Promise<void> {
  const client = new pg.Client({ connectionString: `postgres://lifeboat@127.0.0.1:${port}/liquid_abt` });
  await client.connect();
  await client.query(
    'CREATE TABLE bitcoin_purchases (id int PRIMARY KEY, tenant_id int NOT NULL, amount_aud numeric NOT NULL, purchased_at timestamptz NOT NULL)',
  );
  await client.query(
    `INSERT INTO bitcoin_purchases SELECT n, 1, 10 * n, now() - n * interval '5 minutes' FROM generate_series(1, 3) n`,
  );
  await client.end();
}
