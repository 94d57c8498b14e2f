import {
  CopySnapshotCommand,
  CreateSnapshotsCommand,
  DescribeSnapshotsCommand,
  type DescribeSnapshotsCommandOutput,
  EC2Client,
  type Snapshot,
  type Tag,
} from '@aws-sdk/client-ec2';
import type { ActionContext } from '../actions/contract.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { expiresTag, shortHash } from './names.ts';

/** What the snapshot was taken of, and what a copy was taken of. */
export const instanceTag = 'lifeboat:instance';
export const copyTag = 'lifeboat:copy-of';
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

/** Snapshots of this account in a region that carry a tag. */
export async function taggedSnapshots(
  aws: AwsClients,
  region: string,
  key: string,
  value: string,
): Promise<Snapshot[]> {
  const found: Snapshot[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeSnapshotsCommand({
      OwnerIds: ['self'],
      Filters: [{ Name: `tag:${key}`, Values: [value] }],
      NextToken,
    });
    const page: DescribeSnapshotsCommandOutput = await request(
      { call: 'ec2.DescribeSnapshots', region },
      () => aws.client(EC2Client, region).send(command),
    );
    found.push(...(page.Snapshots ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

export function tagOf(snapshot: Snapshot, key: string): string | undefined {
  return snapshot.Tags?.find(tag => tag.Key === key)?.Value;
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
