import {
  DescribeDBClusterParametersCommand,
  FailoverGlobalClusterCommand,
  RDSClient,
  SwitchoverGlobalClusterCommand,
} from '@aws-sdk/client-rds';
import type { ActionContext, Permission } from '../actions/contract.ts';
import { auroraGlobalCluster, type ComponentOf, rdsCluster } from '../plan/components.ts';
import { isUnreachable, request } from './aws-errors.ts';
import {
  type GlobalService,
  globalPermissions,
  type Move,
  type ShownCluster,
  type Source,
} from './global-clusters.ts';
import { pages } from './pages.ts';
import { readCluster, readGlobalCluster } from './rds-cluster-reader.ts';
import { engineReason } from './rds-engine.ts';
import { type ProbedDatabase, type ProbeResult, probeWriter } from './rds-write-probe.ts';
import { secretReadPermission } from './secret-reference.ts';

/** Aurora Global Databases: a member is the writer when a write at its endpoint succeeds. */

type Cluster = ComponentOf<'rds-cluster'>;

export const globalParameters = {
  global: auroraGlobalCluster,
  /** The cluster that is to write from now on, and the one that has done so. */
  to: rdsCluster,
  from: rdsCluster,
};

export const aurora: GlobalService<Cluster> = {
  family: 'rds',
  name: 'Aurora',
  readGlobal: readGlobalCluster,
  readCluster,
  switchover: (aws, region, wanted) =>
    aws.client(RDSClient, region).send(new SwitchoverGlobalClusterCommand(wanted)),
  failover: (aws, region, wanted) =>
    aws.client(RDSClient, region).send(new FailoverGlobalClusterCommand({ ...wanted, AllowDataLoss: true })),
  lag: { namespace: 'AWS/RDS', names: ['AuroraGlobalDBRPOLag', 'AuroraGlobalDBReplicationLag'] },
  versionsFit,
  commitPause: {
    parameter: ({ Engine }) => (Engine === 'aurora-postgresql' ? 'rds.global_db_rpo' : undefined),
    async read({ aws }, region, group, parameter) {
      const parameters = await pages(Marker =>
        request({ call: 'rds.DescribeDBClusterParameters', region }, () =>
          aws.client(RDSClient, region).send(
            new DescribeDBClusterParametersCommand({
              DBClusterParameterGroupName: group,
              Source: 'user',
              Marker,
            }),
          ),
        ).then(reply => ({ items: reply.Parameters, marker: reply.Marker })),
      );
      return parameters.find(({ ParameterName }) => ParameterName === parameter)?.ParameterValue;
    },
  },
  async reasonsAgainst(_context, to, { Engine }) {
    const reason = engineReason(to, Engine);
    return reason ? [reason] : [];
  },
  async prove(context, to, cluster) {
    const probe = await probeCluster(context, to, cluster);
    if (!probe.ok) return { note: probe.why, ...(probe.mend !== undefined && { mend: probe.mend }) };
    const endpoint = cluster?.Endpoint ?? '';
    return { endpoint, port: cluster?.Port ?? to.port, shown: `it accepts writes at ${endpoint}` };
  },
  lookAtSource,
};

/**
 * Patch levels may differ for most versions, minor ones may not. PostgreSQL has no patch level in its version, MySQL
 * has one at its end: `8.0.mysql_aurora.3.08.1`. Source: Aurora User Guide, "Patch level compatibility for managed
 * cross-Region switchovers and failovers".
 */
function versionsFit(one: string, other: string): boolean {
  const withoutPatch = (version: string) => version.replace(/(mysql_aurora\.\d+\.\d+)\.\d+$/, '$1');
  return withoutPatch(one) === withoutPatch(other);
}

async function lookAtSource(context: ActionContext, from: Cluster): Promise<Source> {
  const where = `${from.identifier} in ${from.region}`;
  try {
    const cluster = await readCluster(context.aws, from.region, from.identifier);
    if (cluster === undefined) return { writes: 'no', evidence: { what: `${where} does not exist` } };
    const probe = await probeCluster(context, from, cluster);
    const version = cluster.EngineVersion;
    return probe.ok
      ? { writes: 'surely', version, evidence: { what: `${where} is ${cluster.Status} and accepts writes` } }
      : { writes: 'no', version, evidence: { what: `${where} is ${cluster.Status}, but ${probe.why}` } };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return {
      writes: 'no',
      evidence: { what: `${where} does not answer. That does not prove that it writes no more` },
    };
  }
}

/** Asks the writer behind a cluster's endpoint by a write. */
export function probeCluster(
  context: ActionContext,
  component: ProbedDatabase & { port: number },
  cluster: ShownCluster | undefined,
): Promise<ProbeResult> {
  const host = cluster?.Endpoint;
  if (host === undefined) return Promise.resolve({ ok: false, told: true, why: 'it has no endpoint' });
  return probeWriter(context, component, { host, port: cluster?.Port ?? component.port });
}

/** What both ways of changing roles need: both databases are asked by a write. */
export function auroraPermissions(
  call: Parameters<typeof globalPermissions>[0],
  all: Move<Cluster>,
): Permission[] {
  const asked = [all.to, all.from].map(({ credentials, region }) =>
    secretReadPermission(credentials, region),
  );
  return [...globalPermissions(call, all), ...asked];
}
