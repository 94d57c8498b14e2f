import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { bucketName, type ContractCase, type Ids } from './case.ts';
import type { Sandbox } from './sandbox.ts';

/** Cases about what is kept in buckets, secrets and parameters. They cost less than a cent in an account. */

function buckets({ region, name, tags }: Sandbox) {
  const s3 = (aws: AwsClients) => aws.client(S3Client, region);
  async function make(aws: AwsClients, base: string): Promise<string> {
    const Bucket = name(bucketName(base));
    // Everywhere but in us-east-1, which must not be named.
    const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region } };
    await s3(aws).send(new CreateBucketCommand({ Bucket, ...place } as never));
    if (tags.length > 0)
      await s3(aws).send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tags } }));
    await s3(aws).send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    return Bucket;
  }
  return {
    s3,
    put:
      (Key: string, Body: string) =>
      async (aws: AwsClients, { state }: Ids) => {
        await s3(aws).send(new PutObjectCommand({ Bucket: state, Key, Body }));
      },
    shared: {
      ids: { state: 'shop-state', copies: 'shop-copies' },
      components: ({ state, copies }: Ids) => ({
        state: { type: 's3-bucket', region, name: state },
        copies: { type: 's3-bucket', region, name: copies },
      }),
      given: async (aws: AwsClients) => ({
        state: await make(aws, 'shop-state'),
        copies: await make(aws, 'shop-copies'),
      }),
    },
  };
}

export function putCase(sandbox: Sandbox): ContractCase {
  const { s3, shared } = buckets(sandbox);
  return {
    ...shared,
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
  };
}

export function copyCase(sandbox: Sandbox): ContractCase {
  const { s3, put, shared } = buckets(sandbox);
  return {
    ...shared,
    kind: 's3.copy',
    shows: 'copies an object to another bucket, and removes the copy',
    before: put('dumps/a.sql', 'select 1;'),
    with: () => ({ from: 'state', to: 'copies', key: 'dumps/a.sql' }),
    expect: {
      calls: [['s3.CopyObject', { Key: 'dumps/a.sql' }]],
      errors: ['s3.HeadObject NotFound'],
      holds: ['dumps/a.sql'],
    },
    after: async (aws, { copies }) => {
      const { Contents = [] } = await s3(aws).send(new ListObjectsV2Command({ Bucket: copies }));
      return Contents.map(({ Key }) => Key);
    },
    undo: { calls: [['s3.DeleteObject', { Key: 'dumps/a.sql' }]], holds: [] },
  };
}

export function latestCase(sandbox: Sandbox): ContractCase {
  const { put, shared } = buckets(sandbox);
  return {
    ...shared,
    kind: 's3.latest',
    shows: 'finds the newest file',
    before: put('dumps/a.sql', 'select 1;'),
    with: () => ({ bucket: 'state', prefix: 'dumps/', maxAge: '1d', manifest: 'if-any' }),
    expect: { calls: [], errors: ['s3.GetObject NoSuchKey'], outputs: { key: 'dumps/a.sql' } },
  };
}

export function secretCase({ region, name, tags }: Sandbox): ContractCase {
  const Name = name('shop/app');
  const manager = (aws: AwsClients) => aws.client(SecretsManagerClient, region);
  return {
    components: () => ({ secret: { type: 'secret', region, name: Name, keys: ['host', 'token'] } }),
    given: async aws => {
      const SecretString = JSON.stringify({ host: 'old', token: 'first' });
      await manager(aws).send(
        new CreateSecretCommand({ Name, SecretString, ...(tags.length > 0 && { Tags: tags }) }),
      );
    },
    kind: 'secrets.put-value',
    shows: 'sets one key and leaves the others, and goes back to the version before',
    with: () => ({ secret: 'secret', values: { host: 'new' } }),
    expect: {
      calls: [
        ['secretsmanager.PutSecretValue', { ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
      ],
      holds: { host: 'new', token: true },
    },
    after: async aws => {
      const { SecretString = '' } = await manager(aws).send(new GetSecretValueCommand({ SecretId: Name }));
      const { host, token } = JSON.parse(SecretString);
      return { host, token: token !== undefined };
    },
    undo: { calls: [['secretsmanager.UpdateSecretVersionStage', { VersionStage: 'AWSCURRENT' }]] },
  };
}

export function parametersCase({ region, name, tags }: Sandbox): ContractCase {
  const path = `/${name('shop')}/production`;
  return {
    kind: 'secrets.get-parameters',
    shows: 'finds that all parameters are there',
    components: () => ({
      parameters: { type: 'ssm-parameters', region, path, names: ['HOST', 'TOKEN'] },
    }),
    given: async aws => {
      for (const one of ['HOST', 'TOKEN']) {
        const Tags = tags.length > 0 ? { Tags: tags } : {};
        const parameter = { Name: `${path}/${one}`, Value: 'x', Type: 'SecureString' as const, ...Tags };
        await aws.client(SSMClient, region).send(new PutParameterCommand(parameter));
      }
    },
    with: () => ({ parameters: 'parameters' }),
    expect: { calls: [], outputs: { found: 2 } },
  };
}

export function putParameterCase({ region, name, tags }: Sandbox): ContractCase {
  const path = `/${name('shop')}/production`;
  const Name = `${path}/ACTIVE_REGION`;
  const ssm = (aws: AwsClients) => aws.client(SSMClient, region);
  return {
    kind: 'ssm.put-parameter',
    shows: 'writes a parameter, and writes back what it held',
    components: () => ({
      parameters: {
        type: 'ssm-parameters',
        region,
        path,
        names: ['ACTIVE_REGION'],
        texts: { ACTIVE_REGION: 'home' },
      },
    }),
    given: async aws => {
      const Tags = tags.length > 0 ? { Tags: tags } : {};
      await ssm(aws).send(new PutParameterCommand({ Name, Value: 'home', Type: 'String', ...Tags }));
    },
    with: () => ({ parameters: 'parameters', name: 'ACTIVE_REGION', value: 'away' }),
    expect: {
      calls: [['ssm.PutParameter', { Name, Value: 'away', Overwrite: true }]],
      outputs: { previous: expect.any(String) },
      holds: 'away',
    },
    after: async aws => {
      const { Parameter } = await ssm(aws).send(new GetParameterCommand({ Name }));
      return Parameter?.Value;
    },
    undo: {
      calls: [['ssm.PutParameter', { Name, Value: expect.not.stringMatching(/^away$/), Overwrite: true }]],
      holds: expect.not.stringMatching(/^away$/),
    },
  };
}
