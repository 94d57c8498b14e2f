import { CopyDBSnapshotCommand, CreateDBSnapshotCommand } from '@aws-sdk/client-rds';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { primary, recovery, runId, taggedByRun } from './case.ts';
import { contract } from './contract.ts';
import {
  accountOf,
  classesOnOffer,
  database,
  makeDatabase,
  makeGroups,
  makeSecret,
  rds,
  stateOf,
  target,
} from './rds-world.ts';

const made = `shop-dr-${runId}`;
const settings = {
  DBInstanceClass: 'db.r6g.large',
  DBSubnetGroupName: 'shop-dr',
  VpcSecurityGroupIds: ['sg-0dr'],
  DBParameterGroupName: 'shop-pg16',
  MultiAZ: true,
  PubliclyAccessible: false,
  DeletionProtection: true,
  Tags: taggedByRun,
};
const ofRun = { status: 'available', ofRun: runId, expires: '2026-03-17T16:50:00.000Z' };
const removal = [
  ['rds.ModifyDBInstance', { DeletionProtection: false, ApplyImmediately: true }],
  ['rds.DeleteDBInstance', { DBInstanceIdentifier: made, SkipFinalSnapshot: false }],
] as const;

const base = {
  components: (ids: Record<string, string>) => ({ database, target: target(ids) }),
  fills: classesOnOffer,
  given: async (aws: AwsClients) => {
    await makeSecret(aws);
    await makeDatabase(aws);
    return makeGroups(aws);
  },
};

/** A snapshot in the recovery region, encrypted with its key, as a copy that was made beforehand. */
async function copied(aws: AwsClients) {
  const ids = await base.given(aws);
  await rds(aws, primary).send(
    new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop-db', DBSnapshotIdentifier: 'nightly' }),
  );
  await rds(aws).send(
    new CopyDBSnapshotCommand({
      SourceDBSnapshotIdentifier: `arn:aws:rds:${primary}:${await accountOf(aws)}:snapshot:nightly`,
      TargetDBSnapshotIdentifier: 'shop-db-copy-2026-03-09',
      KmsKeyId: 'alias/shop-dr',
    }),
  );
  return ids;
}

contract('rds copies', [
  {
    ...base,
    kind: 'rds.copy-snapshot',
    shows: 'copies a snapshot with the key of the recovery region, and the tags of the run',
    before: async aws => {
      await rds(aws, primary).send(
        new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop-db', DBSnapshotIdentifier: 'before' }),
      );
    },
    with: () => ({ target: 'target', snapshot: 'before' }),
    expect: {
      calls: [
        [
          'rds.CopyDBSnapshot',
          {
            SourceDBSnapshotIdentifier: expect.stringContaining(`${primary}:`),
            TargetDBSnapshotIdentifier: `shop-dr-the-step-${runId}`,
            KmsKeyId: 'alias/shop-dr',
            CopyTags: false,
            Tags: taggedByRun,
          },
        ],
      ],
      errors: ['rds.DescribeDBSnapshots DBSnapshotNotFoundFault'],
      outputs: { snapshot: `shop-dr-the-step-${runId}`, arn: expect.stringContaining(`${recovery}:`) },
    },
  },
  {
    ...base,
    given: copied,
    kind: 'rds.list-snapshots',
    shows: 'finds the copies in the recovery region',
    with: () => ({ target: 'target' }),
    expect: {
      calls: [],
      outputs: { newest: { from: expect.any(String), usable: true }, count: expect.any(Number) },
    },
  },
  {
    ...base,
    given: copied,
    kind: 'rds.find-restore-point',
    shows: 'finds a point that can be restored',
    with: () => ({ target: 'target', maxLoss: '1h' }),
    expect: { calls: [], outputs: { method: expect.any(String), lossSeconds: expect.any(Number) } },
  },
  {
    ...base,
    given: copied,
    kind: 'rds.restore',
    shows: 'restores a copied snapshot beside, with everything that the plan says, and removes it again',
    with: () => ({
      target: 'target',
      method: 'snapshot',
      from: 'shop-db-copy-2026-03-09',
      pointTime: '2026-03-09T14:00:00Z',
    }),
    expect: {
      calls: [
        [
          'rds.RestoreDBInstanceFromDBSnapshot',
          { ...settings, DBInstanceIdentifier: made, DBSnapshotIdentifier: 'shop-db-copy-2026-03-09' },
        ],
      ],
      errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
      outputs: { instance: made, port: 5432 },
      holds: ofRun,
    },
    after: aws => stateOf(aws, made),
    undo: { calls: removal, holds: { instance: 'gone' } },
  },
  {
    ...base,
    // moto looks for the subnet group in the region of the source as well.
    given: async aws => {
      await makeGroups(aws, primary);
      return base.given(aws);
    },
    kind: 'rds.create-read-replica',
    shows: 'makes a replica in the recovery region, with its key',
    with: () => ({ target: 'target' }),
    expect: {
      calls: [
        [
          'rds.CreateDBInstanceReadReplica',
          {
            ...settings,
            DBInstanceIdentifier: made,
            SourceDBInstanceIdentifier: expect.stringContaining(`arn:aws:rds:${primary}:`),
            KmsKeyId: 'alias/shop-dr',
          },
        ],
      ],
      errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
      outputs: { instance: made },
      holds: ofRun,
    },
    after: aws => stateOf(aws, made),
    undo: { calls: removal, holds: { instance: 'gone' } },
    emulator: {
      gap: 'moto says nothing of replication, and removes a replica with the error that there is none',
      status: 'pending',
      outputs: undefined,
      undo: { calls: removal.slice(0, 1), holds: { instance: 'gone' } },
    },
  },
]);
