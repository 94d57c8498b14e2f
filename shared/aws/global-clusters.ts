import * as z from 'zod';
import type { ActionContext, Evidence, Permission, Reason } from '../actions/contract.ts';
import { formatDuration } from '../plan/duration.ts';
import type { AwsClients } from './clients.ts';
import type { CommitPause } from './commit-pause.ts';
import { metricReadPermission, newestDataPoint } from './newest-data-point.ts';
import { rdsArn } from './rds-arns.ts';
import { meaningOfClusterStatus } from './rds-cluster-status.ts';

/**
 * What the global clusters of Aurora, DocumentDB and Neptune have in common: who writes, how far the other one lies
 * behind, and how the roles change. Their management is one API: whichever client asks, requests are signed for `rds`,
 * and IAM and CloudTrail know them by that name. So does the ledger.
 */

/** A cluster of the plan that is, or is to be, the writer of a global cluster. */
export type Member = { id: string; identifier: string; region: string; port: number };
/** `primary` and `secondary` are the ids of the members in normal times. */
export type Global = { id: string; identifier: string; primary: string; secondary: string };
export type Move<M extends Member> = { global: Global; to: M; from: M };

/** What is read of AWS's answers; the three clients have types of their own for it. */
export type ShownCluster = {
  Status?: string | undefined;
  Engine?: string | undefined;
  EngineVersion?: string | undefined;
  Endpoint?: string | undefined;
  Port?: number | undefined;
  DBClusterParameterGroup?: string | undefined;
  DBClusterMembers?: { DBInstanceIdentifier?: string | undefined; IsClusterWriter?: boolean | undefined }[];
};
export type ShownMember = {
  DBClusterArn?: string | undefined;
  IsWriter?: boolean | undefined;
  /** Neptune does not tell it. */
  SynchronizationStatus?: string | undefined;
};
export type ShownGlobal = {
  GlobalClusterMembers?: ShownMember[] | undefined;
  FailoverState?: { Status?: string | undefined; ToDbClusterArn?: string | undefined } | undefined;
};

/** Shown that it writes: where, and what shows it, as the end of a sentence that begins with the cluster. */
export type Proof = { endpoint: string; port: number; shown: string };
/** Why it is not shown yet. `mend`: how a person mends it, where it does not pass by itself. */
export type NotProven = { note: string; mend?: string };
/** `surely` if a write was made there, `apparently` if all that can be asked says so. */
export type Source = { writes: 'surely' | 'apparently' | 'no'; version?: string; evidence: Evidence };

/** What differs between the services. */
export type GlobalService<M extends Member> = {
  /** Family of the kinds that change roles there. */
  family: 'rds' | 'docdb' | 'neptune';
  /** As people say it. */
  name: string;
  readGlobal(aws: AwsClients, region: string, identifier: string): Promise<ShownGlobal | undefined>;
  readCluster(aws: AwsClients, region: string, identifier: string): Promise<ShownCluster | undefined>;
  switchover(aws: AwsClients, region: string, wanted: Wanted): Promise<unknown>;
  /** With AllowDataLoss, or it would be a switchover. */
  failover(aws: AwsClients, region: string, wanted: Wanted): Promise<unknown>;
  /** Metrics of the replication lag in milliseconds, the best one first. */
  lag: { namespace: string; names: readonly string[] };
  /** Whether roles can be changed between clusters of these engine versions. */
  versionsFit(one: string, other: string): boolean;
  /** The parameter that may keep writes from committing after a failover, for a service that has one. */
  commitPause?: CommitPause;
  /** Reasons against a target that are the service's own. */
  reasonsAgainst(context: ActionContext, to: M, cluster: ShownCluster): Promise<Reason[]>;
  /** Shows that a cluster that is the primary, and up, does a primary's work. */
  prove(context: ActionContext, to: M, cluster: ShownCluster | undefined): Promise<Proof | NotProven>;
  /** Whether the old primary still writes. A region that does not answer is what a failover is for. */
  lookAtSource(context: ActionContext, from: M): Promise<Source>;
};
export type Wanted = { GlobalClusterIdentifier: string; TargetDbClusterIdentifier: string };

/**
 * The global cluster and its two members, as a region shows them now. `from` may be missing while its region is lost: AWS
 * adds an old primary back as a secondary when it is healthy again. Source: DocumentDB Developer Guide, "Performing a
 * managed failover for an Amazon DocumentDB global cluster"; the other guides say the same.
 */
export type GlobalState = { cluster: ShownGlobal; to: ShownMember; from: ShownMember | undefined };

export async function readGlobalState<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  region: string,
  { global, to, from }: Move<M>,
): Promise<GlobalState | { reasons: Reason[] }> {
  const cluster = await service.readGlobal(context.aws, region, global.identifier);
  if (cluster === undefined) {
    return {
      reasons: [
        {
          what: `There is no global database ${global.identifier} in ${region}`,
          mend: `Check the identifier of the plan's component. If it was taken apart, promote the secondary by hand: aws ${service.family} remove-from-global-cluster.`,
        },
      ],
    };
  }
  const target = memberOf(cluster, to);
  if (target === undefined) return { reasons: [noMember(global, to)] };
  return { cluster, to: target, from: memberOf(cluster, from) };
}

export function noMember(global: Global, { identifier, region }: Member): Reason {
  return {
    what: `${identifier} in ${region} is no member of the global database ${global.identifier}`,
    mend: 'Correct the plan. If its region was lost, AWS adds it again when it is healthy: wait, then retry. Else add it as a secondary; its data is copied anew.',
  };
}

function memberOf(global: ShownGlobal, { region, identifier }: Member): ShownMember | undefined {
  return global.GlobalClusterMembers?.find(({ DBClusterArn = '' }) => {
    const named = parseClusterArn(DBClusterArn);
    return named.region === region && named.identifier === identifier;
  });
}

/** Region and identifier of a cluster in its ARN, `arn:aws:rds:<region>:<account>:cluster:<identifier>`. */
function parseClusterArn(arn: string): { region: string; identifier: string } {
  const parts = arn.split(':');
  return { region: parts[3] ?? '', identifier: parts[6] ?? '' };
}

/** The operation that changes roles now, in the words of RDS; undefined when there is none. */
export function operationUnderWay({ FailoverState }: ShownGlobal): string | undefined {
  return FailoverState?.Status;
}

/** Why a cluster can't take over: not there, being changed, without an instance, or what its service has against it. */
export async function reasonsAgainstTarget<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  to: M,
  cluster: ShownCluster | undefined,
): Promise<Reason[]> {
  const { identifier, region } = to;
  if (cluster === undefined) return [noCluster(to)];
  const reasons: Reason[] = [];
  if ((cluster.DBClusterMembers ?? []).length === 0) {
    reasons.push({
      what: `${identifier} has no DB instance: it would take over and nobody could connect`,
      mend: `Make one first, which takes about ten minutes: aws ${service.family} create-db-instance --db-cluster-identifier ${identifier} --region ${region}.`,
    });
  } else {
    reasons.push(...(await service.reasonsAgainst(context, to, cluster)));
  }
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  return reasons;
}

/** Why a primary can't become the secondary that the way back needs. Which one is the writer is looked at besides. */
export function reasonsAgainstSource(from: Member, cluster: ShownCluster | undefined): Reason[] {
  if (cluster === undefined) return [noCluster(from)];
  const reasons: Reason[] = [];
  if ((cluster.DBClusterMembers ?? []).length === 0) {
    reasons.push({
      what: `${from.identifier} has no DB instance, so it could not be the writer again`,
      mend: 'Make one first. If nothing is to go back there, use a failover with the loss that it may have.',
    });
  }
  const meaning = meaningOfClusterStatus(cluster.Status, from.identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  return reasons;
}

function noCluster({ identifier, region }: Member): Reason {
  return {
    what: `There is no cluster ${identifier} in ${region}`,
    mend: "Check the identifier and the region in the plan's component.",
  };
}

/** A cluster that is being changed: AWS moves no writer to it or from it. */
export function beingChanged({ identifier, region }: Member, cluster: ShownCluster | undefined): Reason[] {
  const meaning = meaningOfClusterStatus(cluster?.Status, identifier);
  if (cluster === undefined || meaning.kind !== 'moving') return [];
  return [
    {
      what: `${identifier} in ${region} is ${meaning.status}, and AWS moves no writer to or from a cluster that is being changed`,
      mend: 'Wait until it is available, then retry.',
    },
  ];
}

/** AWS changes roles only between clusters of the same engine version; what is not known is left to AWS. */
export function differentVersions<M extends Member>(
  service: GlobalService<M>,
  { to, from }: Move<M>,
  target: string | undefined,
  source: string | undefined,
): Reason[] {
  if (target === undefined || source === undefined || service.versionsFit(target, source)) return [];
  return [
    {
      what: `${to.identifier} runs the engine version ${target} and ${from.identifier} ${source}; ${service.name} changes roles between equal versions only`,
      mend: `Bring the secondary to the version of the primary, and where the region of the primary is lost, fail over by hand: aws ${service.family} remove-from-global-cluster makes the secondary a cluster of its own.`,
    },
  ];
}

/** What was last known of the secondary's lag. `lossSeconds` is the most that can be missing there. */
export type Lag = { lagMs: number; measuredAt: string; lossSeconds: number };

/** How long before the outage a measurement may be and still be looked for. */
const lookBackMs = 3 * 3_600_000;

/**
 * The newest replication lag that CloudWatch has in the secondary's region, from before the time of the cut: what was
 * committed after that measurement may be lost as well, so its age counts.
 */
export async function measureLag<M extends Member>(
  { lag }: GlobalService<M>,
  context: ActionContext,
  { to, from }: Move<M>,
  cutAt: Date,
): Promise<Lag | undefined> {
  const window = { from: new Date(cutAt.getTime() - lookBackMs), to: context.clock.now() };
  const dimensions: Record<string, string>[] = [
    { DBClusterIdentifier: to.identifier },
    { DBClusterIdentifier: to.identifier, SourceRegion: from.region },
  ];
  for (const name of lag.names) {
    const asked = { namespace: lag.namespace, name, dimensions, statistic: 'Maximum' } as const;
    const point = await newestDataPoint(context.aws, to.region, asked, window);
    // Aurora's primary itself publishes -1.
    if (point === undefined || point.value < 0) continue;
    const unmeasuredMs = Math.max(0, cutAt.getTime() - point.at.getTime());
    return {
      lagMs: Math.round(point.value),
      measuredAt: point.at.toISOString(),
      lossSeconds: Math.ceil((unmeasuredMs + point.value) / 1000),
    };
  }
  return undefined;
}

export function lagEvidence({ identifier }: Member, lag: Lag | undefined): Evidence {
  if (lag === undefined)
    return { what: `How far ${identifier} lies behind is not known: CloudWatch has no data` };
  return {
    what: `${identifier} was ${lag.lagMs} ms behind at ${lag.measuredAt}; at most ${formatDuration(lag.lossSeconds)} of commits can be missing`,
    data: lag,
  };
}

/** Proves that a member writes: it is the writer of the global cluster, its cluster is up, and what its service can show. */
export async function proveWriter<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  to: M,
  member: ShownMember,
): Promise<Proof | NotProven> {
  if (member.IsWriter !== true) return { note: `${to.identifier} is not the primary yet` };
  const cluster = await service.readCluster(context.aws, to.region, to.identifier);
  const meaning = meaningOfClusterStatus(cluster?.Status, to.identifier);
  if (meaning.kind !== 'settled')
    return { note: `${to.identifier} is the primary and still ${meaning.status}` };
  const proof = await service.prove(context, to, cluster);
  return 'note' in proof ? { ...proof, note: `${to.identifier} is the primary, but ${proof.note}` } : proof;
}

/** What a failover reads to see whether writes would stand still after it. */
export function pausePermission({ to }: Move<Member>): Permission {
  return {
    actions: ['rds:DescribeDBClusterParameters'],
    resources: [rdsArn('cluster-pg', to.region, '*')],
    reason: 'Which parameter group a cluster has is known only when it is asked for',
  };
}

/** What both ways of changing roles need besides their own proof. */
export function globalPermissions(
  call: 'rds:SwitchoverGlobalCluster' | 'rds:FailoverGlobalCluster',
  { global, to, from }: Move<Member>,
): Permission[] {
  const globalArn = rdsArn('global-cluster', '', global.identifier);
  const clusters = [to, from].map(({ region, identifier }) => rdsArn('cluster', region, identifier));
  return [
    { actions: [call], resources: [globalArn, ...clusters] },
    { actions: ['rds:DescribeGlobalClusters'], resources: [globalArn] },
    { actions: ['rds:DescribeDBClusters'], resources: clusters },
    metricReadPermission,
  ];
}

export const globalBaselineSchema = z.object({
  targetArn: z.string(),
  sourceArn: z.string(),
  lag: z.object({ lagMs: z.number(), measuredAt: z.string(), lossSeconds: z.number() }).nullable(),
  /** What AWS said when it did not take the request. */
  answer: z.string().optional(),
});
