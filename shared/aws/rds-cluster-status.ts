import type { StatusMeaning } from './rds-status.ts';

const mends: Record<string, string> = {
  stopped: 'Start the cluster with StartDBCluster, then retry the step.',
  'inaccessible-encryption-credentials':
    'RDS lost access to the KMS key. Enable the key and its policy, then restore to a point in time.',
  'inaccessible-encryption-credentials-recoverable':
    'RDS lost access to the KMS key. Enable the key within seven days, then start the cluster.',
  'migration-failed': 'Delete the cluster and restore it again, from another snapshot if there is one.',
  'cloning-failed': 'Delete the cluster and restore it from a snapshot.',
  'incompatible-parameters':
    'The cluster parameter group asks for what the instances do not have. Attach another one, reboot, then retry.',
  failed: 'Delete the cluster and retry the step, or restore by hand from another point.',
};

/**
 * What a DB cluster's `Status` means for a step that waits for it. Source: Aurora User Guide, "Viewing DB cluster
 * status in an Aurora cluster".
 */
export function meaningOfClusterStatus(status: string | undefined, identifier: string): StatusMeaning {
  const known = status ?? 'unknown';
  // Both leave reading and writing as they are.
  if (known === 'available' || known === 'backing-up' || known === 'storage-optimization') {
    return { kind: 'settled' };
  }
  const mend = mends[known];
  if (mend === undefined) return { kind: 'moving', status: known };
  return { kind: 'stuck', status: known, reason: { what: `The cluster ${identifier} is ${known}`, mend } };
}

/** Statuses in which a member of a cluster serves. */
export function serves(instanceStatus: string | undefined): boolean {
  return instanceStatus === 'available' || instanceStatus === 'backing-up';
}
