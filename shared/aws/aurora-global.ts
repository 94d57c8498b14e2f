import type { DBCluster, GlobalCluster, GlobalClusterMember } from '@aws-sdk/client-rds';
import * as z from 'zod';
import type { ActionContext, Evidence, Permission, Reason } from '../actions/contract.ts';
import { auroraGlobalCluster, type ComponentOf, rdsCluster } from '../plan/components.ts';
import { formatDuration } from '../plan/duration.ts';
import { metricReadPermission, newestDataPoint } from './newest-data-point.ts';
import { rdsArn } from './rds-arns.ts';
import { parseClusterArn, readCluster, readGlobalCluster } from './rds-cluster-reader.ts';
import { meaningOfClusterStatus } from './rds-cluster-status.ts';
import { engineReason } from './rds-engine.ts';
import { type ProbedDatabase, type ProbeResult, probeWriter } from './rds-write-probe.ts';
import { secretReadPermission } from './secret-reference.ts';

/** What the actions on Aurora Global Databases have in common: who writes, how far the other one lies behind. */

type Global = ComponentOf<'aurora-global-cluster'>;
type Cluster = ComponentOf<'rds-cluster'>;

export const globalParameters = {
  global: auroraGlobalCluster,
  /** The cluster that is to write from now on, and the one that has done so. */
  to: rdsCluster,
  from: rdsCluster,
};

/** The global database and its two members, as a region shows them now. */
export type GlobalState = { cluster: GlobalCluster; to: GlobalClusterMember; from: GlobalClusterMember };

export async function readGlobalState(
  context: ActionContext,
  region: string,
  { global, to, from }: { global: Global; to: Cluster; from: Cluster },
): Promise<GlobalState | { reasons: Reason[] }> {
  const cluster = await readGlobalCluster(context.aws, region, global.identifier);
  if (cluster === undefined) {
    return {
      reasons: [
        {
          what: `There is no global database ${global.identifier} in ${region}`,
          mend: "Check the identifier of the plan's component. If it was taken apart, promote the secondary by hand: aws rds remove-from-global-cluster.",
        },
      ],
    };
  }
  const target = memberOf(cluster, to);
  const source = memberOf(cluster, from);
  const missing = [target ? [] : [to], source ? [] : [from]].flat();
  if (target === undefined || source === undefined) {
    return {
      reasons: missing.map(({ identifier, region: where }) => ({
        what: `${identifier} in ${where} is no member of the global database ${global.identifier}`,
        mend: 'Correct the plan, or add the cluster as a secondary again; its data is copied anew.',
      })),
    };
  }
  return { cluster, to: target, from: source };
}

function memberOf(global: GlobalCluster, { region, identifier }: Cluster): GlobalClusterMember | undefined {
  return global.GlobalClusterMembers?.find(({ DBClusterArn = '' }) => {
    const named = parseClusterArn(DBClusterArn);
    return named.region === region && named.identifier === identifier;
  });
}

/** The operation that changes roles now, in the words of RDS; undefined when there is none. */
export function operationUnderWay({ FailoverState }: GlobalCluster): string | undefined {
  return FailoverState?.Status;
}

/** Why a cluster can't take over: stopped, without an instance, of an engine that the probe does not speak. */
export function reasonsAgainstTarget(component: Cluster, cluster: DBCluster | undefined): Reason[] {
  const { identifier, region } = component;
  if (cluster === undefined) {
    return [
      {
        what: `There is no cluster ${identifier} in ${region}`,
        mend: "Check the identifier and the region in the plan's component.",
      },
    ];
  }
  const reasons: Reason[] = [];
  if ((cluster.DBClusterMembers ?? []).length === 0) {
    reasons.push({
      what: `${identifier} has no DB instance: it would take over and nobody could connect`,
      mend: `Make one first, which takes about ten minutes: aws rds create-db-instance --db-cluster-identifier ${identifier} --region ${region}.`,
    });
  }
  const engine = engineReason(component, cluster.Engine);
  if (engine) reasons.push(engine);
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  return reasons;
}

/** What was last known of the secondary's lag. `lossSeconds` is the most that can be missing there. */
export type Lag = { lagMs: number; measuredAt: string; lossSeconds: number };

/** How long before the outage a measurement may be and still be looked for. */
const lookBackMs = 3 * 3_600_000;

/**
 * The newest replication lag that CloudWatch has in the secondary's region, from before the time of the cut: what was
 * committed after that measurement may be lost as well, so its age counts.
 */
export async function measureLag(
  context: ActionContext,
  to: Cluster,
  from: Cluster,
  cutAt: Date,
): Promise<Lag | undefined> {
  const window = { from: new Date(cutAt.getTime() - lookBackMs), to: context.clock.now() };
  const dimensions: Record<string, string>[] = [
    { DBClusterIdentifier: to.identifier },
    { DBClusterIdentifier: to.identifier, SourceRegion: from.region },
  ];
  for (const name of ['AuroraGlobalDBRPOLag', 'AuroraGlobalDBReplicationLag']) {
    const asked = { namespace: 'AWS/RDS', name, dimensions, statistic: 'Maximum' } as const;
    const point = await newestDataPoint(context.aws, to.region, asked, window);
    // The primary itself publishes -1.
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

export function lagEvidence({ identifier }: Cluster, lag: Lag | undefined): Evidence {
  if (lag === undefined)
    return { what: `How far ${identifier} lies behind is not known: CloudWatch has no data` };
  return {
    what: `${identifier} was ${lag.lagMs} ms behind at ${lag.measuredAt}; at most ${formatDuration(lag.lossSeconds)} of commits can be missing`,
    data: lag,
  };
}

/** Proves that a member writes: it is the writer of the global database, its cluster is up, and a write succeeds. */
export async function proveWriter(
  context: ActionContext,
  to: Cluster,
  member: GlobalClusterMember,
): Promise<{ endpoint: string; port: number } | { note: string }> {
  if (member.IsWriter !== true) return { note: `${to.identifier} is not the primary yet` };
  const cluster = await readCluster(context.aws, to.region, to.identifier);
  const meaning = meaningOfClusterStatus(cluster?.Status, to.identifier);
  if (meaning.kind !== 'settled')
    return { note: `${to.identifier} is the primary and still ${meaning.status}` };
  const probe = await probeCluster(context, to, cluster);
  if (!probe.ok) return { note: `${to.identifier} is the primary, but ${probe.why}` };
  return { endpoint: cluster?.Endpoint ?? '', port: cluster?.Port ?? to.port };
}

export function probeCluster(
  context: ActionContext,
  component: ProbedDatabase & { port: number },
  cluster: DBCluster | undefined,
): Promise<ProbeResult> {
  const host = cluster?.Endpoint;
  if (host === undefined) return Promise.resolve({ ok: false, told: true, why: 'it has no endpoint' });
  return probeWriter(context, component, { host, port: cluster?.Port ?? component.port });
}

/** What both ways of changing roles need besides their own call. */
export function globalPermissions(
  call: string,
  { global, to, from }: { global: Global; to: Cluster; from: Cluster },
) {
  const globalArn = rdsArn('global-cluster', '', global.identifier);
  const clusters = [to, from].map(({ region, identifier }) => rdsArn('cluster', region, identifier));
  const permissions: Permission[] = [
    { actions: [call], resources: [globalArn, ...clusters] },
    { actions: ['rds:DescribeGlobalClusters'], resources: [globalArn] },
    { actions: ['rds:DescribeDBClusters'], resources: clusters },
    metricReadPermission,
    secretReadPermission(to.credentials, to.region),
    secretReadPermission(from.credentials, from.region),
  ];
  return permissions;
}

export const globalBaselineSchema = z.object({
  targetArn: z.string(),
  sourceArn: z.string(),
  lag: z.object({ lagMs: z.number(), measuredAt: z.string(), lossSeconds: z.number() }).nullable(),
});
