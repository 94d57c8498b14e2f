import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  GetHealthCheckCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { bucketName, type ContractCase, type Ids, recovery } from './case.ts';
import { contract } from './contract.ts';

const primaryTarget = 'shop-1.ap-southeast-2.elb.amazonaws.com';
const recoveryTarget = 'shop-dr-2.ap-southeast-4.elb.amazonaws.com';
const route53 = (aws: AwsClients) => aws.client(Route53Client, 'us-east-1');

const balancers = {
  'lb-primary': {
    type: 'load-balancer',
    region: 'ap-southeast-2',
    name: 'shop',
    dnsName: primaryTarget,
    hostedZoneId: 'ZELB2',
  },
  'lb-recovery': {
    type: 'load-balancer',
    region: recovery,
    name: 'shop-dr',
    dnsName: recoveryTarget,
    hostedZoneId: 'ZELB4',
  },
};
const record = ({ zone = '' }: Ids, name = 'api.shop.example') => ({
  type: 'dns-record',
  region: recovery,
  name,
  hostedZone: zone,
  recordType: 'CNAME',
  primaryTarget,
  recoveryTarget,
  ttlSeconds: 60,
  resolvers: ['1.1.1.1'],
});

const cname = (target: string): Partial<ResourceRecordSet> => ({
  Type: 'CNAME',
  TTL: 60,
  ResourceRecords: [{ Value: target }],
});

async function makeZone(aws: AwsClients, sets: Partial<ResourceRecordSet>[]): Promise<Ids> {
  const { HostedZone } = await route53(aws).send(
    new CreateHostedZoneCommand({ Name: 'shop.example', CallerReference: String(Math.random()) }),
  );
  const zone = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  await route53(aws).send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: {
        Changes: sets.map(set => ({
          Action: 'CREATE',
          ResourceRecordSet: { Name: 'api.shop.example', ...set } as ResourceRecordSet,
        })),
      },
    }),
  );
  return { zone };
}

/** Names of the zone with where they lead and how. */
async function recordsOf(aws: AwsClients, { zone = '' }: Ids) {
  const { ResourceRecordSets = [] } = await route53(aws).send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zone }),
  );
  return ResourceRecordSets.filter(set => set.Type === 'CNAME' && set.Name?.startsWith('api.')).map(set => ({
    to: set.ResourceRecords?.[0]?.Value,
    ttl: set.TTL,
    ...(set.Weight !== undefined && { weight: set.Weight }),
  }));
}

const upsert = (ids: Ids) => ({ ...balancers, record: record(ids) });
const simple: Pick<ContractCase, 'ids' | 'components' | 'given' | 'after'> = {
  ids: { zone: 'Z0SHOP' },
  components: upsert,
  given: aws => makeZone(aws, [cname(primaryTarget)]),
  after: recordsOf,
};
const change = (target: string, input: object = {}) =>
  [
    'route53.ChangeResourceRecordSets',
    {
      ChangeBatch: {
        Changes: [
          {
            Action: 'UPSERT',
            ResourceRecordSet: expect.objectContaining({
              Name: expect.stringMatching(/^api\.shop\.example\.?$/),
              Type: 'CNAME',
              ResourceRecords: [{ Value: target }],
              ...input,
            }),
          },
        ],
      },
    },
  ] as const;

/** A health check that is made as the deployment guide says, and looks at what it is given. */
async function makeCheck(aws: AwsClients, host: string, path: string, Inverted: boolean): Promise<string> {
  const { HealthCheck } = await route53(aws).send(
    new CreateHealthCheckCommand({
      CallerReference: String(Math.random()),
      HealthCheckConfig: {
        Type: 'HTTPS',
        FullyQualifiedDomainName: host,
        Port: 443,
        ResourcePath: path,
        RequestInterval: 30,
        FailureThreshold: 3,
        Inverted,
      },
    }),
  );
  return HealthCheck?.Id ?? '';
}

const checked: Pick<ContractCase, 'ids' | 'components' | 'given'> = {
  ids: { check: 'hc-app' },
  components: ({ check }) => ({
    ...balancers,
    site: { type: 'endpoint', region: 'ap-southeast-2', url: 'https://app.shop.example/health' },
    check: {
      type: 'health-check',
      region: recovery,
      healthCheckId: check,
      watches: 'https://app.shop.example/health',
    },
  }),
  given: async aws => ({ check: await makeCheck(aws, 'app.shop.example', '/health', false) }),
};

const gateObject = { Bucket: expect.stringMatching(/^shop-gate/), Key: 'api-on-recovery' };
const gated: Pick<ContractCase, 'ids' | 'components' | 'given' | 'after'> = {
  ids: { zone: 'Z0SHOP', check: 'check-api', bucket: 'shop-gate' },
  components: ({ zone, check, bucket }) => ({
    ...balancers,
    name: {
      type: 'dns-name',
      region: recovery,
      name: 'api.shop.example',
      hostedZone: zone,
      recordType: 'CNAME',
      primaryTarget,
      recoveryTarget,
      primaryHealthCheck: check,
      gate: { bucket, key: 'api-on-recovery' },
      resolvers: ['1.1.1.1'],
    },
  }),
  given: async aws => {
    const s3 = aws.client(S3Client, recovery);
    const bucket = bucketName('shop-gate');
    await s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: recovery },
      }),
    );
    const check = await makeCheck(aws, `${bucket}.s3.${recovery}.amazonaws.com`, '/api-on-recovery', true);
    const ids = await makeZone(aws, [
      { ...cname(primaryTarget), SetIdentifier: 'primary', Failover: 'PRIMARY', HealthCheckId: check },
      { ...cname(recoveryTarget), SetIdentifier: 'recovery', Failover: 'SECONDARY' },
    ]);
    return { ...ids, check, bucket };
  },
  after: async (aws, { bucket }) => {
    const { Contents = [] } = await aws
      .client(S3Client, recovery)
      .send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key }) => Key);
  },
};

/** What Route 53 answers until all of its servers have a change; moto says INSYNC at once. */
const stillPending = `<?xml version="1.0"?>
<GetChangeResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeInfo>
  <Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-03-10T16:50:00Z</SubmittedAt>
</ChangeInfo></GetChangeResponse>`;

contract('route53', [
  {
    ...simple,
    kind: 'route53.upsert',
    shows: 'points a name at the recovery region, and back',
    with: () => ({ record: 'record' }),
    expect: {
      calls: [change(recoveryTarget, { TTL: 60 })],
      // Whether all of Route 53's servers have it.
      asks: ['route53.GetChange'],
      // Resolvers may hold the old answer for its TTL.
      takesSeconds: 60,
      outputs: { answers: [recoveryTarget], previousTarget: primaryTarget, previousTtlSeconds: 60 },
      holds: [{ to: recoveryTarget, ttl: 60 }],
    },
    undo: { calls: [change(primaryTarget, { TTL: 60 })], holds: [{ to: primaryTarget, ttl: 60 }] },
  },
  {
    ...simple,
    kind: 'route53.upsert',
    shows: 'is not done while a server of Route 53 has not got the change',
    with: () => ({ record: 'record' }),
    fills: { 'route53.GetChange': stillPending },
    expect: { calls: [change(recoveryTarget, { TTL: 60 })], takesSeconds: 60 },
    emulator: {
      gap: 'made to say PENDING for ever',
      status: 'pending',
      note: /is PENDING/,
      takesSeconds: undefined,
    },
  },
  {
    ids: { zone: 'Z0SHOP' },
    components: ids => ({ ...balancers, record: { ...record(ids), routing: 'weighted' } }),
    given: aws =>
      makeZone(aws, [
        { ...cname(primaryTarget), SetIdentifier: 'record-primary', Weight: 100 },
        { ...cname(recoveryTarget), SetIdentifier: 'record-recovery', Weight: 0 },
      ]),
    after: async (aws, ids) => (await recordsOf(aws, ids)).map(({ weight }) => weight).sort(),
    kind: 'route53.shift-weight',
    shows: 'sends a tenth of the answers to the recovery region, and back',
    with: () => ({ record: 'record', recoveryPercent: 10 }),
    expect: {
      calls: [['route53.ChangeResourceRecordSets', { HostedZoneId: expect.any(String) }]],
      asks: ['route53.GetChange'],
      takesSeconds: 60,
      outputs: { recoveryPercent: 10, previousPercent: 0 },
      holds: [10, 90],
    },
    undo: { calls: [['route53.ChangeResourceRecordSets', {}]], holds: [0, 100] },
  },
  {
    ...checked,
    kind: 'route53.health-check',
    shows: 'counts the checkers that find the endpoint well',
    with: () => ({ healthCheck: 'check' }),
    expect: { calls: [], outputs: { healthy: expect.any(Number), asked: expect.any(Number) } },
  },
  {
    ...checked,
    kind: 'route53.move-health-check',
    shows: 'points a check at the recovery region, and back',
    with: () => ({ healthCheck: 'check', url: `https://${recoveryTarget}/health` }),
    expect: {
      calls: [['route53.UpdateHealthCheck', { FullyQualifiedDomainName: recoveryTarget, Port: 443 }]],
      holds: recoveryTarget,
    },
    after: async (aws, { check }) => {
      const { HealthCheck } = await route53(aws).send(new GetHealthCheckCommand({ HealthCheckId: check }));
      return HealthCheck?.HealthCheckConfig?.FullyQualifiedDomainName;
    },
    undo: {
      calls: [['route53.UpdateHealthCheck', { FullyQualifiedDomainName: 'app.shop.example' }]],
      holds: 'app.shop.example',
    },
  },
  {
    ...gated,
    kind: 'route53.failover',
    shows: 'opens the gate, and the name leads to the recovery region',
    with: () => ({ name: 'name', fallbackAfter: '10m' }),
    expect: {
      calls: [
        ['s3.PutObject', gateObject],
        ['s3.PutObject', gateObject],
      ],
      errors: ['s3.GetObject NoSuchKey'],
      holds: ['api-on-recovery'],
    },
    undo: {
      calls: [['s3.DeleteObject', gateObject]],
      holds: [],
    },
  },
  {
    ...gated,
    kind: 'route53.failback',
    shows: 'closes a gate that a run opened, and the name leads to the primary region again',
    before: async (aws, { bucket }) => {
      const memory = {
        run: 'an-earlier-run',
        name: 'api.shop.example',
        openedAt: '2026-03-10T16:00:00Z',
        adopted: false,
        previousTtlSeconds: 60,
        movedBefore: false,
        movedAt: '2026-03-10T16:02:00Z',
      };
      await aws
        .client(S3Client, recovery)
        .send(new PutObjectCommand({ Bucket: bucket, Key: 'api-on-recovery', Body: JSON.stringify(memory) }));
    },
    with: () => ({ name: 'name' }),
    expect: {
      calls: [['s3.DeleteObject', gateObject]],
      errors: ['s3.GetObject NoSuchKey'],
      holds: [],
    },
  },
]);
