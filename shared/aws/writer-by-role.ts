import type { ActionContext, Permission, Reason } from '../actions/contract.ts';
import { isUnreachable } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import {
  type GlobalService,
  globalPermissions,
  type Member,
  type Move,
  type ShownCluster,
  type Source,
} from './global-clusters.ts';
import { rdsArn } from './rds-arns.ts';
import { meaningOfClusterStatus, serves } from './rds-cluster-status.ts';

/**
 * The writer of a cluster whose protocol Lifeboat does not speak: no write can be made there, so what shows it is its
 * role in the global cluster, its writer instance, and what its endpoint says before anybody logs in. What is said of it
 * says that as well.
 */
export type ByRole<M extends Member> = {
  /** As people say it. */
  name: string;
  /** Its engine, as AWS names it. */
  engine: string;
  readCluster: GlobalService<M>['readCluster'];
  readInstances(aws: AwsClients, region: string, cluster: string): Promise<ShownInstance[]>;
  /** Asks at the endpoint of the writer, without logging in: what it answers, or why that shows nothing. */
  knock(
    context: ActionContext,
    member: M,
    endpoint: Endpoint,
  ): Promise<{ said: string } | { silent: string }>;
};
export type ShownInstance = {
  DBInstanceIdentifier?: string | undefined;
  DBInstanceStatus?: string | undefined;
};
export type Endpoint = { host: string; port: number };

/** Milliseconds for one exchange with an endpoint. */
export const knockTimeoutMs = 5_000;

/** What stands in every proof of this sort, so that nobody takes it for more. */
const noWrite =
  'No write was made, since Lifeboat can make none there: a step after this one has to show that one works';

/** The parts of a service that go by the role. */
export function writerByRole<M extends Member>(
  service: ByRole<M>,
): Pick<GlobalService<M>, 'readCluster' | 'versionsFit' | 'reasonsAgainst' | 'prove' | 'lookAtSource'> {
  return {
    readCluster: service.readCluster,
    versionsFit: (one, other) => one === other,
    reasonsAgainst: (context, to, cluster) => reasonsAgainst(service, context, to, cluster),
    async prove(context, to, cluster) {
      const writer = await findWriter(service, context, to, cluster);
      if ('none' in writer) return { note: writer.none };
      const { endpoint, instance } = writer;
      const answer = await service.knock(context, to, endpoint);
      if ('silent' in answer) return { note: answer.silent };
      return {
        endpoint: endpoint.host,
        port: endpoint.port,
        shown: `its writer instance ${instance} is available, and ${answer.said}. ${noWrite}`,
      };
    },
    lookAtSource: (context, from) => lookAtSource(service, context, from),
  };
}

async function reasonsAgainst<M extends Member>(
  { name, engine, readInstances }: ByRole<M>,
  context: ActionContext,
  { identifier, region }: M,
  { Engine }: ShownCluster,
): Promise<Reason[]> {
  const reasons: Reason[] = [];
  if (Engine !== undefined && Engine !== engine) {
    reasons.push({
      what: `${identifier} runs ${Engine}, and the plan says that it is a cluster of ${name}`,
      mend: "Correct the type of the plan's component, and use the kind of that service.",
    });
  }
  const instances = await readInstances(context.aws, region, identifier);
  if (!instances.some(({ DBInstanceStatus }) => serves(DBInstanceStatus))) {
    const said = instances.map(one => `${one.DBInstanceIdentifier} is ${one.DBInstanceStatus}`).join(', ');
    reasons.push({
      what: `No instance of ${identifier} is available${said && ` (${said})`}: it would take over and nobody could connect`,
      mend: `Look why in the console of ${name} in ${region}. Start or make one, then retry.`,
    });
  }
  return reasons;
}

type Writer = { instance: string; endpoint: Endpoint } | { none: string };

/** The instance that writes, if it is available, and where it is reached. */
async function findWriter<M extends Member>(
  { readInstances }: ByRole<M>,
  context: ActionContext,
  { identifier, region, port }: M,
  cluster: ShownCluster | undefined,
): Promise<Writer> {
  const host = cluster?.Endpoint;
  if (host === undefined) return { none: 'it has no endpoint' };
  const instance = cluster?.DBClusterMembers?.find(one => one.IsClusterWriter)?.DBInstanceIdentifier;
  if (instance === undefined) return { none: 'none of its instances is the writer' };
  const instances = await readInstances(context.aws, region, identifier);
  const status = instances.find(one => one.DBInstanceIdentifier === instance)?.DBInstanceStatus;
  if (!serves(status)) return { none: `its writer instance ${instance} is ${status ?? 'unknown'}` };
  return { instance, endpoint: { host, port: cluster?.Port ?? port } };
}

async function lookAtSource<M extends Member>(
  service: ByRole<M>,
  context: ActionContext,
  from: M,
): Promise<Source> {
  const where = `${from.identifier} in ${from.region}`;
  try {
    const cluster = await service.readCluster(context.aws, from.region, from.identifier);
    if (cluster === undefined) return { writes: 'no', evidence: { what: `${where} does not exist` } };
    const version = cluster.EngineVersion;
    const writer = await findWriter(service, context, from, cluster);
    const meaning = meaningOfClusterStatus(cluster.Status, from.identifier);
    if ('none' in writer || meaning.kind !== 'settled') {
      const why = 'none' in writer ? writer.none : 'that is not available';
      return { writes: 'no', version, evidence: { what: `${where} is ${cluster.Status}, and ${why}` } };
    }
    const answer = await service.knock(context, from, writer.endpoint);
    // A network that leads nowhere from here says nothing about its own users.
    const heard = 'said' in answer ? answer.said : `${answer.silent} from here`;
    const what = `${where} and its writer instance ${writer.instance} are available; ${heard}`;
    return { writes: 'apparently', version, evidence: { what } };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return {
      writes: 'no',
      evidence: { what: `${where} does not answer. That does not prove that it writes no more` },
    };
  }
}

/** What both ways of changing roles need. */
export function byRolePermissions(
  call: Parameters<typeof globalPermissions>[0],
  all: Move<Member>,
): Permission[] {
  return [
    ...globalPermissions(call, all),
    {
      actions: ['rds:DescribeDBInstances'],
      resources: [all.to, all.from].map(({ region }) => rdsArn('db', region, '*')),
      reason: 'Which instances are members of a cluster is known only when it is asked for',
    },
  ];
}
