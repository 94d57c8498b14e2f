import * as z from 'zod';
import { readKey } from '../../aws/kms-keys.ts';
import { kmsKeyArn, rdsArn } from '../../aws/rds-arns.ts';
import { engineReason } from '../../aws/rds-engine.ts';
import { readReplicatedBackups, readSnapshots } from '../../aws/rds-reader.ts';
import { missingInRegion } from '../../aws/rds-region-checks.ts';
import { chooseRestorePoint, noRestorePoint } from '../../aws/rds-restore-choice.ts';
import { type RestorePoint, restorePoints } from '../../aws/rds-restore-points.ts';
import { rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { defineAction, type Evidence } from '../contract.ts';

const parameters = z.object({
  target: rdsRestoreTarget,
  /** Seconds of data that may be lost: the RPO. More is not refused here, since a person may accept it. */
  maxLoss: durationSchema,
  /** Only data that is not younger than this, ISO-8601: the moment before the data went wrong. */
  before: z.iso.datetime({ offset: true }).optional(),
});

/** What prepare found, kept as the baseline and handed out by observe. */
const foundSchema = z.object({
  method: z.enum(['automated-backup', 'snapshot']),
  from: z.string(),
  pointTime: z.string(),
  lossSeconds: z.number(),
  withinRpo: z.boolean(),
});

/**
 * Finds the newest moment that the database can be restored to, looking in the target's region only, and checks that
 * everything else that a restore needs is there. Nothing is built from names: a snapshot that was not copied is not
 * in the recovery region, whatever its name says. In the region of the source the automated backup of the instance
 * counts, also when the instance was deleted and its backups retained.
 */
export const action = defineAction({
  kind: 'rds.find-restore-point',
  summary: 'Finds the newest restore point in the target region and checks all that a restore needs there',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    method: 'automated-backup or snapshot',
    from: 'ARN of the automated backup, or identifier of the snapshot',
    pointTime: 'the last moment whose data is in it, ISO-8601 UTC',
    lossSeconds: 'seconds of data lost, from that moment to the start of the outage',
    withinRpo: 'true if that is no more than maxLoss',
    loss: 'the same in words, for questions: 6 min 2 s of data before the outage, within the allowed 1 h',
  },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 1, likelySeconds: 2, maxSeconds: 10, source: 'a handful of reads' },
  failureModes: [
    'No copy of a backup in the recovery region',
    'The KMS key of the copy is missing, disabled or waiting to be deleted',
    'Subnet group or parameter group missing in the recovery region',
    'Instance class not offered in the recovery region',
    'The newest point is older than the RPO',
    'Everything before the given time has been deleted, because it is longer ago than backups are kept',
  ],
  permissions: ({ target: { region, subnetGroup, parameterGroup, kmsKey } }) => [
    {
      actions: ['rds:DescribeDBInstanceAutomatedBackups'],
      resources: [rdsArn('db', region, '*'), rdsArn('auto-backup', region, '*')],
      reason: 'Lists backups; which ones there are is what is to be found out',
    },
    {
      actions: ['rds:DescribeDBSnapshots'],
      resources: [rdsArn('db', region, '*'), rdsArn('snapshot', region, '*')],
      reason: 'Lists snapshots; which ones there are is what is to be found out',
    },
    { actions: ['rds:DescribeDBSubnetGroups'], resources: [rdsArn('subgrp', region, subnetGroup)] },
    { actions: ['rds:DescribeDBParameterGroups'], resources: [rdsArn('pg', region, parameterGroup)] },
    {
      actions: ['rds:DescribeOrderableDBInstanceOptions'],
      resources: ['*'],
      reason: 'The action has no resource-level permission',
    },
    {
      actions: ['kms:DescribeKey'],
      resources: [...new Set([kmsKeyArn(region, kmsKey), kmsKeyArn(region, 'any')])],
      reason: 'A backup names its key by an id that the plan does not know',
    },
  ],
  async prepare(context, { target, maxLoss, before }) {
    const source = { identifier: target.sourceIdentifier, region: target.sourceRegion };
    const [backups, snapshots, wantedKey] = await Promise.all([
      readReplicatedBackups(context.aws, target.region, source),
      readSnapshots(context.aws, target.region, source),
      readKey(context.aws, target.region, target.kmsKey),
    ]);
    const points = restorePoints(backups, snapshots, before === undefined ? undefined : new Date(before));
    const engine = points[0]
      ? { name: points[0].engine ?? target.engine, version: points[0].engineVersion }
      : { name: target.engine, version: undefined };
    const missing = await missingInRegion(context.aws, target, engine);
    const choice = await chooseRestorePoint(
      context,
      target,
      points,
      wantedKey,
      noRestorePoint(target, before),
    );
    const other = engineReason(
      { identifier: target.sourceIdentifier, engine: target.engine },
      points[0]?.engine,
    );
    const reasons = [...missing, ...choice.reasons, ...(other ? [other] : [])];
    if (choice.point === undefined || reasons.length > 0) {
      return { status: 'refused', reasons, evidence: choice.evidence };
    }
    const found = measure(choice.point, context.run.outageStartedAt, maxLoss);
    return {
      status: 'ready',
      baseline: found,
      evidence: [...choice.evidence, evidenceOf(found, target.region, maxLoss)],
    };
  },
  async observe(_context, { target, maxLoss }, baseline) {
    const found = foundSchema.parse(baseline);
    return {
      status: 'done',
      outputs: { ...found, loss: lossInWords(found, maxLoss) },
      evidence: [evidenceOf(found, target.region, maxLoss)],
    };
  },
});

function measure(point: RestorePoint, outageStartedAt: string, maxLoss: number): z.infer<typeof foundSchema> {
  const lostMs = Date.parse(outageStartedAt) - point.at.getTime();
  const lossSeconds = Math.max(0, Math.round(lostMs / 1000));
  return {
    method: point.method,
    from: point.from,
    pointTime: point.at.toISOString(),
    lossSeconds,
    withinRpo: lossSeconds <= maxLoss,
  };
}

function lossInWords({ lossSeconds, withinRpo }: z.infer<typeof foundSchema>, maxLoss: number): string {
  const allowed = formatDuration(maxLoss);
  if (lossSeconds === 0) return 'no data from before the outage';
  const loss = `${formatDuration(lossSeconds)} of data before the outage`;
  return withinRpo ? `${loss}, within the allowed ${allowed}` : `${loss}, MORE than the allowed ${allowed}`;
}

function evidenceOf(found: z.infer<typeof foundSchema>, region: string, maxLoss: number): Evidence {
  const loss = formatDuration(found.lossSeconds);
  const verdict = found.withinRpo ? 'within' : 'ABOVE';
  return {
    what: `The newest restore point in ${region} is of ${found.pointTime} (${found.method}); ${loss} of data is lost, ${verdict} the allowed ${formatDuration(maxLoss)}`,
    data: found,
  };
}
