import { StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { primary, recovery, runId, taggedByRun } from './case.ts';
import { contract } from './contract.ts';
import {
  classesOnOffer,
  database,
  fresh,
  makeDatabase,
  makeGroups,
  makeInstanceOfRun,
  makeMysql,
  makeReplica,
  makeSecret,
  mysql,
  rds,
  replica,
  standby,
  stateOf,
  target,
} from './rds-world.ts';

const one = { components: () => ({ database }), given: (aws: AwsClients) => makeDatabase(aws) };
const atRecovery = {
  components: () => ({ standby }),
  given: async (aws: AwsClients) => {
    await makeSecret(aws);
    await makeDatabase(aws, recovery, 'shop-standby');
  },
};
const readOnlyIs = (ParameterValue: string) => [
  { ParameterName: 'read_only', ParameterValue, ApplyMethod: 'immediate' },
];
const made = `shop-dr-${runId}`;

contract('rds instances', [
  {
    ...one,
    kind: 'rds.describe',
    shows: 'says what RDS says of a database',
    with: () => ({ database: 'database', expect: { status: 'available', multiAz: true } }),
    expect: {
      calls: [],
      outputs: { reachable: true, status: 'available', multiAz: true, port: 5432, lagSeconds: null },
    },
  },
  {
    kind: 'rds.describe',
    shows: 'a database that does not exist is no answer',
    components: () => ({ database }),
    before: async aws => {
      await rds(aws, primary)
        .send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'nobody' }))
        .then(
          () => expect.fail('there is no such instance'),
          error => expect(error.name).toBe('DBInstanceNotFoundFault'),
        );
    },
    with: () => ({ database: 'database', instance: 'another', expect: { status: 'available' } }),
    expect: {
      calls: [],
      status: 'failed',
      errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
    },
  },
  {
    ...one,
    kind: 'rds.create-snapshot',
    shows: 'takes a snapshot that carries the run',
    with: () => ({ database: 'database' }),
    expect: {
      calls: [
        [
          'rds.CreateDBSnapshot',
          {
            DBInstanceIdentifier: 'shop-db',
            DBSnapshotIdentifier: `shop-db-the-step-${runId}`,
            Tags: taggedByRun,
          },
        ],
      ],
      errors: ['rds.DescribeDBSnapshots DBSnapshotNotFoundFault'],
      outputs: {
        snapshot: `shop-db-the-step-${runId}`,
        arn: expect.stringContaining(':snapshot:shop-db-the-step'),
      },
    },
  },
  {
    ...atRecovery,
    kind: 'rds.stop',
    shows: 'stops a standby, and starts it again',
    with: () => ({ database: 'standby' }),
    expect: {
      calls: [['rds.StopDBInstance', { DBInstanceIdentifier: 'shop-standby' }]],
      holds: { status: 'stopped', ofRun: undefined, expires: undefined },
    },
    after: aws => stateOf(aws, 'shop-standby'),
    undo: {
      calls: [['rds.StartDBInstance', { DBInstanceIdentifier: 'shop-standby' }]],
      holds: { status: 'available', ofRun: undefined, expires: undefined },
    },
  },
  {
    ...atRecovery,
    kind: 'rds.start',
    shows: 'starts a stopped standby and finds that it takes writes',
    before: async aws => {
      await rds(aws).send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'shop-standby' }));
    },
    with: () => ({ database: 'standby' }),
    expect: {
      calls: [['rds.StartDBInstance', { DBInstanceIdentifier: 'shop-standby' }]],
      outputs: { endpoint: expect.stringContaining('shop-standby'), port: 5432 },
    },
  },
  {
    ...one,
    kind: 'rds.fence',
    shows: 'stops the old writer, and proves it',
    with: () => ({ database: 'database' }),
    expect: {
      calls: [['rds.StopDBInstance', { DBInstanceIdentifier: 'shop-db' }]],
      outputs: { verdict: 'fenced' },
    },
    undo: { calls: [['rds.StartDBInstance', { DBInstanceIdentifier: 'shop-db' }]] },
  },
  {
    kind: 'rds.set-read-only',
    shows: 'lets a writer of MySQL take no more writes, and opens it again',
    components: () => ({ mysql }),
    given: makeMysql,
    with: () => ({ database: 'mysql', approvedBy: 'Ann' }),
    expect: {
      calls: [
        ['rds.ModifyDBParameterGroup', { DBParameterGroupName: 'shop-mysql8', Parameters: readOnlyIs('1') }],
      ],
      asks: ['rds.DescribeDBParameters'],
      outputs: { instance: 'shop-mysql', parameterGroup: 'shop-mysql8' },
    },
    undo: {
      calls: [
        [
          'rds.ModifyDBParameterGroup',
          { DBParameterGroupName: 'shop-mysql8', Parameters: readOnlyIs('{TrueIfReplica}') },
        ],
      ],
    },
  },
  {
    kind: 'rds.promote-replica',
    shows: 'promotes a replica',
    components: () => ({ database, replica }),
    given: async aws => {
      await makeSecret(aws);
      await makeDatabase(aws);
      await makeReplica(aws);
    },
    readOnly: ['shop-db'],
    with: () => ({ replica: 'replica', maxLoss: '1h' }),
    expect: {
      calls: [['rds.PromoteReadReplica', { DBInstanceIdentifier: 'shop-replica', BackupRetentionPeriod: 7 }]],
      outputs: { instance: 'shop-replica', lossSeconds: expect.any(Number) },
    },
    emulator: { gap: 'moto names a source after the promotion', status: 'pending', outputs: undefined },
  },
  {
    kind: 'rds.promote-replica',
    shows: 'is not done while the promoted database takes no write',
    components: () => ({ database, replica }),
    given: async aws => {
      await makeSecret(aws);
      await makeDatabase(aws);
      await makeReplica(aws);
    },
    readOnly: ['shop-db', 'shop-replica'],
    with: () => ({ replica: 'replica', maxLoss: '1h' }),
    expect: {
      calls: 'whatever',
      asks: ['rds.PromoteReadReplica'],
      status: 'pending',
      note: /is promoted, but/,
    },
    emulator: {
      gap: 'moto names a source after the promotion',
      status: 'pending',
      note: /is still a replica/,
    },
  },
  {
    kind: 'rds.promote-replica',
    shows: 'refuses beside a writer that takes writes',
    components: () => ({ database, replica }),
    given: async aws => {
      await makeSecret(aws);
      await makeDatabase(aws);
      await makeReplica(aws);
    },
    with: () => ({ replica: 'replica', maxLoss: '1h' }),
    expect: { prepared: 'refused', calls: [], reasons: /is available and takes writes/ },
  },
  {
    kind: 'rds.delete-instance',
    shows: 'removes what the run made, and keeps a last snapshot',
    components: ids => ({ database, target: target(ids) }),
    given: async aws => void (await makeGroups(aws)),
    before: aws => makeInstanceOfRun(aws),
    with: () => ({ target: 'target', instance: made }),
    expect: {
      calls: [
        [
          'rds.DeleteDBInstance',
          {
            DBInstanceIdentifier: made,
            SkipFinalSnapshot: false,
            FinalDBSnapshotIdentifier: expect.any(String),
          },
        ],
      ],
      errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
      holds: { instance: 'gone' },
    },
    after: aws => stateOf(aws, made),
  },
  {
    kind: 'rds.delete-instance',
    shows: 'leaves alone what does not carry the tag of the run',
    components: ids => ({ database, target: target(ids) }),
    given: async aws => void (await makeGroups(aws)),
    before: aws => makeInstanceOfRun(aws, false),
    with: () => ({ target: 'target', instance: made }),
    expect: { prepared: 'refused', calls: [], reasons: /does not carry the tag/ },
  },
  {
    kind: 'rds.create-instance',
    fills: classesOnOffer,
    shows: 'makes a database with what the plan says, and removes it again',
    components: () => ({ fresh }),
    given: async aws => {
      await makeSecret(aws);
      await makeGroups(aws);
    },
    with: () => ({ database: 'fresh' }),
    expect: {
      calls: [
        [
          'rds.CreateDBInstance',
          {
            DBInstanceIdentifier: `shop-new-${runId}`,
            DBSubnetGroupName: 'shop-dr',
            VpcSecurityGroupIds: ['sg-0dr'],
            StorageEncrypted: true,
            PubliclyAccessible: false,
            Tags: taggedByRun,
          },
        ],
      ],
      errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
      outputs: { instance: `shop-new-${runId}`, port: 5432 },
      holds: { status: 'available', ofRun: runId, expires: '2026-03-17T16:50:00.000Z' },
    },
    after: aws => stateOf(aws, `shop-new-${runId}`),
    undo: {
      calls: [
        ['rds.ModifyDBInstance', { DeletionProtection: false, ApplyImmediately: true }],
        ['rds.DeleteDBInstance', { DBInstanceIdentifier: `shop-new-${runId}`, SkipFinalSnapshot: false }],
      ],
      holds: { instance: 'gone' },
    },
  },
]);
