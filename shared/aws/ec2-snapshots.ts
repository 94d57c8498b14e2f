import {
  CopySnapshotCommand,
  CreateSnapshotsCommand,
  EC2Client,
  type Snapshot,
  type Tag,
} from '@aws-sdk/client-ec2';
import type { ActionContext } from '../actions/contract.ts';
import { request } from './aws-errors.ts';
import { expiresTag, shortHash } from './names.ts';
import { copyTag, taggedSnapshots } from './tagged-snapshots.ts';

/** What the snapshot was taken of. */
export const instanceTag = 'lifeboat:instance';
/** Which step of which run made it: what a repeated call finds again. */
const stepTag = 'lifeboat:step';

const stepMark = ({ run, step }: ActionContext) => shortHash(`${run.id}/${step.id}`, 12);

/** Evidence outlives the run: it carries no time to live, so that no sweeper takes it for left over. */
function evidenceTags(context: ActionContext, key: string, value: string): Tag[] {
  return [
    ...context.names.tags().filter(tag => tag.Key !== expiresTag),
    { Key: 'lifeboat:purpose', Value: 'evidence' },
    { Key: stepTag, Value: stepMark(context) },
    { Key: key, Value: value },
  ];
}

/** Snapshots that this step has made so far in a region: of instances, or copies of others. */
export function ownSnapshots(context: ActionContext, region: string): Promise<Snapshot[]> {
  return taggedSnapshots(context.aws, region, stepTag, stepMark(context));
}

/** Snapshots all volumes of an instance at one moment. */
export async function snapshotInstance(context: ActionContext, region: string, id: string): Promise<void> {
  await context.changed({
    call: 'ec2.CreateSnapshots',
    region,
    resource: id,
    what: `Took snapshots of all volumes of ${id} at one moment, as evidence.`,
  });
  const command = new CreateSnapshotsCommand({
    InstanceSpecification: { InstanceId: id },
    Description: `Evidence of ${id}, Lifeboat run ${context.run.id}`,
    TagSpecifications: [{ ResourceType: 'snapshot', Tags: evidenceTags(context, instanceTag, id) }],
  });
  await request({ call: 'ec2.CreateSnapshots', region }, () =>
    context.aws.client(EC2Client, region).send(command),
  );
}

/** Copies a snapshot under a key of one's own, into the same region or another one. */
export async function copySnapshot(
  context: ActionContext,
  from: { region: string; id: string },
  to: { region: string; kmsKey: string },
): Promise<void> {
  await context.changed({
    call: 'ec2.CopySnapshot',
    region: to.region,
    resource: from.id,
    what: `Copied the snapshot ${from.id} from ${from.region} to ${to.region} under the key ${to.kmsKey}.`,
  });
  const command = new CopySnapshotCommand({
    SourceRegion: from.region,
    SourceSnapshotId: from.id,
    DestinationRegion: to.region,
    Encrypted: true,
    KmsKeyId: to.kmsKey,
    Description: `Evidence, copy of ${from.id}, Lifeboat run ${context.run.id}`,
    TagSpecifications: [{ ResourceType: 'snapshot', Tags: evidenceTags(context, copyTag, from.id) }],
  });
  await request({ call: 'ec2.CopySnapshot', region: to.region }, () =>
    context.aws.client(EC2Client, to.region).send(command),
  );
}
