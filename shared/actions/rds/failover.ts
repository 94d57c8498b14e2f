import type { DBInstance } from '@aws-sdk/client-rds';
import { RDSClient, RebootDBInstanceCommand } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import {
  clusterBaselineSchema,
  forceClusterFailover,
  observeClusterFailover,
  prepareClusterFailover,
} from '../../aws/rds-cluster-failover.ts';
import { readCluster } from '../../aws/rds-cluster-reader.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { failoverUnderWay, lastEvent, type RdsEvent } from '../../aws/rds-events.ts';
import { notThere, reasonsAgainst, sameZone, skipped } from '../../aws/rds-failover-reasons.ts';
import { readEvents, readInstance } from '../../aws/rds-reader.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { probeWriter } from '../../aws/rds-write-probe.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import type { JsonObject } from '../../json.ts';
import { type ComponentOf, rdsCluster, rdsInstance } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';

type Database = ComponentOf<'rds-instance'> | ComponentOf<'rds-cluster'>;

const baselineSchema = z.object({
  method: z.enum(['automatic', 'forced']),
  zoneBefore: z.string(),
  preparedAt: z.string(),
});

/** How long after a completed failover a silent writer is watched and not failed over again. */
const settlingMs = 5 * 60_000;

/**
 * Moves the writer of a Multi-AZ DB instance or of a DB cluster, or finds that RDS did so by itself. Which of the two
 * it is, what RDS says decides and not the plan: the command for one of them does not work on the other. Done means,
 * for an instance, four things together: the completion event after the start of the outage, another zone, the status
 * available, and a successful write. For a cluster: another member is the writer, it serves, and a write succeeds.
 */
export const action = defineAction({
  kind: 'rds.failover',
  summary: 'Fails a Multi-AZ database or a DB cluster over, unless RDS does so by itself',
  parameters: z.object({ database: z.discriminatedUnion('type', [rdsInstance, rdsCluster]) }),
  components: { database: ['rds-instance', 'rds-cluster'] },
  outputs: {
    method: 'automatic, forced or already-done',
    zoneBefore: 'zone of the writer before',
    zoneAfter: 'zone of the writer now',
  },
  // A forced failover interrupts production for a minute or two, so a drill goes no further than the checks.
  drill: 'prepare-only',
  mutates: true,
  asks: 'database',
  typical: rdsDurations.multiAzFailover,
  failureModes: [
    'The instance is not Multi-AZ, or the cluster has one instance only, so there is no standby',
    'RDS-EVENT-0034: abandoned, because a failover just happened',
    'RDS brings the database back in the same zone (RDS-EVENT-0051)',
    'Clients keep the old address: DNS caching beyond the 5 s of the endpoint, or connections without a time-out',
  ],
  contradictions: ({ database }) =>
    database.type === 'rds-instance' && !database.multiAz
      ? [
          {
            what: `${database.id} is not Multi-AZ, so it has no standby to fail over to`,
            mend: 'Restore it from a backup with rds.restore, promote a replica with rds.promote-replica, or make it Multi-AZ.',
          },
        ]
      : [],
  permissions: ({ database: { region, identifier, credentials } }) => [
    {
      actions: ['rds:DescribeDBInstances', 'rds:RebootDBInstance'],
      resources: [rdsArn('db', region, identifier)],
    },
    {
      actions: ['rds:DescribeDBClusters', 'rds:FailoverDBCluster'],
      resources: [rdsArn('cluster', region, identifier)],
    },
    {
      actions: ['rds:DescribeDBInstances'],
      resources: [rdsArn('db', region, '*')],
      reason: 'Which instances are members of a cluster is known only when it is asked for',
    },
    {
      actions: ['rds:DescribeEvents'],
      resources: ['*'],
      reason: 'The action has no resource-level permission for DB instances and clusters',
    },
    secretReadPermission(credentials, region),
  ],

  async prepare(context, { database }) {
    const instance = await readInstance(context.aws, database.region, database.identifier);
    if (instance === undefined) {
      const cluster = await readCluster(context.aws, database.region, database.identifier);
      if (cluster) return prepareClusterFailover(context, database, cluster);
    }
    const reasons = reasonsAgainst(database, instance);
    if (instance === undefined || reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const now = context.clock.now();
    const events = await eventsSinceOutage(context, database);
    const zone = instance.AvailabilityZone ?? 'unknown';
    const facts = describe(instance, events);
    const finished = lastEvent(events, 'RDS-EVENT-0049', outageMs(context));
    if (finished !== undefined && failoverUnderWay(events, now) === undefined && isAvailable(instance)) {
      const probe = await probeInstance(context, database, instance);
      if (probe.ok) {
        // The standby now stands where the writer was.
        const zoneBefore = instance.SecondaryAvailabilityZone ?? 'unknown';
        return {
          status: 'already-done',
          baseline: { method: 'automatic', zoneBefore, preparedAt: now.toISOString() },
          outputs: { method: 'already-done', zoneBefore, zoneAfter: zone },
          evidence: [
            {
              what: `RDS failed ${database.identifier} over by itself at ${finished.at.toISOString()}; it is available in ${zone} and accepts writes`,
              data: facts,
            },
          ],
        };
      }
    }
    // Just after a failover the new writer may not answer yet; a second failover would only take it away again.
    const settling = finished !== undefined && now.getTime() - finished.at.getTime() < settlingMs;
    const automatic = settling || failoverUnderWay(events, now) !== undefined;
    if (!automatic && context.run.mode === 'recover' && isAvailable(instance)) {
      const probe = await probeInstance(context, database, instance);
      if (probe.ok) return { status: 'refused', reasons: [wellAlready(database)], evidence: [] };
      if (!probe.told) return { status: 'refused', reasons: [notTold(database, probe.why)], evidence: [] };
    }
    return {
      status: 'ready',
      baseline: {
        method: automatic ? 'automatic' : 'forced',
        zoneBefore: settling ? (instance.SecondaryAvailabilityZone ?? 'unknown') : zone,
        preparedAt: now.toISOString(),
      },
      evidence: [
        {
          what: automatic
            ? `RDS is failing ${database.identifier} over by itself, or has just done so; nothing has to be forced`
            : `The writer of ${database.identifier} is in ${zone}, its standby in ${instance.SecondaryAvailabilityZone ?? 'an unknown zone'}`,
          data: facts,
        },
      ],
    };
  },

  async act(context, { database }, baseline) {
    if (isOfCluster(baseline)) return forceClusterFailover(context, database, baseline);
    const { method, zoneBefore } = baselineSchema.parse(baseline);
    const { region, identifier } = database;
    if (method === 'automatic') return;
    const [instance, events] = await Promise.all([
      readInstance(context.aws, region, identifier),
      eventsSinceOutage(context, database),
    ]);
    if (failoverUnderWay(events, context.clock.now()) !== undefined) return;
    const moved = instance?.AvailabilityZone !== undefined && instance.AvailabilityZone !== zoneBefore;
    if (moved && lastEvent(events, 'RDS-EVENT-0049', outageMs(context)) !== undefined) return;
    await context.changed({
      call: 'rds.RebootDBInstance',
      region,
      resource: identifier,
      what: `Failover forced, away from ${zoneBefore}`,
    });
    try {
      await request({ call: 'rds.RebootDBInstance', region }, () =>
        context.aws
          .client(RDSClient, region)
          .send(new RebootDBInstanceCommand({ DBInstanceIdentifier: identifier, ForceFailover: true })),
      );
    } catch (error) {
      // The state is "not available" while a failover is under way: RDS's own one, or ours whose reply was lost.
      if (!isNamed(error, 'InvalidDBInstanceStateFault')) throw error;
    }
  },

  async observe(context, { database }, baseline) {
    if (isOfCluster(baseline)) return observeClusterFailover(context, database, baseline);
    return observeFailover(context, database, baselineSchema.parse(baseline));
  },
});

const isOfCluster = (baseline: JsonObject) => clusterBaselineSchema.safeParse(baseline).success;

async function observeFailover(
  context: ActionContext,
  database: Database,
  baseline: z.infer<typeof baselineSchema>,
): Promise<Observation> {
  const { region, identifier } = database;
  const [instance, events] = await Promise.all([
    readInstance(context.aws, region, identifier),
    eventsSinceOutage(context, database),
  ]);
  if (instance === undefined) return failed(notThere(database));
  const completed = lastEvent(events, 'RDS-EVENT-0049', outageMs(context));
  const abandoned = lastEvent(events, 'RDS-EVENT-0034', Date.parse(baseline.preparedAt));
  if (abandoned && (completed === undefined || completed.at < abandoned.at)) return failed(skipped(database));
  const meaning = meaningOfStatus(instance.DBInstanceStatus, identifier);
  if (meaning.kind === 'stuck') return failed(meaning.reason);
  if (meaning.kind === 'moving') return { status: 'pending', note: `${identifier} is ${meaning.status}` };
  const zoneAfter = instance.AvailabilityZone ?? 'unknown';
  const zoneBefore = zoneLeft(instance, baseline, completed);
  if (zoneAfter === zoneBefore) {
    const revived = lastEvent(events, 'RDS-EVENT-0051', outageMs(context));
    if (revived && completed === undefined) return failed(sameZone(database, zoneAfter));
    return { status: 'pending', note: `The writer of ${identifier} is still in ${zoneAfter}` };
  }
  if (completed === undefined) {
    return { status: 'pending', note: `RDS has not reported that the failover of ${identifier} is complete` };
  }
  const probe = await probeInstance(context, database, instance);
  if (!probe.ok) return waitUnlessLasting('The failover is complete', probe);
  const method = startedByItself(context, events, baseline) ? 'automatic' : 'forced';
  return {
    status: 'done',
    outputs: { method, zoneBefore, zoneAfter },
    evidence: [
      {
        what: `${identifier} moved from ${zoneBefore} to ${zoneAfter} (${method}), reported complete at ${completed.at.toISOString()}; it is available and accepts writes`,
        data: describe(instance, events),
      },
    ],
  };
}

/** Forcing a failover interrupts writes for a minute or two; a writer that is well must not be interrupted. */
function wellAlready(database: Database): Reason {
  return {
    what: `${database.identifier} is available, accepts writes, and RDS reports no failover; there is nothing to recover`,
    mend: 'Look at the application and its network. To move the writer all the same, start the scenario in the mode planned.',
  };
}

/** A guard that can't be evaluated refuses: the database answers, and only the probe is broken. */
function notTold({ identifier }: Database, why: string): Reason {
  return {
    what: `${identifier} is available and RDS reports no failover; whether it accepts writes can't be told, because ${why}`,
    mend: 'Mend the credentials or the writeProbe of the component and start again. To move the writer all the same, start the scenario in the mode planned.',
  };
}

async function eventsSinceOutage(context: ActionContext, database: Database): Promise<RdsEvent[]> {
  return readEvents(context.aws, database.region, database.identifier, {
    from: new Date(outageMs(context)),
    to: context.clock.now(),
  });
}

/**
 * The zone that the writer left. When RDS had begun before prepare looked, the zone that prepare saw may have been the
 * new one already; the standby then stands in the old one.
 */
function zoneLeft(
  instance: DBInstance,
  baseline: z.infer<typeof baselineSchema>,
  completed: RdsEvent | undefined,
): string {
  const alreadyMoved =
    baseline.method === 'automatic' &&
    instance.AvailabilityZone === baseline.zoneBefore &&
    completed !== undefined &&
    completed.at.getTime() >= Date.parse(baseline.preparedAt);
  return (alreadyMoved ? instance.SecondaryAvailabilityZone : undefined) ?? baseline.zoneBefore;
}

function startedByItself(
  context: ActionContext,
  events: readonly RdsEvent[],
  baseline: z.infer<typeof baselineSchema>,
): boolean {
  if (baseline.method === 'automatic') return true;
  const actedAtMs = context.clock.now().getTime() - context.elapsedSeconds * 1000;
  const started = lastEvent(events, 'RDS-EVENT-0013', 0);
  return started !== undefined && started.at.getTime() < actedAtMs;
}

function probeInstance(context: ActionContext, database: Database, instance: DBInstance) {
  const { Address: host, Port: port = database.port } = instance.Endpoint ?? {};
  return probeWriter(context, database, { host, port });
}

function isAvailable(instance: DBInstance): boolean {
  return meaningOfStatus(instance.DBInstanceStatus, '').kind === 'settled';
}

function outageMs(context: ActionContext): number {
  return Date.parse(context.run.outageStartedAt);
}

function describe(instance: DBInstance, events: readonly RdsEvent[]) {
  return {
    status: instance.DBInstanceStatus ?? 'unknown',
    zone: instance.AvailabilityZone ?? 'unknown',
    secondaryZone: instance.SecondaryAvailabilityZone ?? 'unknown',
    events: events.map(event => `${event.at.toISOString()} ${event.id}`),
  };
}

function failed(reason: Reason): Observation {
  return { status: 'failed', reasons: [reason], evidence: [] };
}
