import type { DBInstance } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isUnreachable } from '../../aws/aws-errors.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { readReplayed, sourceOf } from '../../aws/rds-replica.ts';
import { identifierOf, noInstance, unnamedInstance, whichInstance } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { rdsInstance, rdsNewInstance, rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { pending, ready, unansweredSeconds } from '../outcomes.ts';

const expectation = z
  .strictObject({
    status: z.string().optional(),
    multiAz: z.boolean().optional(),
    /** Zone that the writer must be in, or, with `notZone`, must not be in. */
    zone: z.string().optional(),
    notZone: z.string().optional(),
    /** Seconds that the newest restorable moment may be old. */
    maxBackupAge: durationSchema.optional(),
    /** Seconds that a read replica may lag. */
    maxLag: durationSchema.optional(),
    /** Days that automated backups are kept at least. */
    minRetentionDays: z.number().int().optional(),
  })
  .default({ status: 'available' });
type Expectation = z.output<typeof expectation>;

const parameters = z.object({
  database: z.discriminatedUnion('type', [rdsInstance, rdsRestoreTarget, rdsNewInstance]),
  /** Identifier of the instance, if a step of the run made it. */
  instance: z.string().optional(),
  expect: expectation,
  /** Whether "the region does not answer" is an answer like another, which later steps go by. */
  mayBeUnreachable: z.boolean().default(false),
});

/**
 * Says what RDS says of a database, and fails if that is not what is expected. "available" is RDS's word for the
 * instance and no proof that applications can write; sql.query and rds.failover look at that.
 */
export const action = defineAction({
  kind: 'rds.describe',
  summary: 'Reads the state of a database: status, zones, backups, lag',
  parameters,
  components: { database: ['rds-instance', 'rds-restore-target', 'rds-new-instance'] },
  outputs: {
    reachable: 'false if the region did not answer; then the others are null',
    status: "RDS's word for it, such as available",
    multiAz: 'whether it has a standby',
    zone: 'zone of the writer',
    endpoint: 'its host name',
    port: 'its port',
    latestRestorableTime: 'the newest moment that it can be restored to, ISO-8601 UTC',
    backupAgeSeconds: 'how long ago that is',
    lagSeconds: 'seconds that a read replica lags; null for a writer, or if it did not say',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0.2,
    likelySeconds: 0.5,
    maxSeconds: 12,
    source: 'One read; a region that is silent is given up after 12 s',
  },
  failureModes: [
    'The region does not answer; that is told apart from "not as expected"',
    'RDS is behind by seconds right after a change',
    'The lag of a replica can not be asked for, because its network or its credentials do not fit',
  ],
  permissions: ({ database }) => {
    const { region, identifier } = database;
    const name = database.type === 'rds-instance' ? identifier : `${identifier}-*`;
    return [
      { actions: ['rds:DescribeDBInstances'], resources: [rdsArn('db', region, name)] },
      secretReadPermission(database.credentials, region),
    ];
  },

  contradictions: unnamedInstance,

  async prepare(_context, { database, instance }) {
    const identifier = identifierOf(database, instance);
    if (identifier !== undefined) return ready({ identifier });
    return { status: 'refused', reasons: [whichInstance(database.id)], evidence: [] };
  },

  async observe(context, { database, expect, mayBeUnreachable }, baseline) {
    const identifier = String(baseline.identifier);
    const { region } = database;
    let instance: DBInstance | undefined;
    try {
      instance = await readInstance(context.aws, region, identifier);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const what = `RDS in ${region} does not answer, so nothing is known of ${identifier}`;
      if (context.elapsedSeconds < unansweredSeconds) return pending(what);
      if (mayBeUnreachable) return { status: 'done', outputs: unreachable, evidence: [{ what }] };
      const mend = `Look at the AWS Health status of ${region}, then retry.`;
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    if (instance === undefined) {
      return { status: 'failed', reasons: [noInstance(identifier, region)], evidence: [] };
    }
    const outputs = await describe(context, database, instance);
    const evidence = [{ what: sentence(identifier, outputs), data: outputs }];
    const reasons = unmet(identifier, instance, outputs, expect);
    return reasons.length > 0
      ? { status: 'failed', reasons, evidence }
      : { status: 'done', outputs, evidence };
  },
});

const unreachable = {
  reachable: false,
  status: null,
  multiAz: null,
  zone: null,
  endpoint: null,
  port: null,
  latestRestorableTime: null,
  backupAgeSeconds: null,
  lagSeconds: null,
};

type Described = Record<keyof typeof unreachable, string | number | boolean | null>;

async function describe(
  context: ActionContext,
  database: z.output<typeof parameters>['database'],
  instance: DBInstance,
): Promise<Described> {
  const now = context.clock.now().getTime();
  const { Endpoint: endpoint, LatestRestorableTime: latest } = instance;
  return {
    reachable: true,
    status: instance.DBInstanceStatus ?? 'unknown',
    multiAz: instance.MultiAZ === true,
    zone: instance.AvailabilityZone ?? null,
    endpoint: endpoint?.Address ?? null,
    port: endpoint?.Port ?? null,
    latestRestorableTime: latest?.toISOString() ?? null,
    backupAgeSeconds: latest ? Math.round((now - latest.getTime()) / 1000) : null,
    lagSeconds: await lagOf(context, database, instance, now),
  };
}

async function lagOf(
  context: ActionContext,
  database: z.output<typeof parameters>['database'],
  instance: DBInstance,
  nowMs: number,
): Promise<number | null> {
  const host = instance.Endpoint?.Address;
  if (host === undefined || sourceOf(instance, database.region) === undefined) return null;
  const replayed = await readReplayed(context, database, {
    identifier: instance.DBInstanceIdentifier ?? database.identifier,
    host,
    port: instance.Endpoint?.Port ?? database.port,
  });
  return replayed.known ? Math.max(0, Math.round((nowMs - replayed.at.getTime()) / 1000)) : null;
}

function sentence(
  identifier: string,
  { status, multiAz, zone, backupAgeSeconds, lagSeconds }: Described,
): string {
  const parts = [
    `${identifier} is ${status} in ${zone ?? 'an unknown zone'}`,
    multiAz ? 'with a standby' : 'without a standby',
  ];
  if (typeof backupAgeSeconds === 'number')
    parts.push(`restorable up to ${formatDuration(backupAgeSeconds)} ago`);
  if (typeof lagSeconds === 'number') parts.push(`a replica that lags ${formatDuration(lagSeconds)}`);
  return parts.join(', ');
}

function unmet(identifier: string, instance: DBInstance, seen: Described, expect: Expectation): Reason[] {
  const reasons: Reason[] = [];
  const differs = (what: string, mend: string) => reasons.push({ what: `${identifier} ${what}`, mend });
  const { status, multiAz, zone, notZone, maxBackupAge, maxLag, minRetentionDays } = expect;
  if (status !== undefined && seen.status !== status) {
    differs(
      `is ${seen.status}, not ${status}`,
      'Look at its events in RDS for the reason, then retry the step.',
    );
  }
  if (multiAz !== undefined && seen.multiAz !== multiAz) {
    differs(
      multiAz ? 'has no standby' : 'has a standby',
      'Change it with aws rds modify-db-instance, or mend the plan.',
    );
  }
  if (zone !== undefined && seen.zone !== zone)
    differs(`is in ${seen.zone}, not in ${zone}`, 'Fail it over, or mend the plan.');
  if (notZone !== undefined && seen.zone === notZone)
    differs(`is still in ${notZone}`, 'Fail it over with rds.failover.');
  if (
    maxBackupAge !== undefined &&
    !(typeof seen.backupAgeSeconds === 'number' && seen.backupAgeSeconds <= maxBackupAge)
  ) {
    const age =
      seen.latestRestorableTime === null ? 'to no moment at all' : `only up to ${seen.latestRestorableTime}`;
    differs(
      `can be restored ${age}, which is not within ${formatDuration(maxBackupAge)}`,
      'Check that automated backups are on and that it is not out of storage.',
    );
  }
  if (maxLag !== undefined && !(typeof seen.lagSeconds === 'number' && seen.lagSeconds <= maxLag)) {
    const lag =
      typeof seen.lagSeconds === 'number'
        ? `lags ${formatDuration(seen.lagSeconds)}`
        : 'does not say how far it lags';
    differs(
      `${lag}, and at most ${formatDuration(maxLag)} is allowed`,
      'Wait for it to catch up, or look at its load and that of its source.',
    );
  }
  const kept = instance.BackupRetentionPeriod ?? 0;
  if (minRetentionDays !== undefined && kept < minRetentionDays) {
    differs(
      `keeps its backups for ${kept} days, not ${minRetentionDays}`,
      'Raise the backup retention period with aws rds modify-db-instance (at most 35 days).',
    );
  }
  return reasons;
}
