import {
  CreateReplicationConfigurationCommand,
  DeleteReplicationConfigurationCommand,
  UpdateFileSystemProtectionCommand,
} from '@aws-sdk/client-efs';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import {
  efsOf,
  fileSystemArn,
  isWritable,
  leads,
  missingFileSystem,
  readFileSystem,
  readPermissions,
  readReplication,
} from '../../aws/efs-replication.ts';
import { efsFileSystem } from '../../plan/components.ts';
import { formatDuration } from '../../plan/duration.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction, type Observation, type Preparation } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  from: efsFileSystem.meta({ description: 'The file system that is right: it is written to now' }),
  to: efsFileSystem.meta({
    description: 'The one that becomes its replica. Everything in it that the other has not is deleted',
  }),
  approvedBy: approvedByParameter,
});
type Parameters = z.output<typeof parameters>;

/** `existed`: the replication was there before, so that it is not this step's to undo. */
const baselineSchema = z.object({ since: z.string(), existed: z.boolean() });

async function prepare(context: ActionContext, { from, to, approvedBy }: Parameters): Promise<Preparation> {
  const [source, target] = await Promise.all([
    readFileSystem(context.aws, from),
    readFileSystem(context.aws, to),
  ]);
  const reasons = [...(source ? [] : [missingFileSystem(from)]), ...(target ? [] : [missingFileSystem(to)])];
  if (!source || !target) return { status: 'refused', reasons, evidence: [] };
  const [ofSource, ofTarget] = await Promise.all([
    readReplication(context.aws, from),
    readReplication(context.aws, to),
  ]);
  const since = context.clock.now().toISOString();
  if (leads(ofSource, from, to)) {
    return ready(
      { since, existed: true },
      `${from.fileSystemId} is replicated into ${to.fileSystemId} already.`,
    );
  }
  const other = ofSource ?? ofTarget;
  if (other) {
    return refuse(
      `A replication from ${other.sourceId} into ${other.destination.FileSystemId} is there, and a file system can be part of one only.`,
      'End it first with efs.fail-over-replication, or in the console.',
    );
  }
  if (!isWritable(source)) {
    return refuse(
      `${from.fileSystemId} in ${from.region} can not be written to, so it is not the one that is right.`,
      'Look which of the two is written to, and exchange "from" and "to" in the plan if need be.',
    );
  }
  if (source.Encrypted && !target.Encrypted) {
    return refuse(
      `${from.fileSystemId} is encrypted and ${to.fileSystemId} is not: EFS does not replicate into it.`,
      'Make an encrypted file system and name that one.',
    );
  }
  const sizes = [source, target].map(({ SizeInBytes }) => SizeInBytes?.Value ?? 0);
  const what = `${to.fileSystemId} in ${to.region} (${sizes[1]} bytes) becomes a replica of ${from.fileSystemId} in ${from.region} (${sizes[0]} bytes); approved by ${approvedBy}.`;
  return ready({ since, existed: false }, what);
}

async function protect(context: ActionContext, { to }: Parameters, on: boolean): Promise<void> {
  const { region, fileSystemId } = to;
  const call = { call: 'elasticfilesystem.UpdateFileSystemProtection', region };
  const what = `${on ? 'Protected' : 'No longer protected'} ${fileSystemId} against being replicated into.`;
  await context.changed({ ...call, resource: fileSystemId, what });
  const ReplicationOverwriteProtection = on ? 'ENABLED' : 'DISABLED';
  try {
    await request(call, () =>
      efsOf(context.aws, to).send(
        new UpdateFileSystemProtectionCommand({ FileSystemId: fileSystemId, ReplicationOverwriteProtection }),
      ),
    );
  } catch (error) {
    // It is a replica by now, which an earlier look did not show.
    if (!isNamed(error, 'ReplicationAlreadyExists')) throw error;
  }
}

async function replicate(context: ActionContext, { from, to, approvedBy }: Parameters): Promise<void> {
  const call = { call: 'elasticfilesystem.CreateReplicationConfiguration', region: from.region };
  const what = `${from.fileSystemId} (${from.region}) is replicated into ${to.fileSystemId} (${to.region}), which loses what the other has not; approved by ${approvedBy}.`;
  await context.changed({ ...call, resource: to.fileSystemId, what });
  const command = new CreateReplicationConfigurationCommand({
    SourceFileSystemId: from.fileSystemId,
    Destinations: [{ Region: to.region, FileSystemId: to.fileSystemId }],
  });
  try {
    await request(call, () => efsOf(context.aws, from).send(command));
  } catch (error) {
    // An earlier request whose reply was lost has begun it.
    if (!isNamed(error, 'ReplicationAlreadyExists')) throw error;
  }
}

/** Asks for what is not so yet, one thing after the other. */
async function advance(context: ActionContext, given: Parameters): Promise<string | undefined> {
  const { from, to } = given;
  if (leads(await readReplication(context.aws, from), from, to)) return undefined;
  const target = await readFileSystem(context.aws, to);
  if (target && isWritable(target)) await protect(context, given, false);
  await replicate(context, given);
  return 'The replication was asked for.';
}

async function observe(context: ActionContext, given: Parameters, stored: unknown): Promise<Observation> {
  const { from, to } = given;
  const { since, existed } = baselineSchema.parse(stored);
  const note = await advance(context, given);
  if (note) return pending(note);
  const { Status, StatusMessage, LastReplicatedTimestamp } =
    (await readReplication(context.aws, from))?.destination ?? {};
  if (Status === 'ERROR' || Status === 'PAUSED') {
    return fail(
      `The replication into ${to.fileSystemId} is ${Status}${StatusMessage ? `: ${StatusMessage}` : ''}.`,
      'Look at the key and the policy of both file systems, then retry.',
    );
  }
  const at = LastReplicatedTimestamp;
  if (Status !== 'ENABLED' || !at || (!existed && at.getTime() < Date.parse(since))) {
    return pending(`Not everything is in ${to.fileSystemId} yet (${Status ?? 'no replication is shown'}).`);
  }
  const behindSeconds = Math.max(0, Math.round((context.clock.now().getTime() - at.getTime()) / 1000));
  const outputs = { lastReplicatedAt: at.toISOString(), behindSeconds };
  return finish(
    `${to.fileSystemId} in ${to.region} is a replica of ${from.fileSystemId}, ${formatDuration(behindSeconds)} behind.`,
    outputs,
    outputs,
  );
}

async function undo(context: ActionContext, given: Parameters, stored: unknown): Promise<Observation> {
  const { from, to } = given;
  const { existed } = baselineSchema.parse(stored);
  if (existed) return finish('The replication was there before, and stays.');
  const found = await readReplication(context.aws, from);
  if (leads(found, from, to)) {
    if (found?.destination.Status !== 'DELETING') await end(context, given);
    return pending('EFS is ending the replication.');
  }
  const target = await readFileSystem(context.aws, to);
  if (target?.FileSystemProtection?.ReplicationOverwriteProtection === 'DISABLED') {
    await protect(context, given, true);
    return pending(`${to.fileSystemId} is being protected again.`);
  }
  if (target && !isWritable(target)) return pending(`${to.fileSystemId} is not writable yet.`);
  return finish(
    `Nothing is replicated into ${to.fileSystemId} any more. What was overwritten in it stays overwritten.`,
  );
}

async function end(context: ActionContext, { from, to }: Parameters): Promise<void> {
  const call = { call: 'elasticfilesystem.DeleteReplicationConfiguration', region: from.region };
  const what = `Ended the replication from ${from.fileSystemId} into ${to.fileSystemId}.`;
  await context.changed({ ...call, resource: to.fileSystemId, what });
  try {
    await request(call, () =>
      efsOf(context.aws, from).send(
        new DeleteReplicationConfigurationCommand({ SourceFileSystemId: from.fileSystemId }),
      ),
    );
  } catch (error) {
    if (!isNamed(error, 'ReplicationNotFound')) throw error;
  }
}

/**
 * Makes a file system the replica of another one, which was its replica before a failover, or is to be it again after a
 * failback. It destroys: EFS makes the target equal to the source. So a named person approves it, and what is only in
 * the target has to be carried over, or backed up (backup.create), before. Done when everything from before the step is
 * there; to move back is then an efs.fail-over-replication in the mode planned.
 */
export const action = defineAction({
  kind: 'efs.replicate-back',
  summary: 'Replicates an EFS file system into one that is there, which loses what the other has not',
  parameters,
  components: { from: 'efs-file-system', to: 'efs-file-system' },
  outputs: {
    lastReplicatedAt: 'everything from before this time is in the replica, ISO-8601 UTC',
    behindSeconds: 'how far the replica was behind at the end of the step',
  },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 300,
    likelySeconds: 1_200,
    maxSeconds: 10_800,
    source:
      'Experience: some tens of GB; only what differs is copied, and many small files take longer. Replace by measured times',
  },
  failureModes: [
    'What was written to the target while it was cut off is deleted, and nobody had carried it over',
    'Somebody still has the target mounted, and their writes fail from now on: a replica is read-only',
    'The key of the target can not be used, so that the replication is in error',
    'The first copy takes hours',
  ],
  contradictions: ({ from, to }) =>
    from.id === to.id
      ? [
          {
            what: `${from.id} can not be a replica of itself`,
            mend: 'Name the one that is right under "from", and the one that is overwritten under "to".',
          },
        ]
      : [],
  permissions: ({ from, to }) => [
    readPermissions(from, to),
    { actions: ['elasticfilesystem:UpdateFileSystemProtection'], resources: [fileSystemArn(to)] },
    {
      actions: [
        'elasticfilesystem:CreateReplicationConfiguration',
        'elasticfilesystem:DeleteReplicationConfiguration',
      ],
      resources: [fileSystemArn(from), fileSystemArn(to)],
    },
  ],
  prepare,
  async act(context, given) {
    await advance(context, given);
  },
  observe,
  undo,
});
