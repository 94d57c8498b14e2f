import type { DBClusterSnapshot, DBSnapshot, Tag } from '@aws-sdk/client-rds';
import { readClusterSnapshots } from '../../aws/rds-cluster-reader.ts';
import { readSnapshots } from '../../aws/rds-reader.ts';
import type { Runtime } from '../../runtime.ts';
import { backupTag } from '../names.ts';
import { type FoundBackup, newestFirst } from '../survey/found.ts';
import type { Source } from './source.ts';

/** A snapshot of an instance or of a cluster, as far as backups are concerned. */
export type Snapshot = FoundBackup & {
  arn: string | undefined;
  /** `automated`, `manual` or `awsbackup`. */
  type: string | undefined;
  /** Id of the class in the plan that Lifeboat has made it for. */
  madeFor: string | undefined;
};

/** Snapshots in `region` that were taken of the database, the newest data first. */
export async function readSnapshotsOf(
  { aws }: Pick<Runtime, 'aws'>,
  region: string,
  source: Source,
): Promise<Snapshot[]> {
  const found =
    source.kind === 'instance'
      ? (await readSnapshots(aws, region, source)).map(ofInstance)
      : (await readClusterSnapshots(aws, region, source.identifier)).filter(ofRegion(source)).map(ofCluster);
  return found.sort(newestFirst);
}

/** A snapshot says where it was copied from; one that says nothing counts as one of the source. */
const ofRegion =
  ({ region }: Source) =>
  ({ SourceDBClusterSnapshotArn: original }: DBClusterSnapshot): boolean =>
    (original?.split(':')[3] || region) === region;

export function ofInstance(snapshot: DBSnapshot): Snapshot {
  const at =
    snapshot.SnapshotDatabaseTime ?? snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
  return {
    ...common(snapshot, snapshot.TagList),
    id: snapshot.DBSnapshotIdentifier ?? 'unknown',
    arn: snapshot.DBSnapshotArn,
    at: at ?? new Date(0),
    encrypted: snapshot.Encrypted ?? false,
  };
}

/** A copy of a cluster's snapshot keeps the time of its original (RDS API Reference, DBClusterSnapshot). */
function ofCluster(snapshot: DBClusterSnapshot): Snapshot {
  return {
    ...common(snapshot, snapshot.TagList),
    id: snapshot.DBClusterSnapshotIdentifier ?? 'unknown',
    arn: snapshot.DBClusterSnapshotArn,
    at: snapshot.SnapshotCreateTime ?? new Date(0),
    encrypted: snapshot.StorageEncrypted ?? false,
  };
}

type Common = { Status?: string; SnapshotType?: string; AllocatedStorage?: number };

/** Aurora says no size, which it shows as 0 or 1 GB (RDS API Reference, AllocatedStorage). */
function common({ Status, SnapshotType, AllocatedStorage = 0 }: Common, tags: Tag[] | undefined) {
  return {
    usable: Status === 'available' ? (true as const) : (Status ?? 'unknown'),
    type: SnapshotType,
    madeFor: tags?.find(({ Key }) => Key === backupTag)?.Value,
    ...(AllocatedStorage > 1 && { bytes: AllocatedStorage * 2 ** 30 }),
  };
}
