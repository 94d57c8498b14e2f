import { type DBCluster, FailoverDBClusterCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import type { ActionContext, Observation, Preparation, Reason } from '../actions/contract.ts';
import type { JsonObject } from '../json.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNamed, request } from './aws-errors.ts';
import { lastClusterFailover, readCluster, readMembers, writerOf } from './rds-cluster-reader.ts';
import { meaningOfClusterStatus, serves } from './rds-cluster-status.ts';
import { waitUnlessLasting } from './rds-connection.ts';
import { engineReason } from './rds-engine.ts';
import { type ProbeResult, probeWriter } from './rds-write-probe.ts';

/** The way in which `rds.failover` works on a DB cluster, Aurora or Multi-AZ; the action decides which way it is. */

type Database = ComponentOf<'rds-instance'> | ComponentOf<'rds-cluster'>;

export const clusterBaselineSchema = z.object({
  topology: z.literal('cluster'),
  method: z.enum(['automatic', 'forced']),
  writerBefore: z.string(),
  zoneBefore: z.string(),
  preparedAt: z.string(),
});
type Baseline = z.infer<typeof clusterBaselineSchema>;

/** How long after a completed failover a silent writer is watched and not failed over again. */
const settlingMs = 5 * 60_000;
/** A forced failover that has not begun by then was not accepted; Aurora takes less than a minute as a rule. */
const patienceSeconds = 600;

export async function prepareClusterFailover(
  context: ActionContext,
  database: Database,
  cluster: DBCluster,
): Promise<Preparation> {
  const reasons = reasonsAgainst(database, cluster);
  const writer = writerOf(cluster)?.DBInstanceIdentifier;
  if (writer === undefined || reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
  const now = context.clock.now();
  const [zones, finished] = await Promise.all([zonesOf(context, database), lastFailover(context, database)]);
  const zone = zones.get(writer) ?? 'unknown';
  const facts = describe(cluster, zone);
  const underWay = cluster.Status === 'failing-over';
  const probe = underWay ? undefined : await probeCluster(context, database, cluster);
  const baseline = (method: Baseline['method']): Baseline => ({
    topology: 'cluster',
    method,
    writerBefore: writer,
    zoneBefore: zone,
    preparedAt: now.toISOString(),
  });
  if (probe?.ok && finished !== undefined) {
    const what = `RDS failed ${database.identifier} over to ${writer} by itself at ${finished.toISOString()}; the cluster accepts writes`;
    const outputs = { method: 'already-done', zoneBefore: 'unknown', zoneAfter: zone };
    return {
      status: 'already-done',
      baseline: baseline('automatic'),
      outputs,
      evidence: [{ what, data: facts }],
    };
  }
  const settling = finished !== undefined && now.getTime() - finished.getTime() < settlingMs;
  const automatic = underWay || settling;
  if (probe && !automatic && context.run.mode === 'recover') {
    if (probe.ok) return { status: 'refused', reasons: [wellAlready(database)], evidence: [] };
    if (!probe.told) return { status: 'refused', reasons: [notTold(database, probe.why)], evidence: [] };
  }
  const what = automatic
    ? `RDS is failing ${database.identifier} over by itself, or has just done so; nothing has to be forced`
    : `The writer of ${database.identifier} is ${writer} in ${zone}; ${readers(cluster).length} members can take over`;
  return {
    status: 'ready',
    baseline: baseline(automatic ? 'automatic' : 'forced'),
    evidence: [{ what, data: facts }],
  };
}

export async function forceClusterFailover(
  context: ActionContext,
  database: Database,
  baseline: JsonObject,
): Promise<void> {
  const { method, writerBefore } = clusterBaselineSchema.parse(baseline);
  const { region, identifier } = database;
  if (method === 'automatic') return;
  const cluster = await readCluster(context.aws, region, identifier);
  const writer = cluster && writerOf(cluster)?.DBInstanceIdentifier;
  if (cluster?.Status === 'failing-over' || (writer !== undefined && writer !== writerBefore)) return;
  await context.changed({
    call: 'rds.FailoverDBCluster',
    region,
    resource: identifier,
    what: `Failover of the cluster forced, away from ${writerBefore}`,
  });
  try {
    // No target is named: RDS takes the reader of the lowest promotion tier, and knows better which of them are well.
    await request({ call: 'rds.FailoverDBCluster', region }, () =>
      context.aws
        .client(RDSClient, region)
        .send(new FailoverDBClusterCommand({ DBClusterIdentifier: identifier })),
    );
  } catch (error) {
    // A failover is under way: RDS's own one, or ours whose reply was lost. Observe sees which writer comes out of it.
    if (!isNamed(error, 'InvalidDBClusterStateFault', 'InvalidDBInstanceStateFault')) throw error;
  }
}

export async function observeClusterFailover(
  context: ActionContext,
  database: Database,
  baseline: JsonObject,
): Promise<Observation> {
  const before = clusterBaselineSchema.parse(baseline);
  const { region, identifier } = database;
  const cluster = await readCluster(context.aws, region, identifier);
  if (cluster === undefined) return failed(gone(database));
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') return failed(meaning.reason);
  if (meaning.kind === 'moving') return { status: 'pending', note: `${identifier} is ${meaning.status}` };
  const writer = writerOf(cluster)?.DBInstanceIdentifier;
  const finished = await lastFailover(context, database);
  // When RDS had begun before prepare looked, the writer that it saw may be the new one; then the event tells.
  const moved = writer !== before.writerBefore || (before.method === 'automatic' && finished !== undefined);
  if (writer === undefined || !moved) {
    if (context.elapsedSeconds > patienceSeconds) return failed(notMoved(database, before.writerBefore));
    return { status: 'pending', note: `The writer of ${identifier} is still ${before.writerBefore}` };
  }
  const members = await readMembers(context.aws, region, identifier);
  const instance = members.find(member => member.DBInstanceIdentifier === writer);
  if (!serves(instance?.DBInstanceStatus)) {
    return {
      status: 'pending',
      note: `The new writer ${writer} is ${instance?.DBInstanceStatus ?? 'not visible'}`,
    };
  }
  const probe = await probeCluster(context, database, cluster);
  if (!probe.ok) return waitUnlessLasting(`${writer} is the writer now`, probe);
  const zoneAfter = instance?.AvailabilityZone ?? 'unknown';
  const outputs = { method: before.method, zoneBefore: before.zoneBefore, zoneAfter };
  const data = { ...outputs, writerBefore: before.writerBefore, writerAfter: writer };
  const what = `The writer of ${identifier} moved from ${before.writerBefore} (${before.zoneBefore}) to ${writer} (${zoneAfter}), ${before.method}; the cluster accepts writes`;
  return { status: 'done', outputs, evidence: [{ what, data }] };
}

/** Everything that makes a failover impossible, all at once. */
function reasonsAgainst(database: Database, cluster: DBCluster): Reason[] {
  const { identifier, region } = database;
  const reasons: Reason[] = [];
  const engine = engineReason(database, cluster.Engine);
  if (engine) reasons.push(engine);
  if (writerOf(cluster) === undefined) {
    reasons.push(
      cluster.GlobalClusterIdentifier
        ? {
            what: `${identifier} is a secondary of the global database ${cluster.GlobalClusterIdentifier}, so it has no writer to move`,
            mend: 'Use rds.switchover-global-cluster or, if the primary region is lost, rds.failover-global-cluster.',
          }
        : {
            what: `The cluster ${identifier} has no DB instance that writes`,
            mend: `Add one with aws rds create-db-instance --db-cluster-identifier ${identifier} --region ${region}, then retry.`,
          },
    );
  } else if (readers(cluster).length === 0) {
    reasons.push({
      what: `The cluster ${identifier} has a single DB instance, so there is nothing to fail over to`,
      mend: `Add a reader in another zone with aws rds create-db-instance --db-cluster-identifier ${identifier} --region ${region}, then retry.`,
    });
  }
  const meaning = meaningOfClusterStatus(cluster.Status, identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  return reasons;
}

function readers(cluster: DBCluster) {
  return (cluster.DBClusterMembers ?? []).filter(member => member.IsClusterWriter !== true);
}

async function zonesOf(context: ActionContext, { region, identifier }: Database) {
  const members = await readMembers(context.aws, region, identifier);
  return new Map(members.map(member => [member.DBInstanceIdentifier ?? '', member.AvailabilityZone]));
}

function lastFailover(context: ActionContext, { region, identifier }: Database): Promise<Date | undefined> {
  return lastClusterFailover(context.aws, region, identifier, {
    from: new Date(Date.parse(context.run.outageStartedAt)),
    to: context.clock.now(),
  });
}

function probeCluster(context: ActionContext, database: Database, cluster: DBCluster): Promise<ProbeResult> {
  return probeWriter(context, database, { host: cluster.Endpoint, port: cluster.Port ?? database.port });
}

function describe(cluster: DBCluster, zone: string): JsonObject {
  return {
    status: cluster.Status ?? 'unknown',
    engine: cluster.Engine ?? 'unknown',
    writer: writerOf(cluster)?.DBInstanceIdentifier ?? 'none',
    zone,
    readers: readers(cluster).map(member => member.DBInstanceIdentifier ?? 'unknown'),
  };
}

function wellAlready({ identifier }: Database): Reason {
  return {
    what: `The cluster ${identifier} accepts writes, and RDS reports no failover; there is nothing to recover`,
    mend: 'Look at the application and its network. To move the writer all the same, start the scenario in the mode planned.',
  };
}

function notTold({ identifier }: Database, why: string): Reason {
  return {
    what: `RDS reports no failover of ${identifier}; whether it accepts writes can't be told, because ${why}`,
    mend: 'Mend the credentials or the writeProbe of the component and start again. To move the writer all the same, start the scenario in the mode planned.',
  };
}

function notMoved({ identifier, region }: Database, writer: string): Reason {
  return {
    what: `The writer of ${identifier} is still ${writer} ${patienceSeconds} s after the failover was asked for`,
    mend: `Look at the cluster's events in ${region} (RDS-EVENT-0069 says that a failover failed) and at the readers' status, then retry.`,
  };
}

function gone({ identifier, region }: Database): Reason {
  return {
    what: `The cluster ${identifier} is gone from ${region}`,
    mend: 'Somebody deleted or renamed it. Restore it with rds.restore-cluster, or correct the plan.',
  };
}

function failed(reason: Reason): Observation {
  return { status: 'failed', reasons: [reason], evidence: [] };
}
