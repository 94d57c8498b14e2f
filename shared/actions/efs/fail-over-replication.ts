import { DeleteReplicationConfigurationCommand } from '@aws-sdk/client-efs';
import * as z from 'zod';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import {
  countMountTargets,
  efsOf,
  fileSystemArn,
  isWritable,
  leads,
  missingFileSystem,
  type Replication,
  readFileSystem,
  readPermissions,
  readReplication,
} from '../../aws/efs-replication.ts';
import { efsFileSystem } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import {
  type ActionContext,
  defineAction,
  type Observation,
  type Preparation,
  type Reason,
} from '../contract.ts';
import { fail, finish, pending, refuse } from '../outcomes.ts';
import { dataLoss, unfencedWriter } from '../risks.ts';

const parameters = z.strictObject({
  to: efsFileSystem.meta({ description: 'The replica, which is written to afterwards' }),
  from: efsFileSystem.meta({ description: 'The file system that is replicated into it' }),
  maxLoss: durationSchema.meta({
    description:
      'How far the replica may be behind at the start of the outage: the RPO. More needs an accepted risk',
  }),
  mountTargets: z.int().min(0).default(1).meta({
    description:
      'Mount targets of the replica that have to be available: a replica has none unless somebody made them',
  }),
  acceptedRisks: z.array(z.string()).default([]),
  localOnly: z.boolean().default(false).meta({
    description:
      'Ends the replication in the region of the replica only, for when EFS can not end it in both. The other region keeps what can not be mended there',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  /** Of a planned move: everything from before it has to arrive first. */
  since: z.string(),
  lastReplicatedAt: z.string(),
  lossSeconds: z.number(),
});
type Baseline = z.output<typeof baselineSchema>;

/** EFS takes some minutes to make the replica writable (User Guide, "Deleting replication configurations"). */
const endsWithinSeconds = 1_200;

/** Seconds before the outage whose writes may be missing; -1 if nobody knows. */
function lossOf(context: ActionContext, replicatedAt: Date | undefined): number {
  if (!replicatedAt) return -1;
  return Math.max(0, Math.ceil((Date.parse(context.run.outageStartedAt) - replicatedAt.getTime()) / 1000));
}

function lossReasons({ to, maxLoss, acceptedRisks }: Parameters, lossSeconds: number): Reason[] {
  if (acceptedRisks.includes(dataLoss) || (lossSeconds >= 0 && lossSeconds <= maxLoss)) return [];
  const what =
    lossSeconds < 0
      ? `Nobody knows how much is missing in ${to.fileSystemId}: EFS has never finished replicating into it.`
      : `Files of the last ${formatDuration(lossSeconds)} before the outage are missing in ${to.fileSystemId}, and the plan allows ${formatDuration(maxLoss)}.`;
  const mend = `Have a named person accept the risk "${dataLoss}" in a people.approval before this step, then retry.`;
  return [{ what, mend }];
}

/** EFS cannot stop those who have the old file system mounted, whether or not its region answers. */
function fenceReasons(context: ActionContext, { from, acceptedRisks }: Parameters): Reason[] {
  if (context.run.mode !== 'recover' || acceptedRisks.includes(unfencedWriter)) return [];
  return [
    {
      what: `Whoever has ${from.fileSystemId} in ${from.region} mounted may go on writing to it, and what they write is lost.`,
      mend: `Stop them, or have a named person accept the risk "${unfencedWriter}" in a people.approval before this step, then retry.`,
    },
  ];
}

/** Whether the old region answers. In a planned move it has to, or nothing more arrives from there. */
async function answers(context: ActionContext, { from }: Parameters): Promise<boolean> {
  try {
    return (await readFileSystem(context.aws, from)) !== undefined;
  } catch (error) {
    if (isUnreachable(error)) return false;
    throw error;
  }
}

/** It can be written to, and nobody knows what is in it: a step that called that done would hide an empty replica. */
function neverReplicated({ to, from }: Parameters): Preparation {
  return refuse(
    `EFS replicates nothing into ${to.fileSystemId}, though the plan calls it a replica of "${from.id}".`,
    `Look at what is in it. If an earlier attempt ended the replication, skip this step; if there never was one, use backup.restore-files. Or have a named person accept the risk "${dataLoss}".`,
  );
}

async function prepare(context: ActionContext, given: Parameters): Promise<Preparation> {
  const { to, from, mountTargets } = given;
  const found = await readFileSystem(context.aws, to);
  if (!found) return { status: 'refused', reasons: [missingFileSystem(to)], evidence: [] };
  const [replication, mounts] = await Promise.all([
    readReplication(context.aws, to),
    countMountTargets(context.aws, to),
  ]);
  if (mounts < mountTargets) {
    return refuse(
      `${to.fileSystemId} has ${mounts} available mount targets in ${to.region}, and ${mountTargets} are needed.`,
      'Make one in each subnet with your infrastructure code: a replica gets none by itself. Then retry.',
    );
  }
  const since = context.clock.now().toISOString();
  if (!replication && isWritable(found)) {
    if (to.replicaOf === from.id && !given.acceptedRisks.includes(dataLoss)) return neverReplicated(given);
    const baseline = { since, lastReplicatedAt: '', lossSeconds: -1 };
    const outputs = { lossSeconds: -1, lastReplicatedAt: '', mountTargets: mounts };
    const what = `${to.fileSystemId} is not replicated into and can be written to, with ${mounts} mount targets.`;
    return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
  }
  if (replication && !leads(replication, from, to)) {
    return refuse(
      `${to.fileSystemId} is part of a replication from ${replication.sourceId} in ${replication.sourceRegion}, not from ${from.fileSystemId}.`,
      `Correct "${from.id}" or "${to.id}" in the plan.`,
    );
  }
  const replicatedAt = replication?.destination.LastReplicatedTimestamp;
  const lossSeconds = context.run.mode === 'planned' ? 0 : lossOf(context, replicatedAt);
  const what = `${to.fileSystemId} has all that was in ${from.fileSystemId} at ${replicatedAt?.toISOString() ?? 'no time that is known'} (${replication?.destination.Status ?? 'the replication has ended'}).`;
  const evidence = [{ what, data: { lossSeconds, mountTargets: mounts } }];
  const reasons = [...lossReasons(given, lossSeconds), ...fenceReasons(context, given)];
  if (context.run.mode === 'planned' && !(await answers(context, given))) {
    reasons.push({
      what: `${from.region} does not answer, so that nothing more arrives from ${from.fileSystemId}.`,
      mend: 'Start the scenario in the mode recover, which measures what is missing.',
    });
  }
  if (reasons.length > 0) return { status: 'refused', reasons, evidence };
  const baseline = { since, lastReplicatedAt: replicatedAt?.toISOString() ?? '', lossSeconds };
  return { status: 'ready', baseline, evidence };
}

/** What a planned move still waits for: everything from before it has to have arrived. */
function notArrived(context: ActionContext, found: Replication, { since }: Baseline): string | undefined {
  if (context.run.mode !== 'planned') return undefined;
  const at = found.destination.LastReplicatedTimestamp;
  if (at && at.getTime() >= Date.parse(since)) return undefined;
  return `What was written until ${since} has not all arrived; the replica has everything until ${at?.toISOString() ?? 'no time that is known'}.`;
}

async function endReplication(context: ActionContext, given: Parameters, baseline: Baseline): Promise<void> {
  const { to, from, localOnly } = given;
  const { region } = to;
  const lost =
    context.run.mode === 'planned'
      ? 'nothing is lost'
      : `${formatLoss(baseline.lossSeconds)} before the outage is lost`;
  await context.changed({
    call: 'elasticfilesystem.DeleteReplicationConfiguration',
    region,
    resource: to.fileSystemId,
    what: `Ended the replication from ${from.fileSystemId} (${from.region}) into ${to.fileSystemId}, which becomes writable; ${lost}.`,
  });
  const command = new DeleteReplicationConfigurationCommand({
    SourceFileSystemId: from.fileSystemId,
    ...(localOnly && { DeletionMode: 'LOCAL_CONFIGURATION_ONLY' }),
  });
  try {
    await request({ call: 'elasticfilesystem.DeleteReplicationConfiguration', region }, () =>
      efsOf(context.aws, to).send(command),
    );
  } catch (error) {
    // An earlier request whose reply was lost has ended it.
    if (!isNamed(error, 'ReplicationNotFound')) throw error;
  }
}

const formatLoss = (seconds: number) =>
  seconds < 0 ? 'nobody knows how much' : `at most ${formatDuration(seconds)}`;

/** Ends the replication once that may be; says what is in the way otherwise. */
async function advance(
  context: ActionContext,
  given: Parameters,
  stored: unknown,
): Promise<string | undefined> {
  const baseline = baselineSchema.parse(stored);
  const found = await readReplication(context.aws, given.to);
  if (!found) return undefined;
  if (found.destination.Status === 'DELETING') return 'EFS is ending the replication.';
  const waits = notArrived(context, found, baseline);
  if (waits) return waits;
  await endReplication(context, given, baseline);
  return 'The replication was asked to end.';
}

async function observe(context: ActionContext, given: Parameters, stored: unknown): Promise<Observation> {
  const { to, from, mountTargets, localOnly } = given;
  const { lossSeconds, lastReplicatedAt } = baselineSchema.parse(stored);
  const note = await advance(context, given, stored);
  if (note && context.run.mode !== 'planned' && context.elapsedSeconds > endsWithinSeconds) {
    const mend = localOnly
      ? 'Ask AWS Support; meanwhile restore with backup.restore-files into another file system.'
      : `If ${from.region} is lost, write localOnly: true and retry: it ends the replication in ${to.region} only.`;
    return fail(`EFS has not ended the replication into ${to.fileSystemId}. ${note}`, mend);
  }
  if (note) return pending(note);
  const found = await readFileSystem(context.aws, to);
  if (!found) {
    const { what, mend } = missingFileSystem(to);
    return fail(what, mend);
  }
  if (!isWritable(found) || found.LifeCycleState !== 'available') {
    const { LifeCycleState, FileSystemProtection } = found;
    const protection = FileSystemProtection?.ReplicationOverwriteProtection;
    return pending(`${to.fileSystemId} is ${LifeCycleState}, its overwrite protection ${protection}.`);
  }
  const mounts = await countMountTargets(context.aws, to);
  if (mounts < mountTargets) return pending(`${mounts} of ${mountTargets} mount targets are available.`);
  const outputs = { lossSeconds, lastReplicatedAt, mountTargets: mounts };
  return finish(
    `${to.fileSystemId} in ${to.region} can be written to, with ${mounts} mount targets; ${formatLoss(lossSeconds)} before the outage is missing.`,
    outputs,
    outputs,
  );
}

/**
 * Ends the replication of EFS, so that the replica becomes writable. A planned move waits until everything from before
 * it has arrived, which is a loss of nothing if the writers were stopped; a forced one says how much is missing. That
 * the API calls it writable is not that a write works: let a function that has it mounted try (lambda.invoke).
 *
 * It has no undo: the way back is efs.replicate-back, which overwrites one of the two.
 */
export const action = defineAction({
  kind: 'efs.fail-over-replication',
  summary: 'Ends the replication of an EFS file system, so that its replica is written to',
  parameters,
  components: { to: 'efs-file-system', from: 'efs-file-system' },
  outputs: {
    lossSeconds: 'seconds of files before the outage that are missing at most; -1 if nobody knows',
    lastReplicatedAt: 'everything from before this time is there, ISO-8601 UTC; empty if nobody knows',
    mountTargets: 'mount targets that are available',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer', 'expects-silence'],
  typical: {
    minSeconds: 60,
    likelySeconds: 240,
    maxSeconds: 900,
    source: 'EFS User Guide, "Deleting replication configurations": several minutes',
  },
  failureModes: [
    'The replica has no mount targets, or security groups that let nobody in',
    'Whoever has the old file system mounted goes on writing to it',
    'Files that were being replicated at the cut lie in a folder efs-replication-lost+found-…',
    'The replication was paused or in error for days, and nobody looked at TimeSinceLastSync',
    'EFS can not end the replication in the lost region, and keeps it in DELETING',
  ],
  contradictions: ({ to, from }) =>
    to.id === from.id || (to.replicaOf !== undefined && to.replicaOf !== from.id)
      ? [
          {
            what: `${to.id} is no replica of ${from.id}`,
            mend: to.replicaOf ? `Write "from: ${to.replicaOf}".` : 'Name the replica under "to".',
          },
        ]
      : [],
  permissions: ({ to, from }) => [
    readPermissions(to, from),
    {
      // Named by the source, and asked for in the region of the replica.
      actions: ['elasticfilesystem:DeleteReplicationConfiguration'],
      resources: [fileSystemArn(to), fileSystemArn(from), fileSystemArn({ ...from, region: to.region })],
    },
  ],
  prepare,
  async act(context, given, stored) {
    await advance(context, given, stored);
  },
  observe,
});
