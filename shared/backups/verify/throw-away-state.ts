import type { Reason } from '../../actions/contract.ts';

/** `full` when the account's quota is reached. */
export type Started = 'started' | 'full';
export type Found =
  | { state: 'missing' }
  | { state: 'moving'; creating: boolean }
  | { state: 'stuck'; reason: Reason }
  | { state: 'up'; endpoint: { host: string; port: number }; secretArn: string | undefined };

/** Names of errors that say so. */
export const quotaErrors = [
  'InstanceQuotaExceededFault',
  'InstanceQuotaExceeded',
  'StorageQuotaExceededFault',
  'DBClusterQuotaExceededFault',
];
