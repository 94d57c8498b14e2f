import type { FailoverState, GlobalCluster } from '@aws-sdk/client-rds';
import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import type { DatabaseServer } from '../../world/dependencies.ts';
import { seenState } from '../../world/history.ts';
import { addMetric } from '../../world/metrics.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { engineOf, type GlobalComponent, isCluster } from './cluster-components.ts';
import { clusterArn, clusterState } from './clusters.ts';
import { emitClusterEvent } from './events.ts';
import { nextInLine } from './promotion.ts';
import { accountId, keyOf } from './state.ts';

/**
 * Global clusters of Aurora, DocumentDB and Neptune: which member writes, how far the other lies behind, and how the
 * roles change.
 */

type Member = { region: string; identifier: string };
type Global = {
  identifier: string;
  engine: string;
  members: Member[];
  writer: Member;
  state: FailoverState | undefined;
  status: string;
  /** How far the secondary lies behind while both regions are up. */
  lagMs: number;
  /** When nothing more arrived at the secondary. */
  frozenAtMs: number | undefined;
  /** Whose data the writer holds. A switchover leaves it as it is; a failover goes on with a copy. */
  server: DatabaseServer;
};

/**
 * Aurora User Guide, "Using Amazon Aurora Global Database", and the guides of the others: typically under a second.
 */
const lagSeconds = { minSeconds: 0.2, likelySeconds: 0.6, maxSeconds: 1.5 };

/** What differs by engine: the metric of the lag, and how long the roles take to change. */
const kinds = {
  aurora: {
    namespace: 'AWS/RDS',
    metric: 'AuroraGlobalDBRPOLag',
    switchover: rdsDurations.globalSwitchover,
    failover: rdsDurations.globalFailover,
  },
  docdb: {
    namespace: 'AWS/DocDB',
    metric: 'GlobalClusterReplicationLag',
    switchover: rdsDurations.docdbGlobalSwitchover,
    failover: rdsDurations.docdbGlobalFailover,
  },
  neptune: {
    namespace: 'AWS/Neptune',
    metric: 'GlobalDbProgressLag',
    switchover: rdsDurations.neptuneGlobalSwitchover,
    failover: rdsDurations.neptuneGlobalFailover,
  },
};
const kindOf = ({ engine }: { engine: string }) =>
  engine === 'docdb' || engine === 'neptune' ? kinds[engine] : kinds.aurora;

export function globalsOf(world: World): Global[] {
  return world.state<Global[]>('rds-global-clusters', () => []);
}

export function addGlobal(world: World, plan: Plan, component: GlobalComponent): void {
  const [first, second] = [plan.components[component.primary], plan.components[component.secondary]];
  if (!isCluster(first) || !isCluster(second)) return;
  const primary = { region: first.region, identifier: first.identifier };
  const secondary = { region: second.region, identifier: second.identifier };
  const lagMs = Math.round(1000 * world.duration(lagSeconds, `aurora-lag/${component.identifier}`));
  const global: Global = {
    identifier: component.identifier,
    engine: engineOf(first),
    members: [primary, secondary],
    writer: primary,
    state: undefined,
    status: 'available',
    lagMs,
    frozenAtMs: undefined,
    server: { id: `global/${component.identifier}` },
  };
  globalsOf(world).push(global);
  for (const reader of global.members) addLagMetric(world, global, reader);
}

/** The metric exists where a secondary is, and has no more points once nothing arrives there. */
function addLagMetric(world: World, global: Global, reader: Member): void {
  addMetric(world, {
    region: reader.region,
    namespace: kindOf(global).namespace,
    name: kindOf(global).metric,
    dimensions: dimensionsOf(global, reader),
    valueAt: atMs => {
      if (same(reader, global.writer)) return undefined;
      if (global.frozenAtMs !== undefined && atMs > global.frozenAtMs) return undefined;
      return global.lagMs;
    },
  });
}

/** DocumentDB and Neptune say which region it comes from, Aurora need not. */
function dimensionsOf({ engine, members }: Global, reader: Member): Record<string, string> {
  const source = members.find(one => !same(one, reader));
  return {
    DBClusterIdentifier: reader.identifier,
    ...(!engine.startsWith('aurora') && source && { SourceRegion: source.region }),
  };
}

/** Nothing more arrives from members in this region. */
export function freezeGlobals(world: World, region: string): void {
  for (const global of globalsOf(world)) {
    if (global.writer.region === region) global.frozenAtMs ??= world.nowMs();
  }
}

/** A region that answers again: Aurora takes the old primary back as a secondary, which follows the new one. */
export function returnGlobals(world: World, region: string): void {
  for (const global of globalsOf(world)) {
    if (global.writer.region !== region) global.frozenAtMs = undefined;
  }
}

/** Whose data a member holds: the writer its own, the other what the writer had a moment ago. */
export function globalServer(world: World, region: string, identifier: string): DatabaseServer | undefined {
  const member = { region, identifier };
  const global = globalsOf(world).find(({ members }) => members.some(one => same(one, member)));
  if (!global) return undefined;
  clusterState(world).servers.set(global.server.id, global.server);
  if (same(member, global.writer)) return global.server;
  return {
    id: `${global.server.id}/in/${region}`,
    copyOf: { id: global.server.id, untilMs: reachedMs(world, global) },
  };
}

/** Whether a cluster only reads what another one of its global database writes. */
export function isSecondary(world: World, region: string, identifier: string): boolean {
  const member = { region, identifier };
  return globalsOf(world).some(
    ({ members, writer }) => members.some(one => same(one, member)) && !same(writer, member),
  );
}

/** The last moment whose data has arrived at the secondary. */
function reachedMs(world: World, { frozenAtMs, lagMs }: Global): number {
  return (frozenAtMs ?? world.nowMs()) - lagMs;
}

export function describeGlobalClusters(world: World, call: Call): unknown {
  const wanted = call.input.GlobalClusterIdentifier;
  const { globals } = seenState(world, 'rds', { globals: globalsOf(world) });
  const found = globals.filter(({ identifier, members }) => {
    const here = members.some(({ region }) => region === call.region);
    return here && (typeof wanted !== 'string' || wanted === identifier);
  });
  if (typeof wanted === 'string' && found.length === 0) throw globalNotFound(wanted);
  return { GlobalClusters: found.map(global => shown(global)) };
}

function shown(global: Global): GlobalCluster {
  return {
    GlobalClusterIdentifier: global.identifier,
    GlobalClusterArn: `arn:aws:rds::${accountId}:global-cluster:${global.identifier}`,
    Status: global.status,
    Engine: global.engine,
    FailoverState: global.state && { ...global.state },
    GlobalClusterMembers: global.members.map(member => ({
      DBClusterArn: clusterArn(member.region, member.identifier),
      IsWriter: same(member, global.writer),
      Readers: same(member, global.writer)
        ? global.members.filter(one => !same(one, member)).map(one => clusterArn(one.region, one.identifier))
        : [],
      ...(global.engine !== 'neptune' && {
        SynchronizationStatus: global.frozenAtMs === undefined ? 'connected' : 'pending-resync',
      }),
    })),
  };
}

/** SwitchoverGlobalCluster: both sides work together, and nothing is lost. */
export function switchoverGlobal(world: World, call: Call): unknown {
  const { global, target } = find(world, call);
  if (call.region !== global.writer.region) {
    throw new SimulatedAwsError(
      'InvalidGlobalClusterStateFault',
      'A switchover has to be asked for in the Region of the primary DB cluster.',
    );
  }
  if (global.frozenAtMs !== undefined) {
    throw new SimulatedAwsError('InvalidGlobalClusterStateFault', 'The secondary cluster is not connected.');
  }
  begin(world, global, target, 'switchover');
  return { GlobalCluster: shown(global) };
}

/** FailoverGlobalCluster with AllowDataLoss; without it, it is a switchover. */
export function failoverGlobal(world: World, call: Call): unknown {
  if (call.input.AllowDataLoss !== true) return switchoverGlobal(world, call);
  const { global, target } = find(world, call);
  begin(world, global, target, 'failover');
  return { GlobalCluster: shown(global) };
}

function find(world: World, call: Call): { global: Global; target: Member } {
  const id = String(call.input.GlobalClusterIdentifier);
  const global = globalsOf(world).find(one => one.identifier === id);
  if (!global) throw globalNotFound(id);
  const wanted = String(call.input.TargetDbClusterIdentifier);
  const target = global.members.find(member => clusterArn(member.region, member.identifier) === wanted);
  if (!target) throw new SimulatedAwsError('DBClusterNotFoundFault', `DBCluster ${wanted} not found.`, 404);
  if (global.state || same(target, global.writer)) {
    throw new SimulatedAwsError(
      'InvalidGlobalClusterStateFault',
      `Global cluster ${id} is not in a valid state.`,
    );
  }
  return { global, target };
}

function begin(world: World, global: Global, target: Member, kind: 'switchover' | 'failover'): void {
  const old = global.writer;
  const id = global.identifier;
  const untilMs = reachedMs(world, global);
  global.state = {
    Status: kind === 'failover' ? 'failing-over' : 'switching-over',
    FromDbClusterArn: clusterArn(old.region, old.identifier),
    ToDbClusterArn: clusterArn(target.region, target.identifier),
    IsDataLossAllowed: kind === 'failover',
  } as FailoverState;
  global.status = kind === 'failover' ? 'failing-over' : 'switching-over';
  // Nobody writes while the roles change; the old writer is fenced before the new one takes over.
  setWriter(world, old, false);
  setStatus(world, global, target, 'modifying');
  world.changed(`rds/${id}`, `The ${kind} of ${id} to ${target.identifier} begins`, 'lifeboat');
  world.after(
    world.duration(kindOf(global)[kind], `rds-global/${id}/${kind}`),
    `rds/${id}`,
    `${target.identifier} is the primary of ${id}`,
    () => {
      setStatus(world, global, target, 'available');
      setWriter(world, target, true);
      if (kind === 'failover') {
        const { id: source } = global.server;
        const server = { id: `${source}/of/${target.region}`, copyOf: { id: source, untilMs } };
        clusterState(world).servers.set(server.id, server);
        global.server = server;
      }
      global.writer = target;
      global.state = undefined;
      global.status = 'available';
      // The old primary comes back as a secondary once its region is there again.
      if (!world.isLost(old.region)) global.frozenAtMs = undefined;
      const event = kind === 'failover' ? 'RDS-EVENT-0238' : 'RDS-EVENT-0185';
      emitClusterEvent(world, target.region, target.identifier, event, target.identifier);
    },
  );
}

/** DocumentDB and Neptune show at the cluster itself that it is being promoted. */
function setStatus(world: World, { engine }: Global, { region, identifier }: Member, status: string): void {
  const cluster = clusterState(world).clusters.get(keyOf(region, identifier));
  if (cluster && !engine.startsWith('aurora')) cluster.shown.Status = status;
}

function setWriter(world: World, { region, identifier }: Member, writes: boolean): void {
  const cluster = clusterState(world).clusters.get(keyOf(region, identifier));
  if (!cluster) return;
  const chosen = writes ? nextInLine(world, cluster) : undefined;
  for (const member of cluster.shown.DBClusterMembers) {
    member.IsClusterWriter = chosen !== undefined && member.DBInstanceIdentifier === chosen;
  }
}

function same(one: Member, other: Member): boolean {
  return one.region === other.region && one.identifier === other.identifier;
}

function globalNotFound(id: string): SimulatedAwsError {
  return new SimulatedAwsError('GlobalClusterNotFoundFault', `Global cluster ${id} not found.`, 404);
}
