import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNotFound, isThrottle, isUnreachable, request } from '../../aws/aws-errors.ts';
import { ServiceUnavailableError } from '../../errors.ts';
import {
  type ComponentOf,
  databaseTypes,
  docdbCluster,
  mysqlServer,
  neptuneCluster,
  postgresServer,
  rdsCluster,
  rdsInstance,
} from '../../plan/components.ts';
import { type ActionContext, defineAction, type Evidence, type Reason } from '../contract.ts';

/** Long enough for a slow answer, short enough that silence costs seconds. */
const probeTimeoutMs = 5_000;
/** A single lost packet is no outage: what fails is tried a second time. */
const tries = 2;

const parameters = z.object({
  endpoints: z
    .array(z.string())
    .min(1)
    .meta({ description: 'Addresses of the system, tried from outside the region' }),
  database: z
    .discriminatedUnion('type', [
      rdsInstance,
      rdsCluster,
      docdbCluster,
      neptuneCluster,
      postgresServer,
      mysqlServer,
    ])
    .optional()
    .meta({
      description:
        'The writer there; without it only the addresses are asked, which is right for a system without one. A server that the system runs itself has no API that could be asked',
    }),
  quorum: z.number().int().positive().meta({ description: 'How many of them must be unreachable' }),
});
type Parameters = z.output<typeof parameters>;

/** silent: no answer at all. failing: an answer with a server error. serving: any other answer. */
type Probe = { url: string; state: 'silent' | 'failing' | 'serving'; said: string };
type Writer = { state: 'reachable' | 'unreachable' | 'unknown'; said: string };

async function probe(context: ActionContext, url: string): Promise<Probe> {
  let last: Probe = { url, state: 'silent', said: 'was not tried' };
  for (let count = 0; count < tries && last.state !== 'serving'; count++)
    last = await probeOnce(context, url);
  return last;
}

async function probeOnce(context: ActionContext, url: string): Promise<Probe> {
  try {
    const { status, latencyMs } = await context.network.http({ url, timeoutMs: probeTimeoutMs });
    const state = status >= 500 ? 'failing' : 'serving';
    return { url, state, said: `answered ${status} after ${latencyMs} ms` };
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    return { url, state: 'silent', said: 'did not answer' };
  }
}

/**
 * What the region's own API says of the writer. Reachable means that the API answers about it, whatever its status: a
 * writer that is being backed up or modified takes writes. A refusal of the request is a reason: nothing can be told.
 */
async function askWriter(context: ActionContext, database: Parameters['database']): Promise<Writer | Reason> {
  if (database === undefined) return { state: 'unknown', said: 'no database was asked' };
  if ('host' in database) {
    return { state: 'unknown', said: `whether ${database.host} still takes writes, nobody outside can tell` };
  }
  const { identifier, region } = database;
  try {
    const status = await statusOf(context, database);
    return { state: 'reachable', said: `${identifier} is ${status ?? 'in an unknown state'}` };
  } catch (error) {
    if (isUnreachable(error)) {
      return { state: 'unreachable', said: `the RDS API of ${region} did not answer` };
    }
    if (isThrottle(error)) {
      return { state: 'reachable', said: `the RDS API of ${region} answers that it has too many requests` };
    }
    const why = error instanceof Error ? error.message : String(error);
    return {
      what: `The state of ${identifier} can't be told: ${why}`,
      mend: isNotFound(error)
        ? 'Correct the identifier of the database in the plan.'
        : `Allow ${callFor(database)} in the primary region for this function.`,
    };
  }
}

/** The API of RDS tells of clusters of DocumentDB and Neptune as well. */
type Database = ComponentOf<'rds-instance' | 'rds-cluster' | 'docdb-cluster' | 'neptune-cluster'>;
const callFor = ({ type }: Database) =>
  type === 'rds-instance' ? 'rds:DescribeDBInstances' : 'rds:DescribeDBClusters';

async function statusOf(context: ActionContext, database: Database): Promise<string | undefined> {
  const { identifier, region } = database;
  const client = context.aws.client(RDSClient, region);
  if (database.type !== 'rds-instance') {
    const reply = await request({ call: 'rds.DescribeDBClusters', region }, () =>
      client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: identifier })),
    );
    return reply.DBClusters?.[0]?.Status;
  }
  const reply = await request({ call: 'rds.DescribeDBInstances', region }, () =>
    client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })),
  );
  return reply.DBInstances?.[0]?.DBInstanceStatus;
}

function verdictOf(probes: readonly Probe[], writer: Writer): 'lost' | 'partly' | 'reachable' {
  if (probes.every(one => one.state === 'silent') && writer.state !== 'reachable') return 'lost';
  return probes.some(one => one.state !== 'serving') || writer.state === 'unreachable'
    ? 'partly'
    : 'reachable';
}

/** The sentence that the approver reads. */
function summaryOf(region: string, probes: readonly Probe[], writer: Writer): string {
  const silent = probes.filter(one => one.state === 'silent').length;
  const failing = probes.filter(one => one.state === 'failing').length;
  const parts = [`${silent} of ${probes.length} addresses do not answer`];
  if (failing > 0) parts.push(`${failing} answer with a server error`);
  parts.push(writer.said);
  const heads = {
    lost: `${region} looks lost from outside`,
    partly: `${region} is partly reachable`,
    reachable: `${region} is reachable`,
  };
  return `${heads[verdictOf(probes, writer)]}: ${parts.join('; ')}.`;
}

/** Why the alarm looks false: every address that answered is named. */
function falseAlarm(probes: readonly Probe[], quorum: number, region: string): Reason[] {
  const unreachable = probes.filter(one => one.state !== 'serving').length;
  if (unreachable >= quorum) return [];
  const serving = probes.filter(one => one.state === 'serving').map(one => `${one.url} ${one.said}`);
  return [
    {
      what: `Only ${unreachable} of ${probes.length} addresses are unreachable, ${quorum} are needed to call ${region} down: ${serving.join('; ')}.`,
      mend: 'Look at the alarms that fired. To leave a region that is well, a scenario needs the mode "planned"; this one is for a region that is lost.',
    },
  ];
}

/**
 * Looks from outside whether the primary region is down, for the person who decides. The look is taken once, in
 * prepare, so that what is decided on is what is reported. In the mode `recover` a false alarm is refused; the other
 * modes are for a region that is up, so there it only reports.
 */
export const action = defineAction({
  kind: 'region.assess',
  summary: 'Looks from outside how much of the primary region still answers',
  parameters,
  components: {
    database: databaseTypes,
  },
  outputs: {
    verdict: 'lost, partly or reachable',
    writer: 'reachable or unreachable, through the API of RDS; unknown of any other server, or without one',
    unreachable: 'How many addresses do not serve',
    summary: 'One sentence for the person who decides',
  },
  drill: 'same',
  mutates: false,
  traits: ['expects-silence'],
  typical: {
    minSeconds: 1,
    likelySeconds: 12,
    maxSeconds: 30,
    source: 'Two tries of 5 s, and the SDK’s short time-outs for the primary region',
  },
  failureModes: [
    'The network of the recovery region is at fault, not the primary region: use addresses that others probe too',
    'The load balancer answers errors while the region is up: counted as unreachable, verdict "partly"',
  ],
  permissions: ({ database }) =>
    database === undefined || 'host' in database
      ? []
      : [
          {
            actions: [callFor(database)],
            resources: [
              `arn:\${AWS::Partition}:rds:${database.region}:\${AWS::AccountId}:${database.type === 'rds-instance' ? 'db' : 'cluster'}:${database.identifier}`,
            ],
          },
        ],
  async prepare(context, { endpoints, database, quorum }) {
    const [writer, ...probes] = await Promise.all([
      askWriter(context, database),
      ...endpoints.map(url => probe(context, url)),
    ]);
    const evidence: Evidence[] = probes.map(one => ({ what: `${one.url} ${one.said}.` }));
    if ('mend' in writer) return { status: 'refused', reasons: [writer], evidence };
    evidence.push({ what: `Writer: ${writer.said}.` });
    const region = database?.region ?? context.regions.primary;
    const reasons = falseAlarm(probes, quorum, region);
    if (context.run.mode === 'recover' && reasons.length > 0) return { status: 'refused', reasons, evidence };
    return {
      status: 'ready',
      baseline: {
        verdict: verdictOf(probes, writer),
        writer: writer.state,
        unreachable: probes.filter(one => one.state !== 'serving').length,
        summary: summaryOf(region, probes, writer),
      },
      evidence,
    };
  },
  async observe(_context, _parameters, baseline) {
    return { status: 'done', outputs: baseline, evidence: [{ what: String(baseline.summary) }] };
  },
});
