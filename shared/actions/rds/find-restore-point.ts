import * as z from 'zod';
import { type KeyState, readKey } from '../../aws/kms-keys.ts';
import { kmsKeyArn, rdsArn } from '../../aws/rds-arns.ts';
import { readReplicatedBackups, readSnapshots } from '../../aws/rds-reader.ts';
import { missingInRegion } from '../../aws/rds-region-checks.ts';
import { type RestorePoint, restorePoints } from '../../aws/rds-restore-points.ts';
import { type ComponentOf, rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Evidence, type Reason } from '../contract.ts';

type Target = ComponentOf<'rds-restore-target'>;

const parameters = z.object({
  target: rdsRestoreTarget,
  /** Seconds of data that may be lost: the RPO. More is not refused here, since a person may accept it. */
  maxLoss: durationSchema,
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
 * Finds the newest moment that the database can be restored to, looking in the recovery region only, and checks that
 * everything else that a restore needs is there. Nothing is built from names: a snapshot that was not copied is not
 * in the recovery region, whatever its name says.
 */
export const action = defineAction({
  kind: 'rds.find-restore-point',
  summary: 'Finds the newest restore point in the recovery region and checks all that a restore needs there',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    method: 'automated-backup or snapshot',
    from: 'ARN of the replicated backup, or identifier of the snapshot',
    pointTime: 'the last moment whose data is in it, ISO-8601 UTC',
    lossSeconds: 'seconds of data lost, from that moment to the start of the outage',
    withinRpo: 'true if that is no more than maxLoss',
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
  async prepare(context, { target, maxLoss }) {
    const source = { identifier: target.sourceIdentifier, region: target.sourceRegion };
    const [backups, snapshots, wantedKey] = await Promise.all([
      readReplicatedBackups(context.aws, target.region, source),
      readSnapshots(context.aws, target.region, source),
      readKey(context.aws, target.region, target.kmsKey),
    ]);
    const points = restorePoints(backups, snapshots);
    const engine = points[0]
      ? { name: points[0].engine ?? 'postgres', version: points[0].engineVersion }
      : { name: 'postgres', version: undefined };
    const missing = await missingInRegion(context.aws, target, engine);
    const choice = await choose(context, target, points, wantedKey);
    const reasons = [...missing, ...choice.reasons];
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
    return { status: 'done', outputs: found, evidence: [evidenceOf(found, target.region, maxLoss)] };
  },
});

type Choice = { point?: RestorePoint; reasons: Reason[]; evidence: Evidence[] };

/** The newest point whose data can be read with the plan's key; evidence of the newer ones that can't be used. */
async function choose(
  context: ActionContext,
  target: Target,
  points: readonly RestorePoint[],
  wantedKey: KeyState,
): Promise<Choice> {
  if (points.length === 0) {
    const reasons = wantedKey.usable ? [noPoint(target)] : [noPoint(target), wantedKey.reason];
    return { reasons, evidence: [] };
  }
  if (!wantedKey.usable) return { reasons: [wantedKey.reason], evidence: [] };
  const states = new Map<string, Promise<KeyState>>();
  const reasons: Reason[] = [];
  for (const point of points) {
    const key = point.kmsKey;
    const state =
      key === undefined ? undefined : (states.get(key) ?? readKey(context.aws, target.region, key));
    if (key !== undefined && state !== undefined) states.set(key, state);
    const reason = await unusable(point, target, wantedKey.arn, state);
    if (reason === undefined) {
      return { point, reasons: [], evidence: reasons.map(({ what }) => ({ what: `Passed over: ${what}` })) };
    }
    reasons.push(reason);
  }
  return { reasons: distinct(reasons), evidence: [] };
}

/** Why this point can't be restored as the plan says; a restore can't change the key or encrypt what is not. */
async function unusable(
  point: RestorePoint,
  target: Target,
  wantedArn: string,
  key: Promise<KeyState> | undefined,
): Promise<Reason | undefined> {
  const name = `the ${point.method === 'snapshot' ? 'snapshot' : 'replicated backup'} ${point.from}`;
  if (!point.encrypted || key === undefined) {
    return {
      what: `${name} is not encrypted, but the plan names the key ${target.kmsKey}`,
      mend: `Copy it with aws rds copy-db-snapshot --kms-key-id ${target.kmsKey} --region ${target.region}, then retry.`,
    };
  }
  const state = await key;
  if (!state.usable) return state.reason;
  if (state.arn === wantedArn) return undefined;
  return {
    what: `${name} is encrypted with ${state.arn}, not with the plan's key ${target.kmsKey}`,
    mend: `Restoring can't change the key. Name that key in the plan's kmsKey, or copy the snapshot with the wanted key and retry.`,
  };
}

function noPoint({ sourceIdentifier, sourceRegion, region }: Target): Reason {
  return {
    what: `There is no restore point of ${sourceIdentifier} in ${region}: neither a replicated automated backup nor a copied snapshot that is available`,
    mend: `Automated snapshots stay in their own region. If ${sourceRegion} still answers, copy the newest one: aws rds copy-db-snapshot --source-region ${sourceRegion} --region ${region}. For the next time run aws rds start-db-instance-automated-backups-replication in ${region}.`,
  };
}

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

function evidenceOf(found: z.infer<typeof foundSchema>, region: string, maxLoss: number): Evidence {
  const loss = formatDuration(found.lossSeconds);
  const verdict = found.withinRpo ? 'within' : 'ABOVE';
  return {
    what: `The newest restore point in ${region} is of ${found.pointTime} (${found.method}); ${loss} of data is lost, ${verdict} the allowed ${formatDuration(maxLoss)}`,
    data: found,
  };
}

function distinct(reasons: Reason[]): Reason[] {
  return [...new Map(reasons.map(reason => [reason.what, reason])).values()];
}
