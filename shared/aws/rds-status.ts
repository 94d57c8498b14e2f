import type { Reason } from '../actions/contract.ts';

/**
 * What a DB instance's status means for a step that waits for it. `settled` is `available`; `moving` becomes something
 * else by itself; `stuck` needs a person. Source: RDS User Guide, "Viewing Amazon RDS DB instance status".
 */
export type StatusMeaning =
  | { kind: 'settled' }
  | { kind: 'moving'; status: string }
  | { kind: 'stuck'; status: string; reason: Reason };

const mends: Record<string, string> = {
  failed: 'Delete the instance and retry the step, or restore by hand from another point.',
  'incompatible-restore':
    'RDS could not restore to this point. Delete the instance and choose another restore point.',
  'incompatible-parameters':
    'The parameter group asks for more than the instance class has. Attach the default parameter group or mend the one in the plan, reboot, then retry.',
  'incompatible-network':
    'Subnets or security groups are gone, or no address is free. Mend the subnet group in the plan, then restore again.',
  'incompatible-option-group': 'Mend or replace the option group, then restore again.',
  'incompatible-credentials':
    'RDS could not use the credentials. Set a new master password with ModifyDBInstance, then retry.',
  'inaccessible-encryption-credentials':
    'RDS lost access to the KMS key. Enable the key and its policy, then restore to a point in time.',
  'inaccessible-encryption-credentials-recoverable':
    'RDS lost access to the KMS key. Enable the key within seven days, then start the instance.',
  'restore-error':
    'RDS reports an error while restoring. Delete the instance and choose another restore point.',
  'storage-full': 'Raise the allocated storage with ModifyDBInstance, then retry.',
  'insufficient-capacity': 'AWS has no capacity: choose another instance class in the plan, then retry.',
};

/** Sorts a `DBInstanceStatus`. `stopped` counts as stuck, because nothing starts it by itself within a step. */
export function meaningOfStatus(status: string | undefined, identifier: string): StatusMeaning {
  const known = status ?? 'unknown';
  if (known === 'available' || known === 'storage-optimization') return { kind: 'settled' };
  const mend = known.startsWith('stop')
    ? 'Start the instance with StartDBInstance, then retry the step.'
    : mends[known];
  if (mend === undefined || known === 'stopping') return { kind: 'moving', status: known };
  return { kind: 'stuck', status: known, reason: { what: `${identifier} is ${known}`, mend } };
}

/** Statuses in which RDS takes no final snapshot and accepts a deletion only without one (DeleteDBInstance). */
export function canTakeFinalSnapshot(status: string | undefined): boolean {
  return status === 'available' || status === 'stopped';
}
