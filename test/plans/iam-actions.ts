import type { Call } from '../../simulator/world/world.ts';

/**
 * Calls whose IAM action is not `service:Operation`. Source: the Service Authorization Reference, where the action of
 * each operation stands.
 */
const others: Readonly<Record<string, string>> = {
  'lambda:Invoke': 'lambda:InvokeFunction',
  's3:CopyObject': 's3:PutObject',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:DeleteObjects': 's3:DeleteObject',
  's3:GetBucketReplication': 's3:GetReplicationConfiguration',
  's3:GetObjectLockConfiguration': 's3:GetBucketObjectLockConfiguration',
  's3:UploadPart': 's3:PutObject',
  's3:UploadPartCopy': 's3:PutObject',
  's3:CreateMultipartUpload': 's3:PutObject',
  's3:CompleteMultipartUpload': 's3:PutObject',
  'dynamodb:TransactWriteItems': 'dynamodb:PutItem',
};

/** What IAM asks for before it lets a call through; a request to a cluster needs its address first. */
export function iamActionOf({ service, operation }: Pick<Call, 'service' | 'operation'>): string {
  if (service === 'kubernetes') return 'eks:DescribeCluster';
  const plain = `${service}:${operation}`;
  return others[plain] ?? plain;
}
