import {
  type DBInstance,
  DescribeDBInstancesCommand,
  DescribeDBParametersCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import {
  GetHealthCheckCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { RequestRejectedError } from '../../../shared/errors.ts';
import { sqlError } from '../../../shared/network/sql-errors.ts';
import type { DnsAnswer, DnsQuery, Network, SqlConnection } from '../../../shared/ports.ts';
import { primary, recovery } from './case.ts';

/**
 * What answers where an emulator only keeps records: databases and caches that take everything, and name servers that
 * answer what Route 53 holds. Real ones are in `test/e2e/data`.
 */
export function emulatedNetwork(aws: AwsClients, readOnly: readonly string[]): Network {
  return {
    dns: query => answerFromRecords(aws, query),
    sql: async ({ url }) => openDatabase(aws, new URL(url).hostname, readOnly),
    redis: async (_options, [command = '']) =>
      ({ PING: 'PONG', INFO: 'role:master\r\nconnected_slaves:1\r\n' })[command] ?? 'OK',
    http: () => Promise.reject(nobody('HTTP')),
    tls: () => Promise.reject(nobody('TLS')),
    mongo: () => Promise.reject(nobody('MongoDB')),
  };
}

const nobody = (what: string) =>
  new RequestRejectedError(`Nobody speaks ${what} in an emulator`, {
    nextStep: 'Use the suite of real servers.',
  });

/** A server that is in recovery if RDS says that it is a replica, and then takes no writes. */
async function openDatabase(
  aws: AwsClients,
  host: string,
  readOnly: readonly string[],
): Promise<SqlConnection> {
  const replies = await Promise.all(
    [primary, recovery].map(region => aws.client(RDSClient, region).send(new DescribeDBInstancesCommand({}))),
  );
  const found = replies
    .flatMap(({ DBInstances = [] }) => DBInstances)
    .find(({ Endpoint }) => Endpoint?.Address === host);
  const replica = Boolean(found?.ReadReplicaSourceDBInstanceIdentifier);
  const shut = replica || readOnly.some(name => host.startsWith(`${name}.`));
  return {
    async query(text) {
      if (text.includes('@@global.read_only')) {
        const set = found && (await readOnlyParameter(aws, found));
        return { rows: [{ read_only: replica || set ? 1 : 0, innodb_read_only: 0 }] };
      }
      if (shut && /^(insert|update)/i.test(text.trim())) {
        throw sqlError(host, { message: 'cannot execute in a read-only transaction', code: '25006' });
      }
      return { rows: [{ in_recovery: replica, replayed_at: Date.now() / 1000 - 10 }] };
    },
    async end() {},
  };
}

/** Whether the parameter group of an instance sets read_only; an emulator keeps it, and applies nothing. */
async function readOnlyParameter(aws: AwsClients, instance: DBInstance): Promise<boolean> {
  const region = instance.DBInstanceArn?.split(':')[3] ?? primary;
  const DBParameterGroupName = instance.DBParameterGroups?.[0]?.DBParameterGroupName;
  const { Parameters = [] } = await aws
    .client(RDSClient, region)
    .send(new DescribeDBParametersCommand({ DBParameterGroupName }));
  return Parameters.some(one => one.ParameterName === 'read_only' && one.ParameterValue === '1');
}

const stands = { values: ['192.0.2.10'], ttlSeconds: 60 };

async function answerFromRecords(aws: AwsClients, { name, type }: DnsQuery): Promise<DnsAnswer> {
  const route53 = aws.client(Route53Client, 'us-east-1');
  const { HostedZones = [] } = await route53.send(new ListHostedZonesCommand({}));
  const zone = HostedZones.find(({ Name = '' }) => `${name}.`.endsWith(Name));
  // Names outside of the account's zones are load balancers, which have addresses.
  if (!zone?.Id) return stands;
  const { ResourceRecordSets = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zone.Id }),
  );
  const sets = ResourceRecordSets.filter(set => set.Name === `${name}.` && set.Type === type);
  const open = await gateIsOpen(aws, sets.find(({ Failover }) => Failover === 'PRIMARY')?.HealthCheckId);
  const set = sets.find(({ Failover, Weight = 1 }) => {
    return Failover === undefined ? Weight > 0 : Failover === (open ? 'SECONDARY' : 'PRIMARY');
  });
  const values = (set?.ResourceRecords ?? []).map(({ Value = '' }) => Value);
  return { values, ttlSeconds: set?.TTL ?? 60 };
}

/** Whether the object exists that an inverted health check looks at, as Route 53's checkers would find. */
async function gateIsOpen(aws: AwsClients, check: string | undefined): Promise<boolean> {
  if (check === undefined) return false;
  const { HealthCheck } = await aws
    .client(Route53Client, 'us-east-1')
    .send(new GetHealthCheckCommand({ HealthCheckId: check }));
  const { FullyQualifiedDomainName = '', ResourcePath = '' } = HealthCheck?.HealthCheckConfig ?? {};
  const { Contents = [] } = await aws
    .client(S3Client, recovery)
    .send(new ListObjectsV2Command({ Bucket: FullyQualifiedDomainName.split('.s3.')[0] }));
  return Contents.some(({ Key }) => `/${Key}` === ResourcePath);
}
