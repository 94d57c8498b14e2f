import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { afterEach, describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/region/assess.ts';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { contextOf, run } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { database, primary, recovery } from '../../support/traffic-plan.ts';

const rds = mockClient(RDSClient);
afterEach(() => rds.reset());

const urls = ['https://a.example/', 'https://b.example/', 'https://c.example/'];
const parameters = { endpoints: urls, database, quorum: 2 };
const silentApi = () =>
  Object.assign(new Error('connect ETIMEDOUT'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
const named = (name: string, status: number) =>
  Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode: status } });

/** Prepares with addresses that answer these statuses in turn; 0 is silence. */
async function prepare(
  statuses: Record<string, number[]>,
  mode: Mode = 'recover',
  writer: Parameters<typeof action.prepare>[1]['database'] | null = database,
) {
  const asked: string[] = [];
  const context = contextOf({
    aws: createAwsClients({ primary, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }),
    run: { ...run, mode },
    network: {
      async http({ url, timeoutMs }) {
        expect(timeoutMs).toBeLessThanOrEqual(5000);
        const turn = asked.filter(one => one === url).length;
        asked.push(url);
        const known = statuses[url] ?? [0];
        const status = known[Math.min(turn, known.length - 1)] ?? 0;
        if (status === 0) throw new ServiceUnavailableError('silent', { nextStep: 'wait' });
        return { status, headers: {}, body: '', latencyMs: 12 };
      },
    },
  });
  const preparation = await action.prepare(context, {
    ...parameters,
    database: writer ?? undefined,
  });
  return { preparation, asked, context };
}

describe('region.assess', () => {
  it('calls a region lost when nothing answers at all', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(silentApi());
    const { preparation, context } = await prepare({});
    expect(preparation).toMatchObject({
      status: 'ready',
      baseline: { verdict: 'lost', writer: 'unreachable', unreachable: 3 },
    });
    const baseline = preparation.status === 'ready' ? preparation.baseline : {};
    expect(await action.observe(context, parameters, baseline)).toMatchObject({
      status: 'done',
      outputs: {
        summary:
          'ap-southeast-2 looks lost from outside: 3 of 3 addresses do not answer; the RDS API of ap-southeast-2 did not answer.',
      },
    });
  });

  it('calls it partly reachable when the database’s API still answers', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
    const { preparation } = await prepare({});
    expect(preparation).toMatchObject({
      status: 'ready',
      baseline: { verdict: 'partly', writer: 'reachable' },
    });
  });

  it.each(['available', 'backing-up', 'modifying', 'stopped'])(
    'never calls a region lost whose API answers that the database is %s',
    async status => {
      rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: status }] });
      const { preparation } = await prepare({});
      expect(preparation).toMatchObject({
        baseline: {
          verdict: 'partly',
          writer: 'reachable',
          summary: expect.stringContaining(`is ${status}`),
        },
      });
    },
  );

  it('takes a limit on requests for an answer', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(named('ThrottlingException', 429));
    const { preparation } = await prepare({});
    expect(preparation).toMatchObject({ baseline: { verdict: 'partly', writer: 'reachable' } });
  });

  it('leaves open whether a server that the system runs itself still takes writes', async () => {
    const server = {
      id: 'database',
      type: 'postgres-server' as const,
      region: primary,
      host: 'postgres.shop.internal',
      port: 5432,
      database: 'shop',
      credentials: 'secret:shop/database',
      writeProbe: 'SELECT 1',
    };
    const { preparation } = await prepare({}, 'recover', server);
    expect(preparation).toMatchObject({
      baseline: {
        verdict: 'lost',
        writer: 'unknown',
        summary: expect.stringContaining(
          'whether postgres.shop.internal still takes writes, nobody outside can tell',
        ),
      },
    });
    expect(action.permissions({ ...parameters, database: server }, { primary, recovery })).toEqual([]);
  });

  it('asks for the writer of a cluster, and may do so for this one only', async () => {
    rds.on(DescribeDBClustersCommand, { DBClusterIdentifier: 'shop-orders' }).resolves({
      DBClusters: [{ Status: 'available' } as never],
    });
    const cluster = {
      id: 'database',
      type: 'rds-cluster' as const,
      region: primary,
      identifier: 'shop-orders',
      engine: 'aurora-postgresql' as const,
      port: 5432,
      database: 'shop',
      credentials: 'secret:shop/database',
      writeProbe: 'SELECT 1',
    };
    const { preparation } = await prepare({}, 'recover', cluster);
    expect(preparation).toMatchObject({
      baseline: {
        verdict: 'partly',
        writer: 'reachable',
        summary: expect.stringContaining('shop-orders is available'),
      },
    });
    expect(action.permissions({ ...parameters, database: cluster }, { primary, recovery })).toMatchObject([
      {
        actions: ['rds:DescribeDBClusters'],
        resources: [expect.stringMatching(/:cluster:shop-orders$/)],
      },
    ]);
  });

  it.each(['docdb', 'neptune'] as const)('asks the same of a cluster of %s', async family => {
    rds.on(DescribeDBClustersCommand, { DBClusterIdentifier: 'shop-graph' }).resolves({
      DBClusters: [{ Status: 'available' } as never],
    });
    const type = `${family}-cluster` as const;
    const cluster = { id: 'database', type, region: primary, identifier: 'shop-graph', port: 1, tls: true };
    const { preparation } = await prepare({}, 'recover', cluster as never);
    expect(preparation).toMatchObject({ baseline: { writer: 'reachable' } });
    const permissions = action.permissions(
      { ...parameters, database: cluster as never },
      { primary, recovery },
    );
    expect(permissions).toMatchObject([
      { actions: ['rds:DescribeDBClusters'], resources: [expect.stringMatching(/:cluster:shop-graph$/)] },
    ]);
  });

  it('asks only the addresses of a system without a database', async () => {
    const context = { 'https://a.example/': [200] };
    const { preparation } = await prepare(context, 'recover', null);
    expect(preparation).toMatchObject({
      status: 'ready',
      baseline: { verdict: 'partly', writer: 'unknown', unreachable: 2 },
    });
    const without = { ...parameters, database: undefined };
    expect(action.permissions(without, { primary, recovery })).toEqual([]);
  });

  it('counts server errors as unreachable, but not as a lost region', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(silentApi());
    const { preparation } = await prepare({ [urls[0] ?? '']: [503] });
    expect(preparation).toMatchObject({
      baseline: {
        verdict: 'partly',
        unreachable: 3,
        summary: expect.stringContaining('2 of 3 addresses do not answer; 1 answer with a server error'),
      },
    });
  });

  it('refuses a false alarm and names what answered', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
    const { preparation } = await prepare({ [urls[0] ?? '']: [200], [urls[1] ?? '']: [404] });
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [
        {
          what: 'Only 1 of 3 addresses are unreachable, 2 are needed to call ap-southeast-2 down: https://a.example/ answered 200 after 12 ms; https://b.example/ answered 404 after 12 ms.',
        },
      ],
    });
  });

  it('tries again what failed once', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
    const { preparation, asked } = await prepare(Object.fromEntries(urls.map(url => [url, [0, 200]])));
    expect(preparation.status).toBe('refused');
    expect(asked).toHaveLength(6);
  });

  it.each<Mode>(['planned', 'drill', 'dry-run'])('only reports in the mode %s', async mode => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
    const { preparation } = await prepare(Object.fromEntries(urls.map(url => [url, [200]])), mode);
    expect(preparation).toMatchObject({
      status: 'ready',
      baseline: { verdict: 'reachable', unreachable: 0 },
    });
  });

  it.each([
    ['AccessDenied', 403],
    ['DBInstanceNotFoundFault', 404],
  ])('refuses when the writer’s state can’t be told (%s)', async (name, status) => {
    rds.on(DescribeDBInstancesCommand).rejects(named(name, status));
    const { preparation } = await prepare({});
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining(name) }],
    });
  });

  it('may describe this one database only', () => {
    expect(action.permissions(parameters, { primary, recovery })).toEqual([
      {
        actions: ['rds:DescribeDBInstances'],
        resources: ['arn:${AWS::Partition}:rds:ap-southeast-2:${AWS::AccountId}:db:shop-production'],
      },
    ]);
  });
});
