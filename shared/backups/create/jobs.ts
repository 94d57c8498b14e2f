import { BackupClient, StartBackupJobCommand } from '@aws-sdk/client-backup';
import { CodeBuildClient, StartBuildCommand } from '@aws-sdk/client-codebuild';
import {
  CreateSnapshotCommand,
  DeleteSnapshotCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { request } from '../../aws/aws-errors.ts';
import { shortHash } from '../../aws/names.ts';
import { RequestRejectedError } from '../../errors.ts';
import { type JsonObject, objectOrEmpty } from '../../json.ts';
import type { BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { backupTag, backupTags } from '../names.ts';
import { expired } from '../retention.ts';
import { whyMadeElsewhere } from '../who-makes.ts';
import type { Made, Making } from './made.ts';

const daySeconds = 86_400;
const stampOf = ({ dueAt }: Making) => dueAt.slice(0, 16).replace('T', '-').replaceAll(':', '');

/** Starts a job of AWS Backup. What it makes is copied once it is finished (`copies.ts`). */
export async function startAwsBackup(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'aws-backup'>,
): Promise<Made> {
  const { aws, plan, clock } = runtime;
  const { region, vault, role, resource } = backup;
  const days = Math.ceil(backup.retention / daySeconds);
  const client = aws.client(BackupClient, region);
  const reply = await request({ call: 'backup.StartBackupJob', region }, () =>
    client.send(
      new StartBackupJobCommand({
        BackupVaultName: vault,
        ResourceArn: resource,
        IamRoleArn: role,
        IdempotencyToken: shortHash(`${making.backup}/${making.dueAt}`, 32),
        Lifecycle: { DeleteAfterDays: days },
        RecoveryPointTags: Object.fromEntries(
          backupTags(
            plan.system.id,
            making.backup,
            new Date(clock.now().getTime() + backup.retention * 1000),
          ).map(({ Key, Value }) => [Key, Value]),
        ),
      }),
    ),
  );
  return {
    status: 'made',
    id: reply.BackupJobId ?? 'unknown',
    sourceTime: clock.now().toISOString(),
    removed: [],
  };
}

/** Starts what makes a dump: a Job from a CronJob's template, or a build. Nothing, if something else makes it. */
export async function startDump(runtime: Runtime, making: Making, backup: BackupOf<'dump'>): Promise<Made> {
  const { madeBy } = backup;
  const sourceTime = runtime.clock.now().toISOString();
  if (!madeBy) return { status: 'elsewhere', why: whyMadeElsewhere(backup) ?? '' };
  if (madeBy.type === 'codebuild') {
    const { project, region } = madeBy;
    const reply = await request({ call: 'codebuild.StartBuild', region }, () =>
      runtime.aws.client(CodeBuildClient, region).send(
        new StartBuildCommand({
          projectName: project,
          idempotencyToken: shortHash(`${making.backup}/${making.dueAt}`, 32),
        }),
      ),
    );
    return { status: 'made', id: reply.build?.id ?? project, sourceTime, removed: [] };
  }
  const cluster = runtime.plan.components[madeBy.cluster];
  if (cluster?.type !== 'eks-cluster') throw new Error(`The plan has no eks-cluster "${madeBy.cluster}"`);
  const access = { cluster: cluster.name, region: cluster.region };
  const cronJob = await get(
    runtime,
    access,
    `/apis/batch/v1/namespaces/${madeBy.namespace}/cronjobs/${madeBy.name}`,
  );
  const template = objectOrEmpty(objectOrEmpty(cronJob.spec).jobTemplate);
  const id = `${madeBy.name}-${stampOf(making)}`.slice(0, 63);
  await post(runtime, access, `/apis/batch/v1/namespaces/${madeBy.namespace}/jobs`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...objectOrEmpty(template.metadata),
      name: id,
      namespace: madeBy.namespace,
      labels: { [backupTag.replace(':', '/')]: making.backup },
    },
    spec: objectOrEmpty(template.spec),
  });
  return { status: 'made', id, sourceTime, removed: [] };
}

/** Makes a Backup object from the template of Velero's own Schedule; Velero removes it when its time is over. */
export async function startVelero(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'velero'>,
): Promise<Made> {
  const cluster = runtime.plan.components[backup.cluster];
  if (cluster?.type !== 'eks-cluster') throw new Error(`The plan has no eks-cluster "${backup.cluster}"`);
  const access = { cluster: cluster.name, region: cluster.region };
  const base = `/apis/velero.io/v1/namespaces/${backup.namespace}`;
  const schedule = await get(runtime, access, `${base}/schedules/${backup.veleroSchedule}`);
  const id = `${backup.veleroSchedule}-${stampOf(making)}`;
  await post(runtime, access, `${base}/backups`, {
    apiVersion: 'velero.io/v1',
    kind: 'Backup',
    metadata: {
      name: id,
      namespace: backup.namespace,
      labels: { 'velero.io/schedule-name': backup.veleroSchedule },
    },
    spec: {
      ...objectOrEmpty(objectOrEmpty(schedule.spec).template),
      ttl: `${Math.ceil(backup.retention / 3600)}h0m0s`,
    },
  });
  return { status: 'made', id, sourceTime: runtime.clock.now().toISOString(), removed: [] };
}

/** A snapshot of each volume, and the removal of those whose time is over. Copies are made by `copies.ts`. */
export async function snapshotVolumes(
  runtime: Runtime,
  making: Making,
  backup: BackupOf<'volumes'>,
): Promise<Made> {
  const { aws, plan, clock } = runtime;
  const { region, tag } = backup;
  const ec2 = aws.client(EC2Client, region);
  const filter = [{ Name: `tag:${tag.key}`, Values: [tag.value] }];
  const call = <T>(name: string, where: string, send: () => Promise<T>) =>
    request({ call: `ec2.${name}`, region: where }, send);
  const volumes = await call('DescribeVolumes', region, () =>
    ec2.send(new DescribeVolumesCommand({ Filters: filter })),
  );
  const own = [...filter, { Name: `tag:${backupTag}`, Values: [making.backup] }];
  const before = await call('DescribeSnapshots', region, () =>
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: own })),
  );
  const tags = [
    { Key: tag.key, Value: tag.value },
    { Key: 'lifeboat:due-at', Value: making.dueAt },
    ...backupTags(plan.system.id, making.backup, new Date(clock.now().getTime() + backup.retention * 1000)),
  ];
  const removed: string[] = [];
  for (const { VolumeId } of volumes.Volumes ?? []) {
    const ofVolume = (before.Snapshots ?? []).filter(snapshot => snapshot.VolumeId === VolumeId);
    const isDone = ofVolume.some(({ Tags }) =>
      Tags?.some(({ Key, Value }) => Key === 'lifeboat:due-at' && Value === making.dueAt),
    );
    if (!isDone) {
      const TagSpecifications = [{ ResourceType: 'snapshot' as const, Tags: tags }];
      await call('CreateSnapshot', region, () =>
        ec2.send(new CreateSnapshotCommand({ VolumeId, TagSpecifications })),
      );
    }
    const kept = ofVolume.map(({ SnapshotId = '', StartTime = new Date(0), State }) => ({
      id: SnapshotId,
      at: StartTime,
      usable: State === 'completed',
    }));
    for (const { id } of making.keepsOld ? [] : expired(kept, backup.retention, clock.now())) {
      await call('DeleteSnapshot', region, () => ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })));
      removed.push(id);
    }
  }
  return {
    status: 'made',
    id: `${volumes.Volumes?.length ?? 0} volumes`,
    sourceTime: clock.now().toISOString(),
    removed,
  };
}

type Access = { cluster: string; region: string };

async function get(runtime: Runtime, access: Access, path: string): Promise<JsonObject> {
  const { status, body } = await runtime.kubernetes(access, { method: 'GET', path });
  if (status === 200) return objectOrEmpty(body);
  throw new RequestRejectedError(`The cluster ${access.cluster} answers ${status} to GET ${path}`, {
    nextStep: 'Correct the name in the plan, or make the object in the cluster.',
  });
}

/** 409 is the answer to a repeat: the name follows from when it was due. */
async function post(runtime: Runtime, access: Access, path: string, body: JsonObject): Promise<void> {
  const { status } = await runtime.kubernetes(access, { method: 'POST', path, body });
  if (status === 201 || status === 200 || status === 409) return;
  throw new RequestRejectedError(`The cluster ${access.cluster} answers ${status} to POST ${path}`, {
    nextStep: "Allow the backups function's access entry to create it, then make the backup again.",
  });
}
