import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateCacheSubnetGroupCommand,
  CreateReplicationGroupCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { recovery, runId, taggedByRun } from './case.ts';
import { contract } from './contract.ts';
import { copyCase, latestCase, parametersCase, putCase, putParameterCase, secretCase } from './kept-cases.ts';
import { emulated } from './sandbox.ts';

const region = recovery;
const sandbox = emulated(region);

contract('s3', [putCase(sandbox), copyCase(sandbox), latestCase(sandbox)]);
contract('secrets', [secretCase(sandbox), parametersCase(sandbox), putParameterCase(sandbox)]);

const manager = (aws: AwsClients) => aws.client(SecretsManagerClient, region);
const cache = (aws: AwsClients) => aws.client(ElastiCacheClient, region);
const caches = {
  components: () => ({
    cache: {
      type: 'elasticache-replication-group',
      region,
      identifier: 'shop',
      endpoint: 'shop.cache.amazonaws.com',
      port: 6379,
      tls: true,
    },
    target: {
      type: 'elasticache-target',
      region,
      identifier: 'shop-new',
      nodeType: 'cache.r6g.large',
      nodes: 3,
      subnetGroup: 'shop-cache',
      securityGroups: ['sg-0cache'],
      credentials: 'secret:shop/cache',
      mayStartEmpty: true,
    },
  }),
  given: async (aws: AwsClients) => {
    await manager(aws).send(
      new CreateSecretCommand({ Name: 'shop/cache', SecretString: 'a-password-of-redis' }),
    );
    await cache(aws).send(
      new CreateCacheSubnetGroupCommand({
        CacheSubnetGroupName: 'shop-cache',
        CacheSubnetGroupDescription: 'shop',
        SubnetIds: ['subnet-1'],
      }),
    );
    await cache(aws).send(
      new CreateReplicationGroupCommand({
        ReplicationGroupId: 'shop',
        ReplicationGroupDescription: 'shop',
        NumCacheClusters: 2,
        CacheNodeType: 'cache.r6g.large',
        AutomaticFailoverEnabled: true,
      }),
    );
  },
};

contract('elasticache', [
  {
    ...caches,
    kind: 'elasticache.describe',
    shows: 'says what ElastiCache says of a cache',
    with: () => ({ cache: 'cache' }),
    expect: { calls: [], outputs: { status: 'available' } },
  },
  {
    ...caches,
    kind: 'elasticache.create-snapshot',
    shows: 'takes a snapshot with the tags of the run',
    with: () => ({ cache: 'cache' }),
    expect: {
      calls: [
        [
          'elasticache.CreateSnapshot',
          {
            SnapshotName: expect.stringContaining('shop-kept'),
            CacheClusterId: expect.stringMatching(/^shop-/),
            Tags: taggedByRun,
          },
        ],
      ],
      errors: ['elasticache.DescribeSnapshots SnapshotNotFoundFault'],
    },
    emulator: { gap: 'moto has no nodes in a group', throws: /Cache cluster shop-001 not found/ },
  },
  {
    ...caches,
    kind: 'elasticache.create',
    shows: 'makes a cache with all that the plan says, and removes it again',
    with: () => ({ target: 'target' }),
    expect: {
      calls: [
        [
          'elasticache.CreateReplicationGroup',
          {
            ReplicationGroupId: `shop-new-${runId}`,
            CacheSubnetGroupName: 'shop-cache',
            SecurityGroupIds: ['sg-0cache'],
            TransitEncryptionEnabled: true,
            AtRestEncryptionEnabled: true,
            AutomaticFailoverEnabled: true,
            NumCacheClusters: 3,
            Tags: taggedByRun,
          },
        ],
      ],
      errors: ['elasticache.DescribeReplicationGroups ReplicationGroupNotFoundFault'],
      holds: ['shop', `shop-new-${runId}`],
    },
    after: async aws => {
      const { ReplicationGroups = [] } = await cache(aws).send(new DescribeReplicationGroupsCommand({}));
      return ReplicationGroups.map(({ ReplicationGroupId }) => ReplicationGroupId).sort();
    },
    undo: {
      calls: [['elasticache.DeleteReplicationGroup', { ReplicationGroupId: `shop-new-${runId}` }]],
      holds: ['shop'],
    },
    emulator: {
      gap: 'a group that moto deletes is never gone',
      undo: { calls: [['elasticache.DeleteReplicationGroup', {}]], status: 'pending' },
    },
  },
  {
    ...caches,
    kind: 'elasticache.delete',
    shows: 'removes nothing that is not there',
    with: () => ({ target: 'target', group: `shop-new-${runId}` }),
    expect: {
      prepared: 'already-done',
      calls: [],
      errors: ['elasticache.DescribeReplicationGroups ReplicationGroupNotFoundFault'],
    },
  },
]);

contract('dynamodb', [
  {
    kind: 'dynamodb.restore-table',
    shows: 'restores a table beside itself, tags it and has it backed up, and removes it again',
    components: () => ({ orders: { type: 'dynamodb-table', region, name: 'shop-orders' } }),
    given: async aws => {
      const dynamodb = aws.client(DynamoDBClient, region);
      await dynamodb.send(
        new CreateTableCommand({
          TableName: 'shop-orders',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      await dynamodb.send(
        new UpdateContinuousBackupsCommand({
          TableName: 'shop-orders',
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      );
    },
    with: () => ({ table: 'orders' }),
    expect: {
      calls: [
        [
          'dynamodb.RestoreTableToPointInTime',
          { SourceTableName: 'shop-orders', TargetTableName: `shop-orders-${runId}` },
        ],
        ['dynamodb.TagResource', { Tags: taggedByRun }],
        [
          'dynamodb.UpdateContinuousBackups',
          { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
        ],
      ],
      outputs: { table: `shop-orders-${runId}` },
      errors: ['dynamodb.DescribeTable ResourceNotFoundException'],
    },
    undo: { calls: [['dynamodb.DeleteTable', { TableName: `shop-orders-${runId}` }]] },
  },
  {
    kind: 'dynamodb.check-global-table',
    shows: 'tells by a heartbeat how much may be missing',
    components: () => ({
      sessions: {
        type: 'dynamodb-table',
        region,
        name: 'shop-sessions',
        heartbeat: { key: { id: 'heartbeat' }, attribute: 'at' },
      },
      home: { type: 'dynamodb-table', region: 'ap-southeast-2', name: 'shop-sessions' },
    }),
    given: async aws => {
      const dynamodb = aws.client(DynamoDBClient, region);
      await dynamodb.send(
        new CreateTableCommand({
          TableName: 'shop-sessions',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      await dynamodb.send(
        new UpdateTableCommand({
          TableName: 'shop-sessions',
          ReplicaUpdates: [{ Create: { RegionName: 'ap-southeast-2' } }],
        }),
      );
      await dynamodb.send(
        new PutItemCommand({
          TableName: 'shop-sessions',
          Item: { id: { S: 'heartbeat' }, at: { S: new Date(Date.now() - 605_000).toISOString() } },
        }),
      );
    },
    with: () => ({ table: 'sessions', maxAge: '1m' }),
    expect: { calls: [], outputs: { measuredBy: 'heartbeat' } },
    emulator: {
      gap: 'moto shows no replicas of a table',
      prepared: 'refused',
      status: undefined,
      outputs: undefined,
      reasons: /is no global table/,
    },
  },
]);
