import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateCacheSubnetGroupCommand,
  CreateReplicationGroupCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { bucketName, type Ids, recovery, runId, taggedByRun } from './case.ts';
import { contract } from './contract.ts';

const region = recovery;
const s3 = (aws: AwsClients) => aws.client(S3Client, region);

async function makeBucket(aws: AwsClients, base: string): Promise<string> {
  const Bucket = bucketName(base);
  await s3(aws).send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  await s3(aws).send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  return Bucket;
}

const buckets = {
  ids: { state: 'shop-state', copies: 'shop-copies' },
  components: ({ state, copies }: Ids) => ({
    state: { type: 's3-bucket', region, name: state },
    copies: { type: 's3-bucket', region, name: copies },
  }),
  given: async (aws: AwsClients) => ({
    state: await makeBucket(aws, 'shop-state'),
    copies: await makeBucket(aws, 'shop-copies'),
  }),
};
const keysIn = (which: string) => async (aws: AwsClients, ids: Ids) => {
  const { Contents = [] } = await s3(aws).send(new ListObjectsV2Command({ Bucket: ids[which] }));
  return Contents.map(({ Key }) => Key);
};
const put =
  (Key: string, Body: string) =>
  async (aws: AwsClients, { state }: Ids) => {
    await s3(aws).send(new PutObjectCommand({ Bucket: state, Key, Body }));
  };

contract('s3', [
  {
    ...buckets,
    kind: 's3.put',
    shows: 'writes an object, and removes it again',
    with: () => ({ bucket: 'state', key: 'mode.json', content: { readOnly: true } }),
    expect: {
      calls: [['s3.PutObject', { Key: 'mode.json', IfNoneMatch: '*' }]],
      errors: ['s3.HeadObject NotFound'],
      holds: { readOnly: true },
    },
    after: async (aws, { state }) => {
      try {
        const reply = await s3(aws).send(new GetObjectCommand({ Bucket: state, Key: 'mode.json' }));
        return JSON.parse((await reply.Body?.transformToString()) ?? '');
      } catch (error) {
        return (error as Error).name;
      }
    },
    undo: { calls: [['s3.DeleteObject', { Key: 'mode.json' }]], holds: 'NoSuchKey' },
  },
  {
    ...buckets,
    kind: 's3.copy',
    shows: 'copies an object to another bucket, and removes the copy',
    before: put('dumps/a.sql', 'select 1;'),
    with: () => ({ from: 'state', to: 'copies', key: 'dumps/a.sql' }),
    expect: {
      calls: [['s3.CopyObject', { Key: 'dumps/a.sql' }]],
      errors: ['s3.HeadObject NotFound'],
      holds: ['dumps/a.sql'],
    },
    after: keysIn('copies'),
    undo: { calls: [['s3.DeleteObject', { Key: 'dumps/a.sql' }]], holds: [] },
  },
  {
    ...buckets,
    kind: 's3.latest',
    shows: 'finds the newest file',
    before: put('dumps/a.sql', 'select 1;'),
    with: () => ({ bucket: 'state', prefix: 'dumps/', maxAge: '1d', manifest: 'if-any' }),
    expect: { calls: [], errors: ['s3.GetObject NoSuchKey'], outputs: { key: 'dumps/a.sql' } },
  },
]);

const manager = (aws: AwsClients) => aws.client(SecretsManagerClient, region);
const secret = {
  components: () => ({ secret: { type: 'secret', region, name: 'shop/app', keys: ['host', 'token'] } }),
  given: async (aws: AwsClients) => {
    const SecretString = JSON.stringify({ host: 'old', token: 'first' });
    await manager(aws).send(new CreateSecretCommand({ Name: 'shop/app', SecretString }));
  },
};
const secretValue = (key: string) => async (aws: AwsClients) => {
  const { SecretString = '' } = await manager(aws).send(new GetSecretValueCommand({ SecretId: 'shop/app' }));
  return JSON.parse(SecretString)[key];
};

contract('secrets', [
  {
    ...secret,
    kind: 'secrets.put-value',
    shows: 'sets one key and leaves the others, and goes back to the version before',
    with: () => ({ secret: 'secret', values: { host: 'new' } }),
    expect: {
      calls: [
        ['secretsmanager.PutSecretValue', { ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
      ],
      holds: { host: 'new', token: true },
    },
    after: async aws => ({
      host: await secretValue('host')(aws),
      token: (await secretValue('token')(aws)) !== undefined,
    }),
    undo: { calls: [['secretsmanager.UpdateSecretVersionStage', { VersionStage: 'AWSCURRENT' }]] },
  },
  {
    kind: 'secrets.get-parameters',
    shows: 'finds that all parameters are there',
    components: () => ({
      parameters: { type: 'ssm-parameters', region, path: '/shop/production', names: ['HOST', 'TOKEN'] },
    }),
    given: async aws => {
      for (const name of ['HOST', 'TOKEN']) {
        await aws
          .client(SSMClient, region)
          .send(
            new PutParameterCommand({ Name: `/shop/production/${name}`, Value: 'x', Type: 'SecureString' }),
          );
      }
    },
    with: () => ({ parameters: 'parameters' }),
    expect: { calls: [], outputs: { found: 2 } },
  },
]);

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
