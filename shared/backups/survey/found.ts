import type { KeyState } from '../../aws/kms-keys.ts';
import type { FileVerdict } from '../files/check-file.ts';

/** One backup that is there, as far as its service says. */
export type FoundBackup = {
  /** How its service names it: an identifier, an ARN, a key. */
  id: string;
  /** The last moment whose data is in it. */
  at: Date;
  /** Whether it can be restored from; a text says what it is instead, such as "creating". */
  usable: true | string;
  bytes?: number;
  encrypted?: boolean;
  /** Of a fleet or of volumes: what it is a backup of. */
  of?: string;
};

/** What was found out about one class of backups. */
export type Survey = {
  found: FoundBackup[];
  /** Things of which each has to have a backup of its own: databases of a fleet, volumes. */
  expected?: string[];
  /** The key that is needed to restore, where the plan names one. */
  key?: KeyState;
  /** How long the service is set to keep them, in seconds, where it says so. */
  keptSeconds?: number;
  /** What the newest file is, read to its end. */
  newestFile?: FileVerdict;
  /** The newest ones in the place that they are copied to. */
  copies?: FoundBackup[];
  /** The region that the backups are in, when it does not answer: then `found` are their copies in the other one. */
  unanswered?: string;
  /** Sentences about what is not as it must be, that only this kind of service knows. */
  faults: { name: string; what: string; mend: string }[];
};

export const newestFirst = (a: FoundBackup, b: FoundBackup) =>
  b.at.getTime() - a.at.getTime() || (a.id < b.id ? -1 : 1);
