import {
  BackupClient,
  DescribeRestoreJobCommand,
  type DescribeRestoreJobCommandOutput,
  StartRestoreJobCommand,
} from '@aws-sdk/client-backup';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import { shortHash } from '../../aws/names.ts';
import { newestFirst } from '../../backups/survey/found.ts';
import { recoveryPoints } from '../../backups/survey/other-services.ts';
import { efsFileSystem } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import type { BackupOf } from '../../plan/schema.ts';
import { backupsOf, noSuchBackup } from '../backup-step.ts';
import { type ActionContext, defineAction, type Preparation } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  backup: z
    .string()
    .meta({ description: 'Id of a backup of the plan, of type aws-backup, of an EFS file system' }),
  into: efsFileSystem.meta({
    description:
      'File system that the files are put into: the one that lost them, or one that stands ready in the other region',
  }),
  items: z
    .array(z.string().regex(/^\//, 'a path from the root of the file system, such as /sites/default'))
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Files and folders that are wanted; without it, all' }),
  notAfter: z.iso
    .datetime()
    .optional()
    .meta({ description: 'Latest moment whose files are wanted, such as when they were deleted' }),
  maxLoss: durationSchema
    .optional()
    .meta({ description: 'How old the files may be at the start of the outage: the RPO' }),
});
type Given = z.output<typeof parameters>;

const baselineSchema = z.object({
  point: z.string(),
  pointTime: z.string(),
  role: z.string(),
  token: z.string(),
  job: z.string().optional(),
});

/**
 * Restores files of EFS by AWS Backup. AWS Backup overwrites nothing: it makes a folder at the root of the file system
 * and puts them there. To move them to their place is a step of its own, for whatever has the file system mounted.
 */
export const action = defineAction({
  kind: 'backup.restore-files',
  summary: 'Restores files of EFS from AWS Backup into a folder of a file system that is there',
  parameters,
  components: { into: 'efs-file-system' },
  outputs: {
    folder: 'What the name of the folder begins with, at the root of the file system',
    pointTime: 'The moment whose files they are, ISO-8601 UTC',
    job: 'Id of the restore job',
  },
  // What it puts there, no API of AWS takes away again.
  drill: 'prepare-only',
  mutates: true,
  traits: ['brings-data'],
  typical: {
    minSeconds: 300,
    likelySeconds: 1500,
    maxSeconds: 5400,
    source:
      'Experience: 15 to 30 min for some tens of GB; many small files take longer than a few large ones. Replace by measured times.',
  },
  failureModes: [
    'The newest recovery point is a day old, or was never copied to this region',
    'The role may not restore, or may not use the key of the vault',
    'The files lie in a folder of their own, and the application does not find them until they are moved',
    'Recovery points in cold storage take hours longer',
  ],
  // Vault and role are those of the backup; see stepPermissions in deploy/backup-statements/steps.ts.
  permissions: () => [],

  async prepare(context, given) {
    const backup = backupsOf(context).find(given.backup);
    if (!backup) return noSuchBackup(given.backup);
    if (backup.type !== 'aws-backup' || !backup.resource.includes(':file-system/')) {
      return refuse(
        `"${given.backup}" is no backup of an EFS file system by AWS Backup.`,
        'Name one of type aws-backup whose resource is the ARN of a file system.',
      );
    }
    return choose(context, given, backup);
  },

  async act(context, { into, items }, stored) {
    const { point, role, token, job } = baselineSchema.parse(stored);
    if (job !== undefined) return;
    const { region, fileSystemId } = into;
    await context.changed({
      call: 'backup.StartRestoreJob',
      region,
      resource: fileSystemId,
      what: `${items ? items.join(', ') : 'All files'} restored from ${point} into a folder of their own.`,
    });
    const command = new StartRestoreJobCommand({
      RecoveryPointArn: point,
      IamRoleArn: role,
      ResourceType: 'EFS',
      // The same token is the same job, so a repeat after a lost reply starts no second one.
      IdempotencyToken: token,
      Metadata: {
        'file-system-id': fileSystemId,
        newFileSystem: 'false',
        Encrypted: 'true',
        ...(items && { itemsToRestore: JSON.stringify(items) }),
      },
    });
    const reply = await request({ call: 'backup.StartRestoreJob', region }, () =>
      context.aws.client(BackupClient, region).send(command),
    );
    if (reply.RestoreJobId) await context.remember({ job: reply.RestoreJobId });
  },

  async observe(context, { into }, stored) {
    const { job, point, pointTime } = baselineSchema.parse(stored);
    const { region, fileSystemId } = into;
    if (job === undefined) return pending('It is not known yet which job restores the files.');
    const found = await readJob(context, region, job);
    const { Status: status, StatusMessage: message, PercentDone: percent } = found;
    if (status === 'FAILED' || status === 'ABORTED') {
      return fail(
        `The restore job ${job} ended with ${status}: ${message ?? 'no reason given'}`,
        'Look at the job in AWS Backup. Retry the step when the cause is mended; a retry starts a new job.',
      );
    }
    if (status !== 'COMPLETED') return pending(`The restore job is ${status}, ${percent ?? '0%'} done.`);
    const folder = 'aws-backup-restore_';
    const what = `The files of ${pointTime} are in ${fileSystemId} in ${region}, in a folder at its root whose name begins with ${folder}. Nobody has looked into them yet.`;
    return finish(
      what,
      { folder, pointTime, job },
      { point, createdResource: found.CreatedResourceArn ?? '' },
    );
  },
});

/** The vault that this region has of a backup: its own or the one that it is copied to. */
function vaultIn(backup: BackupOf<'aws-backup'>, region: string): string | undefined {
  if (backup.region === region) return backup.vault;
  return backup.copyTo?.region === region ? backup.copyTo.vault : undefined;
}

async function choose(
  context: ActionContext,
  given: Given,
  backup: BackupOf<'aws-backup'>,
): Promise<Preparation> {
  const { into, notAfter, maxLoss } = given;
  const vault = vaultIn(backup, into.region);
  if (vault === undefined) {
    return refuse(
      `"${given.backup}" is neither made in ${into.region} nor copied there.`,
      'Give it "copyTo" with that region, or restore into a file system of its own region.',
    );
  }
  // The vault of this region alone: the other one may be lost.
  const found = await recoveryPoints(context, into.region, vault, backup.resource);
  const limitMs = notAfter === undefined ? Number.POSITIVE_INFINITY : Date.parse(notAfter);
  const [point] = found
    .toSorted(newestFirst)
    .filter(({ usable, at }) => usable === true && at.getTime() <= limitMs);
  if (!point) {
    const before = notAfter === undefined ? '' : ` from before ${notAfter}`;
    return refuse(
      `The vault ${vault} in ${into.region} has no finished recovery point${before}.`,
      'Look in the vault of the other region, and at the backup and copy jobs of the last days.',
    );
  }
  const pointTime = point.at.toISOString();
  const lossSeconds = Math.max(0, (Date.parse(context.run.outageStartedAt) - point.at.getTime()) / 1000);
  if (maxLoss !== undefined && lossSeconds > maxLoss) {
    return refuse(
      `The newest recovery point in ${vault} is of ${pointTime}, ${formatDuration(Math.round(lossSeconds))} before the outage; ${formatDuration(maxLoss)} may be lost.`,
      'Restore it nevertheless with a larger maxLoss, if people accept that.',
    );
  }
  // A retry by a person is a new attempt, so it starts a new job.
  const token = shortHash(`${context.run.id}/${context.step.id}/${context.clock.now().toISOString()}`, 32);
  const baseline = { point: point.id, pointTime, role: backup.role, token };
  return ready(baseline, `Files of ${pointTime} are in ${vault} in ${into.region}.`, { point: point.id });
}

async function readJob(
  context: ActionContext,
  region: string,
  job: string,
): Promise<DescribeRestoreJobCommandOutput> {
  return request({ call: 'backup.DescribeRestoreJob', region }, () =>
    context.aws.client(BackupClient, region).send(new DescribeRestoreJobCommand({ RestoreJobId: job })),
  );
}
