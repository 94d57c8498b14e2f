import {
  DescribeSnapshotsCommand,
  type DescribeSnapshotsCommandOutput,
  EC2Client,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

/** What a copy was taken of. */
export const copyTag = 'lifeboat:copy-of';

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
