import { CopyDBSnapshotCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { grantsKey, readsKey } from '../../aws/kms-permissions.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { readSnapshot, readSnapshots } from '../../aws/rds-reader.ts';
import {
  isSnapshotOfRun,
  lookForSnapshot,
  removeSnapshot,
  snapshotNameLength,
  snapshotPermissions,
  takenAt,
} from '../../aws/rds-snapshots.ts';
import { type ComponentOf, rdsRestoreTarget } from '../../plan/components.ts';
import { formatDuration } from '../../plan/duration.ts';
import { regionSchema } from '../../plan/region.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { finish, ready, refuse } from '../outcomes.ts';

type Target = ComponentOf<'rds-restore-target'>;

const parameters = z.object({
  /** Where the copy goes, with the key that encrypts it there. */
  target: rdsRestoreTarget,
  /** ARN of the snapshot, such as an output of rds.create-snapshot; the newest one of the source without it. */
  snapshot: z.string().optional(),
  /** Region of that snapshot, where it is not that of the target's source; for the way back. */
  sourceRegion: regionSchema.optional(),
});
const baselineSchema = z.object({ from: z.string(), copy: z.string() });

/**
 * Copies a snapshot into the target's region, encrypted with the key of that region, and waits until it can be
 * restored there. Asked of the destination, as RDS wants it; the source region has to answer nevertheless.
 */
export const action = defineAction({
  kind: 'rds.copy-snapshot',
  summary: 'Copies a snapshot into another region, with the key of that region',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    snapshot: 'identifier of the copy',
    arn: 'its ARN',
    pointTime: 'the moment whose data is in it, ISO-8601 UTC',
    ageSeconds: 'how old that data is when the copy is done',
  },
  drill: 'isolated',
  mutates: true,
  typical: rdsDurations.copySnapshot,
  failureModes: [
    'The source region does not answer, and nothing can be copied out of it',
    'The KMS key of the destination is missing, or the one of the source may not be used',
    'Too many copies at once: RDS makes 20 per destination region and account, and the others wait',
    'The data grows older while it is copied: the first copy of a large database takes hours',
  ],
  permissions: ({
    target: { region, identifier, kmsKey, ...target },
    sourceRegion = target.sourceRegion,
  }) => [
    ...snapshotPermissions(region, `${identifier}-*`, 'rds:CopyDBSnapshot'),
    {
      // The destination signs a request to the source region with this role.
      actions: ['rds:CopyDBSnapshot'],
      resources: [rdsArn('snapshot', sourceRegion, '*')],
      reason: 'Which snapshot it is turns out only during the run; it is only read',
    },
    { actions: ['rds:DescribeDBSnapshots'], resources: [rdsArn('snapshot', sourceRegion, '*')] },
    readsKey(region, kmsKey),
    grantsKey('rds', region, kmsKey),
  ],

  async prepare(context, { target, snapshot, sourceRegion = target.sourceRegion }) {
    const { region, identifier } = target;
    const copy = context.names.resource(`${identifier}-${context.step.id}`, snapshotNameLength);
    const [existing, key] = await Promise.all([
      readSnapshot(context.aws, region, copy),
      readKey(context.aws, region, target.kmsKey),
    ]);
    if (!key.usable) return { status: 'refused', reasons: [key.reason], evidence: [] };
    if (existing && !isSnapshotOfRun(existing, context.run.id)) {
      return refuse(
        `A snapshot ${copy} exists already in ${region}, and this run did not make it`,
        'Find out what it is. Start a new run, which uses another name.',
      );
    }
    let found: { arn: string; what: string } | Reason;
    try {
      found = await findOriginal(context, target, sourceRegion, snapshot);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return refuse(
        `RDS in ${sourceRegion} does not answer, so nothing can be copied out of it`,
        `Use what is in ${region} already: rds.find-restore-point looks there.`,
      );
    }
    if ('mend' in found) return { status: 'refused', reasons: [found], evidence: [] };
    return ready({ from: found.arn, copy }, found.what);
  },

  async act(context, { target }, baseline) {
    const { from, copy } = baselineSchema.parse(baseline);
    const { region } = target;
    if ((await readSnapshot(context.aws, region, copy)) !== undefined) return;
    await context.changed({
      call: 'rds.CopyDBSnapshot',
      region,
      resource: copy,
      what: `Copy of ${from}, encrypted with ${target.kmsKey}`,
    });
    try {
      await request({ call: 'rds.CopyDBSnapshot', region }, () =>
        context.aws.client(RDSClient, region).send(
          new CopyDBSnapshotCommand({
            SourceDBSnapshotIdentifier: from,
            TargetDBSnapshotIdentifier: copy,
            KmsKeyId: target.kmsKey,
            // The original's tags would say that another run made it.
            CopyTags: false,
            Tags: context.names.tags(),
          }),
        ),
      );
    } catch (error) {
      // An earlier request was carried out and its reply was lost.
      if (!isNamed(error, 'DBSnapshotAlreadyExistsFault')) throw error;
    }
  },

  async observe(context, { target: { region } }, baseline) {
    const { from, copy } = baselineSchema.parse(baseline);
    const seen = await lookForSnapshot(context, region, copy);
    if (seen.status !== 'available') return seen;
    const at = takenAt(seen.snapshot);
    const ageSeconds = at ? Math.round((context.clock.now().getTime() - at.getTime()) / 1000) : null;
    const outputs = {
      snapshot: copy,
      arn: seen.snapshot.DBSnapshotArn ?? null,
      pointTime: at?.toISOString() ?? null,
      ageSeconds,
    };
    const age = ageSeconds === null ? 'an unknown age' : `${formatDuration(ageSeconds)} old`;
    return finish(
      `${copy}, a copy of ${from}, is available in ${region}; its data is ${age}`,
      outputs,
      outputs,
    );
  },

  async undo(context, { target: { region } }, baseline) {
    const { copy } = baselineSchema.parse(baseline);
    if (context.run.mode === 'drill') return removeSnapshot(context, region, copy);
    return finish(`The copy ${copy} is kept in ${region}`);
  },
});

/** The snapshot that is to be copied: the one that is named, or the newest one of the source. */
async function findOriginal(
  context: ActionContext,
  target: Target,
  region: string,
  named: string | undefined,
): Promise<{ arn: string; what: string } | Reason> {
  const { sourceIdentifier: identifier } = target;
  const candidates =
    named === undefined
      ? await readSnapshots(context.aws, region, { identifier, region })
      : [await readSnapshot(context.aws, region, named.replace(/^arn:.*:snapshot:(?=[^:])/, ''))];
  const usable = candidates
    .flatMap(one => (one?.Status === 'available' && one.DBSnapshotArn ? [one] : []))
    .sort((a, b) => (takenAt(b)?.getTime() ?? 0) - (takenAt(a)?.getTime() ?? 0));
  const [newest] = usable;
  if (newest?.DBSnapshotArn) {
    const what = `${newest.DBSnapshotIdentifier} of ${takenAt(newest)?.toISOString()} will be copied to ${target.region}`;
    return { arn: newest.DBSnapshotArn, what };
  }
  return {
    what: `There is no available snapshot ${named ?? `of ${identifier}`} in ${region}`,
    mend: 'Take one with rds.create-snapshot first, and give its output arn to this step.',
  };
}
