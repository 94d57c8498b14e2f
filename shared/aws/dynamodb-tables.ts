import {
  type BackupSummary,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListBackupsCommand,
  type ListBackupsCommandOutput,
  ListTagsOfResourceCommand,
  type PointInTimeRecoveryDescription,
  ScanCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { runTag } from './names.ts';

/** The table, or undefined if there is none of this name. DescribeTable may miss one that was just made. */
export async function readTable(
  aws: AwsClients,
  region: string,
  name: string,
): Promise<TableDescription | undefined> {
  return ifFound(['ResourceNotFoundException'], async () => {
    const reply = await request({ call: 'dynamodb.DescribeTable', region }, () =>
      aws.client(DynamoDBClient, region).send(new DescribeTableCommand({ TableName: name })),
    );
    return reply.Table;
  });
}

/** Between which moments the table can be restored to; undefined where that is off. */
export async function readPointInTime(
  aws: AwsClients,
  region: string,
  name: string,
): Promise<PointInTimeRecoveryDescription | undefined> {
  const reply = await request({ call: 'dynamodb.DescribeContinuousBackups', region }, () =>
    aws.client(DynamoDBClient, region).send(new DescribeContinuousBackupsCommand({ TableName: name })),
  );
  const found = reply.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
  return found?.PointInTimeRecoveryStatus === 'ENABLED' ? found : undefined;
}

/**
 * Backups of a table, newest first, those of a deleted one as well. The ones of AWS Backup are left out: DynamoDB does
 * not restore them itself.
 */
export async function readBackups(aws: AwsClients, region: string, name: string): Promise<BackupSummary[]> {
  const found: BackupSummary[] = [];
  let after: string | undefined;
  do {
    const command = new ListBackupsCommand({
      TableName: name,
      BackupType: 'ALL',
      ExclusiveStartBackupArn: after,
    });
    const page: ListBackupsCommandOutput = await request({ call: 'dynamodb.ListBackups', region }, () =>
      aws.client(DynamoDBClient, region).send(command),
    );
    found.push(...(page.BackupSummaries ?? []));
    after = page.LastEvaluatedBackupArn;
  } while (after !== undefined);
  const madeAt = ({ BackupCreationDateTime: at }: BackupSummary) => at?.getTime() ?? 0;
  return found
    .filter(({ BackupStatus, BackupType }) => BackupStatus === 'AVAILABLE' && BackupType !== 'AWS_BACKUP')
    .sort((a, b) => madeAt(b) - madeAt(a));
}

export async function hasRunTag(aws: AwsClients, region: string, arn: string, run: string): Promise<boolean> {
  const reply = await request({ call: 'dynamodb.ListTagsOfResource', region }, () =>
    aws.client(DynamoDBClient, region).send(new ListTagsOfResourceCommand({ ResourceArn: arn })),
  );
  return reply.Tags?.some(({ Key, Value }) => Key === runTag && Value === run) ?? false;
}

/** Whether the table can be read and holds at least one item. */
export async function holdsItems(aws: AwsClients, region: string, name: string): Promise<boolean> {
  const reply = await request({ call: 'dynamodb.Scan', region }, () =>
    aws.client(DynamoDBClient, region).send(new ScanCommand({ TableName: name, Limit: 1, Select: 'COUNT' })),
  );
  return (reply.Count ?? 0) > 0 || reply.LastEvaluatedKey !== undefined;
}
