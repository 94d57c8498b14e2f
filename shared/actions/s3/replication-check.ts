import { GetBucketReplicationCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import { headObject, type ListedObject, listObjects, readPermissions } from '../../aws/s3-objects.ts';
import { s3Bucket } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';

const parameters = z.strictObject({
  source: s3Bucket,
  replica: s3Bucket,
  prefix: z.string().default(''),
  within: durationSchema.meta({ description: 'How far the replica may be behind: the RPO of these files' }),
  arrivesEvery: durationSchema.default(86_400).meta({
    description:
      'How often a new file comes; while the source does not answer, the newest one may be that old',
  }),
});
type Parameters = z.output<typeof parameters>;

/** This many of the newest files of the source are looked for in the replica. */
const looked = 20;

/**
 * Compares a bucket with its replica, by the files themselves: S3 says nothing when a replication fails. When the
 * source is in a lost region, what the replica has is all there is, and only its age can be judged.
 */
export const action = defineAction({
  kind: 's3.replication-check',
  summary: 'Checks that the newest files of a bucket are in its replica, no later than the RPO',
  parameters,
  components: { source: 's3-bucket', replica: 's3-bucket' },
  outputs: {
    compared: 'yes, or no when the source did not answer',
    newestKey: 'Newest file that the replica has',
    behindSeconds:
      'How far the replica is behind; while the source does not answer, the age of its newest file',
  },
  drill: 'same',
  mutates: false,
  traits: ['expects-silence'],
  typical: { minSeconds: 1, likelySeconds: 3, maxSeconds: 30, source: 'Two lists and twenty heads' },
  failureModes: [
    'Replication of an object failed, which S3 only notes on the object',
    'The rule has another prefix, or was made after the files were written',
    'The role of the replication lost its right to the key of the replica',
  ],
  permissions: ({ source, replica, prefix }) => [
    ...readPermissions(source, prefix),
    ...readPermissions(replica, prefix),
    {
      actions: ['s3:GetReplicationConfiguration'],
      resources: [`arn:\${AWS::Partition}:s3:::${source.name}`],
    },
  ],

  async prepare(context, { source, replica }) {
    const rule = await ruleOf(context, source.name, source.region);
    if (rule === 'none') {
      const what = `S3 replicates nothing out of ${source.name}.`;
      const mend = `Add a replication rule to ${replica.name} with your infrastructure code, and copy once what is there.`;
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const what =
      rule === 'unknown' ? `${source.region} does not answer` : `${source.name} has a replication rule`;
    return { status: 'ready', baseline: {}, evidence: [{ what }] };
  },

  async observe(context, wanted) {
    const { source, replica, prefix } = wanted;
    const inReplica = await listObjects(context, replica, prefix);
    let inSource: Awaited<ReturnType<typeof listObjects>> | undefined;
    try {
      inSource = await listObjects(context, source, prefix);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    return inSource
      ? compare(context, wanted, inSource.objects, inReplica.objects)
      : judgeAge(context, wanted, inReplica.objects);
  },
});

async function ruleOf(
  context: ActionContext,
  Bucket: string,
  region: string,
): Promise<'some' | 'none' | 'unknown'> {
  try {
    const reply = await request({ call: 's3.GetBucketReplication', region }, () =>
      context.aws.client(S3Client, region).send(new GetBucketReplicationCommand({ Bucket })),
    );
    return reply.ReplicationConfiguration?.Rules?.some(({ Status }) => Status === 'Enabled')
      ? 'some'
      : 'none';
  } catch (error) {
    if (isNamed(error, 'ReplicationConfigurationNotFoundError')) return 'none';
    if (isUnreachable(error)) return 'unknown';
    throw error;
  }
}

async function compare(
  context: ActionContext,
  { source, replica, within, prefix }: Parameters,
  inSource: readonly ListedObject[],
  inReplica: readonly ListedObject[],
): Promise<Observation> {
  const newest = newestFirst(inSource).slice(0, looked);
  if (newest.length === 0) {
    const what = `There is nothing under "${prefix}" in ${source.name}, so there is nothing to compare.`;
    return failed({ what, mend: 'Correct the prefix, or look what became of the job that writes there.' });
  }
  const known = new Set(inReplica.map(({ key }) => key));
  const missing = newest.filter(({ key }) => !known.has(key));
  const waiting = missing.map(({ lastModified }) => secondsSince(context, lastModified));
  const behindSeconds = Math.round(Math.max(0, ...waiting));
  const late = missing.filter(({ lastModified }) => secondsSince(context, lastModified) > within);
  if (late.length > 0) return failed(await behind(context, { source, replica, within }, late));
  const newestKey = newestFirst(inReplica)[0]?.key ?? '';
  const what = `${replica.name} has ${newest.length - missing.length} of the newest ${newest.length} files of ${source.name}; it is ${formatDuration(behindSeconds)} behind`;
  const outputs = { compared: 'yes', newestKey, behindSeconds };
  return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
}

function judgeAge(
  context: ActionContext,
  { source, replica, within, arrivesEvery }: Parameters,
  inReplica: readonly ListedObject[],
): Observation {
  const [newest] = newestFirst(inReplica);
  const outage = Date.parse(context.run.outageStartedAt);
  const age = newest ? (outage - newest.lastModified.getTime()) / 1000 : Number.POSITIVE_INFINITY;
  if (!newest || age > arrivesEvery + within) {
    const has = newest ? `its newest file is ${formatDuration(age)} older than the outage` : 'it is empty';
    const what = `${source.region} does not answer, and of the replica ${replica.name} it is known that ${has}.`;
    return failed({ what, mend: 'Look for another copy before you restore from this one.' });
  }
  const behindSeconds = Math.max(0, Math.round(age));
  const what = `${source.region} does not answer, so nothing was compared; the newest file of ${replica.name}, ${newest.key}, is ${formatDuration(behindSeconds)} older than the outage`;
  const outputs = { compared: 'no', newestKey: newest.key, behindSeconds };
  return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
}

async function behind(
  context: ActionContext,
  { source, replica, within }: Pick<Parameters, 'source' | 'replica' | 'within'>,
  late: readonly ListedObject[],
): Promise<Reason> {
  const oldest = late.at(-1);
  const head = oldest && (await headObject(context, source, oldest.key));
  const status =
    head?.ReplicationStatus === undefined ? 'S3 has no status for it' : `S3 says ${head.ReplicationStatus}`;
  return {
    what: `${late.length} of the newest files of ${source.name} are not in ${replica.name} after ${formatDuration(within)}, such as ${oldest?.key} (${status}).`,
    mend: 'Look at the role and the key of the replication rule; copy what is missing with s3.copy or S3 Batch Replication.',
  };
}

const failed = (reason: Reason): Observation => ({ status: 'failed', reasons: [reason], evidence: [] });
const newestFirst = (objects: readonly ListedObject[]) =>
  [...objects].sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
const secondsSince = ({ clock }: ActionContext, time: Date) =>
  (clock.now().getTime() - time.getTime()) / 1000;
