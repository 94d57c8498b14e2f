import {
  CreateDBInstanceCommand,
  type DBClusterSnapshot,
  RDSClient,
  RestoreDBClusterFromSnapshotCommand,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { Permission, Reason } from '../actions/contract.ts';
import type { RefusedError } from '../errors.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNamed, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { grantsKey, readsKey } from './kms-permissions.ts';
import { type KnownRefusals, refusalBehind } from './known-refusals.ts';
import { runTag } from './names.ts';
import { clusterRestoreReads, rdsArn } from './rds-arns.ts';
import { secretReadPermission } from './secret-reference.ts';

type Target = ComponentOf<'rds-cluster-restore-target'>;
type Tags = { Key: string; Value: string }[];

export type ClusterRestore = {
  identifier: string;
  target: Target;
  /** A snapshot by its identifier (ARN if shared); a cluster of the same region by its identifier. */
  from: { snapshot: string; engineVersion?: string } | { cluster: string; restoreTime: Date | undefined };
  deletionProtection: boolean;
  tags: Tags;
};

export const isAurora = ({ engine }: Target) => engine.startsWith('aurora');

/** The call that `startClusterRestore` makes, for the ledger. */
export function clusterRestoreCall(from: ClusterRestore['from']): string {
  return 'snapshot' in from ? 'rds.RestoreDBClusterFromSnapshot' : 'rds.RestoreDBClusterToPointInTime';
}

/** Asks RDS to make the cluster, with everything that it would otherwise default to something wrong. */
export async function startClusterRestore(aws: AwsClients, wanted: ClusterRestore): Promise<void> {
  const { target, identifier, from } = wanted;
  const { region } = target;
  const client = aws.client(RDSClient, region);
  const settings = {
    DBClusterIdentifier: identifier,
    DBSubnetGroupName: target.subnetGroup,
    VpcSecurityGroupIds: target.securityGroups,
    DBClusterParameterGroupName: target.clusterParameterGroup,
    KmsKeyId: target.kmsKey,
    Port: target.port,
    CopyTagsToSnapshot: true,
    DeletionProtection: wanted.deletionProtection,
    BackupRetentionPeriod: 7,
    Tags: wanted.tags,
    // A Multi-AZ DB cluster makes its three instances itself; an Aurora cluster has none until one is made.
    ...(!isAurora(target) && { DBClusterInstanceClass: target.instanceClass, PubliclyAccessible: false }),
  };
  await request({ call: clusterRestoreCall(from), region }, async () => {
    if ('snapshot' in from) {
      await client.send(
        new RestoreDBClusterFromSnapshotCommand({
          ...settings,
          SnapshotIdentifier: from.snapshot,
          Engine: target.engine,
          EngineVersion: from.engineVersion,
        }),
      );
      return;
    }
    await client.send(
      new RestoreDBClusterToPointInTimeCommand({
        ...settings,
        SourceDBClusterIdentifier: from.cluster,
        RestoreType: 'full-copy',
        ...(from.restoreTime === undefined
          ? { UseLatestRestorableTime: true }
          : { RestoreToTime: from.restoreTime }),
      }),
    );
  });
}

/** Makes one DB instance of an Aurora cluster; "exists already" is success, for the name is the run's own. */
export async function createClusterInstance(
  aws: AwsClients,
  target: Target,
  names: { cluster: string; instance: string },
  tags: Tags,
): Promise<void> {
  const { region } = target;
  try {
    await request({ call: 'rds.CreateDBInstance', region }, () =>
      aws.client(RDSClient, region).send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: names.instance,
          DBClusterIdentifier: names.cluster,
          DBInstanceClass: target.instanceClass,
          Engine: target.engine,
          PubliclyAccessible: false,
          Tags: tags,
        }),
      ),
    );
  } catch (error) {
    if (!isNamed(error, 'DBInstanceAlreadyExistsFault')) throw error;
  }
}

/** The moment whose data a snapshot holds, if it can be restored from: a copy keeps the time of its original. */
export function snapshotTime({ Status, SnapshotCreateTime }: DBClusterSnapshot): Date | undefined {
  return Status === 'available' ? SnapshotCreateTime : undefined;
}

/** The newest snapshot that can be restored and is not younger than `notAfter`. */
export function newestSnapshot(
  snapshots: readonly DBClusterSnapshot[],
  notAfter: Date | undefined,
): DBClusterSnapshot | undefined {
  const usable = snapshots.filter(snapshot => {
    const at = snapshotTime(snapshot);
    return at !== undefined && (notAfter === undefined || at <= notAfter);
  });
  return usable.sort((a, b) => Number(b.SnapshotCreateTime) - Number(a.SnapshotCreateTime))[0];
}

/** Errors that RDS answers with at once, before it makes anything, and what mends them. */
const refusals: KnownRefusals<Target> = [
  {
    names: [
      'InvalidVPCNetworkStateFault',
      'InvalidSubnet',
      'InvalidParameterCombination',
      'InvalidParameterValue',
    ],
    mend: ({ region, securityGroups, subnetGroup }) =>
      `Check that the security groups ${securityGroups.join(', ')} exist in ${region} and belong to the VPC of the subnet group ${subnetGroup}; mend the plan, then retry.`,
  },
  {
    names: ['DBSubnetGroupNotFoundFault', 'DBSubnetGroupDoesNotCoverEnoughAZs'],
    mend: ({ region, subnetGroup }) =>
      `Make the subnet group ${subnetGroup} in ${region}, over three zones, then retry.`,
  },
  {
    names: ['DBClusterParameterGroupNotFoundFault'],
    mend: ({ region, clusterParameterGroup }) =>
      `Make the cluster parameter group ${clusterParameterGroup} in ${region}, then retry.`,
  },
  {
    names: ['KMSKeyNotAccessibleFault'],
    mend: ({ region, kmsKey }) =>
      `Enable the key ${kmsKey} in ${region} and allow this step's role kms:CreateGrant and kms:DescribeKey on it, then retry.`,
  },
];

/** The refusal behind an error of `startClusterRestore`, or undefined if it is of another kind. */
export function clusterRefusalOf(error: unknown, target: Target): RefusedError | undefined {
  return refusalBehind(error, refusals, target);
}

export function noSnapshot({ sourceIdentifier, sourceRegion, region }: Target, notAfter?: Date): Reason {
  const limit = notAfter ? ` from before ${notAfter.toISOString()}` : '';
  return {
    what: `There is no snapshot of the cluster ${sourceIdentifier} in ${region}${limit} that is available`,
    mend: `Automated snapshots stay in their own region, and clusters have no replicated backups. If ${sourceRegion} still answers, copy the newest one: aws rds copy-db-cluster-snapshot --source-region ${sourceRegion} --region ${region}. For the next time copy them with AWS Backup.`,
  };
}

/** What restoring into this target, probing it and removing it again need. */
export function clusterRestorePermissions(target: Target): Permission[] {
  const { region, sourceIdentifier, kmsKey } = target;
  const cluster = rdsArn('cluster', region, `${target.identifier}-*`);
  const instance = rdsArn('db', region, `${target.identifier}-*`);
  const ownOnly = { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } };
  const tagged = { Null: { [`aws:RequestTag/${runTag}`]: 'false' } };
  const restore = ['rds:RestoreDBClusterFromSnapshot', 'rds:RestoreDBClusterToPointInTime'];
  return [
    {
      actions: ['rds:DescribeDBClusters'],
      resources: [cluster, rdsArn('cluster', region, sourceIdentifier)],
    },
    {
      actions: ['rds:DescribeDBInstances', 'rds:DescribeDBClusterSnapshots'],
      resources: [
        rdsArn('db', region, '*'),
        rdsArn('cluster', region, '*'),
        rdsArn('cluster-snapshot', region, '*'),
      ],
      reason: 'Lists members and snapshots; which ones there are is what is to be found out',
    },
    { actions: [...restore, 'rds:CreateDBInstance'], resources: [cluster, instance], conditions: tagged },
    {
      actions: [...restore, 'rds:CreateDBInstance'],
      resources: clusterRestoreReads(target),
      reason: 'What a restore reads and refers to',
    },
    { actions: ['rds:AddTagsToResource'], resources: [cluster, instance], conditions: tagged },
    {
      actions: ['rds:ModifyDBCluster', 'rds:DeleteDBCluster', 'rds:DeleteDBInstance'],
      resources: [cluster, instance],
      conditions: ownOnly,
    },
    {
      actions: ['rds:CreateDBClusterSnapshot'],
      resources: [cluster, rdsArn('cluster-snapshot', region, `${target.identifier}-*`)],
    },
    readsKey(region, kmsKey),
    grantsKey('rds', region, kmsKey),
    secretReadPermission(target.credentials, region),
  ];
}
