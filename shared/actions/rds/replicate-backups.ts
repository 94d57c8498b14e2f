import {
  type DBInstance,
  type DBInstanceAutomatedBackup,
  DescribeSourceRegionsCommand,
  RDSClient,
  StartDBInstanceAutomatedBackupsReplicationCommand,
  StopDBInstanceAutomatedBackupsReplicationCommand,
} from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, isNotFound, isUnreachable, request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { grantsKey, readsKey } from '../../aws/kms-permissions.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { readInstance, readReplicatedBackups } from '../../aws/rds-reader.ts';
import { noInstance } from '../../aws/rds-writer.ts';
import { type ComponentOf, rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { regionSchema } from '../../plan/region.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

type Target = ComponentOf<'rds-restore-target'>;

const parameters = z.object({
  /** Where the backups go, with the key that encrypts them there. */
  target: rdsRestoreTarget,
  /** Identifier of another source, such as the database that a run restored; with its region. */
  sourceInstance: z.string().optional(),
  sourceRegion: regionSchema.optional(),
  retentionDays: z.number().int().min(1).max(35).default(7),
  /** How old the newest moment may be when the replication is called done. */
  maxAge: durationSchema.default(1800),
});
type Parameters = z.output<typeof parameters>;
const baselineSchema = z.object({ sourceArn: z.string(), identifier: z.string(), region: z.string() });

/**
 * Has RDS replicate the automated backups of a database into the target's region, so that it can be restored there to a
 * moment some minutes ago. After a failover this arms the way back: the new writer's backups go to the other region.
 */
export const action = defineAction({
  kind: 'rds.replicate-backups',
  summary: 'Replicates the automated backups of a database into another region',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    backup: 'ARN of the replicated backup',
    latestTime: 'the newest moment that can be restored there, ISO-8601 UTC',
    ageSeconds: 'how old that was when the step was done',
  },
  // It costs transfer and storage, and what has been copied stays for the retention time.
  drill: 'prepare-only',
  mutates: true,
  typical: rdsDurations.firstReplication,
  failureModes: [
    'The pair of regions or the engine is not supported',
    'The quota of 20 replicated backups a region and account is used up',
    'The first copy of a large database takes hours, and until then nothing can be restored',
    'The KMS key of the destination is missing or later disabled, and the replication stops',
  ],
  permissions({ target, sourceInstance, sourceRegion = target.sourceRegion }) {
    const { region, kmsKey } = target;
    const source = rdsArn('db', sourceRegion, sourceInstance === undefined ? target.sourceIdentifier : '*');
    return [
      { actions: ['rds:DescribeDBInstances'], resources: [source] },
      {
        actions: ['rds:DescribeDBInstanceAutomatedBackups'],
        resources: [rdsArn('db', region, '*'), rdsArn('auto-backup', region, '*')],
        reason: 'Lists backups',
      },
      {
        actions: ['rds:DescribeSourceRegions'],
        resources: ['*'],
        reason: 'The action has no resource-level permission',
      },
      {
        actions: [
          'rds:StartDBInstanceAutomatedBackupsReplication',
          'rds:StopDBInstanceAutomatedBackupsReplication',
        ],
        resources: [source, rdsArn('auto-backup', region, '*')],
      },
      readsKey(region, kmsKey),
      grantsKey('rds', region, kmsKey),
    ];
  },

  async prepare(context, given) {
    const { target } = given;
    const { name, from } = sourceOf(given);
    if (from === target.region) {
      return refuse(
        `${name} is in ${from}, where its backups are already`,
        'Name a target in another region: backups are replicated between regions only.',
      );
    }
    let source: DBInstance | undefined;
    try {
      source = await readInstance(context.aws, from, name);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return refuse(
        `RDS in ${from} does not answer, so its backups can't be replicated now`,
        'Retry when the region is back.',
      );
    }
    if (source?.DBInstanceArn === undefined) {
      return { status: 'refused', reasons: [noInstance(name, from)], evidence: [] };
    }
    const baseline = { sourceArn: source.DBInstanceArn, identifier: name, region: from };
    const known = await findBackup(context, target, name, from);
    if (known && isFresh(context, known, given)) {
      return alreadyDone(
        baseline,
        outputsOf(context, known),
        `The backups of ${name} are replicated to ${target.region} already`,
      );
    }
    const reasons = await unfit(context, target, name, source, from);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    return ready(baseline, `The backups of ${name} in ${from} can be replicated to ${target.region}`);
  },

  async act(context, given, baseline) {
    const { sourceArn, identifier, region: from } = baselineSchema.parse(baseline);
    const { target, retentionDays } = given;
    if (await findBackup(context, target, identifier, from)) return;
    await context.changed({
      call: 'rds.StartDBInstanceAutomatedBackupsReplication',
      region: target.region,
      resource: identifier,
      what: `Backups of ${identifier} in ${from} are replicated here, and kept for ${retentionDays} days`,
    });
    try {
      await request({ call: 'rds.StartDBInstanceAutomatedBackupsReplication', region: target.region }, () =>
        context.aws.client(RDSClient, target.region).send(
          new StartDBInstanceAutomatedBackupsReplicationCommand({
            SourceDBInstanceArn: sourceArn,
            BackupRetentionPeriod: retentionDays,
            KmsKeyId: target.kmsKey,
            Tags: context.names.tags(),
          }),
        ),
      );
    } catch (error) {
      // Replicated already by an earlier request, or the source is busy; observe sees which.
      if (!isNamed(error, 'InvalidDBInstanceAutomatedBackupStateFault', 'InvalidDBInstanceStateFault'))
        throw error;
    }
  },

  async observe(context, given, baseline) {
    const { identifier, region: from } = baselineSchema.parse(baseline);
    const { target, maxAge } = given;
    const backup = await findBackup(context, target, identifier, from);
    if (backup === undefined) {
      if (context.elapsedSeconds >= 60) await action.act?.(context, given, baseline);
      return pending(`RDS has not begun to replicate the backups of ${identifier} yet`);
    }
    const latest = backup.RestoreWindow?.LatestTime;
    if (backup.Status === 'failed' || backup.Status === 'error') {
      return fail(
        `The replication of the backups of ${identifier} is ${backup.Status}`,
        'Look at the events of RDS in both regions and at the key, stop the replication, and retry.',
      );
    }
    if (latest === undefined)
      return pending(`The first backup of ${identifier} is being copied (${backup.Status})`);
    if (!isFresh(context, backup, given)) {
      return pending(
        `The newest moment in ${target.region} is ${latest.toISOString()}, older than ${formatDuration(maxAge)}`,
      );
    }
    const outputs = outputsOf(context, backup);
    return finish(
      `${identifier} can be restored in ${target.region} up to ${latest.toISOString()}`,
      outputs,
      outputs,
    );
  },

  async undo(context, { target }, baseline) {
    const { sourceArn, identifier, region: from } = baselineSchema.parse(baseline);
    const backup = await findBackup(context, target, identifier, from);
    if (backup === undefined || backup.Status === 'retained') {
      return finish(
        `The backups of ${identifier} are not replicated to ${target.region} any more; what was copied is kept for its retention time`,
      );
    }
    await context.changed({
      call: 'rds.StopDBInstanceAutomatedBackupsReplication',
      region: target.region,
      resource: identifier,
      what: 'The replication of its backups ends',
    });
    try {
      await request({ call: 'rds.StopDBInstanceAutomatedBackupsReplication', region: target.region }, () =>
        context.aws
          .client(RDSClient, target.region)
          .send(new StopDBInstanceAutomatedBackupsReplicationCommand({ SourceDBInstanceArn: sourceArn })),
      );
    } catch (error) {
      if (!isNotFound(error, 'DBInstanceNotFoundFault') && !isNamed(error, 'InvalidDBInstanceStateFault'))
        throw error;
    }
    return pending(`The replication of the backups of ${identifier} is ending`);
  },
});

function sourceOf({ target, sourceInstance, sourceRegion }: Parameters): { name: string; from: string } {
  return { name: sourceInstance ?? target.sourceIdentifier, from: sourceRegion ?? target.sourceRegion };
}

/** The replication that goes on; one that has ended is only what is retained of it. */
async function findBackup(
  context: ActionContext,
  { region }: Target,
  identifier: string,
  from: string,
): Promise<DBInstanceAutomatedBackup | undefined> {
  const backups = await readReplicatedBackups(context.aws, region, { identifier, region: from });
  return backups.find(({ Status }) => Status !== 'retained');
}

function ageOf(context: ActionContext, backup: DBInstanceAutomatedBackup): number | undefined {
  const latest = backup.RestoreWindow?.LatestTime;
  return latest && Math.round((context.clock.now().getTime() - latest.getTime()) / 1000);
}

function isFresh(context: ActionContext, backup: DBInstanceAutomatedBackup, { maxAge }: Parameters): boolean {
  return (ageOf(context, backup) ?? Number.POSITIVE_INFINITY) <= maxAge;
}

function outputsOf(context: ActionContext, backup: DBInstanceAutomatedBackup) {
  return {
    backup: backup.DBInstanceAutomatedBackupsArn ?? null,
    latestTime: backup.RestoreWindow?.LatestTime?.toISOString() ?? null,
    ageSeconds: ageOf(context, backup) ?? null,
  };
}

async function unfit(
  context: ActionContext,
  target: Target,
  name: string,
  source: DBInstance,
  from: string,
): Promise<Reason[]> {
  const { region } = target;
  const [key, regions] = await Promise.all([
    readKey(context.aws, region, target.kmsKey),
    request({ call: 'rds.DescribeSourceRegions', region }, () =>
      context.aws.client(RDSClient, region).send(new DescribeSourceRegionsCommand({ RegionName: from })),
    ),
  ]);
  const reasons: Reason[] = key.usable ? [] : [key.reason];
  const pair = regions.SourceRegions?.find(({ RegionName }) => RegionName === from);
  if (pair?.SupportsDBInstanceAutomatedBackupsReplication !== true) {
    reasons.push({
      what: `RDS does not replicate automated backups from ${from} to ${region}`,
      mend: 'Copy snapshots instead (rds.copy-snapshot), or choose another recovery region.',
    });
  }
  if (source.BackupRetentionPeriod === 0) {
    reasons.push({
      what: `${name} has no automated backups that could be replicated`,
      mend: `Turn them on with aws rds modify-db-instance --db-instance-identifier ${name} --backup-retention-period 7 --apply-immediately, then retry.`,
    });
  }
  return reasons;
}
