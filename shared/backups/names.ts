import { expiresTag, shortHash, systemTag } from '../aws/names.ts';

/** Tag on everything that Lifeboat makes as a backup: the id of its class in the plan. */
export const backupTag = 'lifeboat:backup';
/** Tags on the copy of an EBS snapshot: of which volume and which moment its data is. EC2 says neither of a copy. */
export const volumeTag = 'lifeboat:volume';
export const dataTimeTag = 'lifeboat:data-time';
/** Tag on everything that a verification makes, so that its sweeper takes nothing else. */
export const purposeTag = 'lifeboat:purpose';
export const verificationPurpose = 'verification';

/** The ledger that holds the evidence of a system's backups, beside those of its incidents. */
export const evidenceLedger = (system: string) => `backups-${system}`;

/** RDS takes 255 characters for the snapshot of an instance, and 63 for that of a cluster. */
const longest = { instance: 255, cluster: 63 } as const;
const stampLength = '-2026-03-10-0200'.length;

/** Name of a snapshot that is made now: `<identifier>-<class>-2026-03-10-0200`. */
export function snapshotName(
  source: { kind: keyof typeof longest; identifier: string },
  backup: string,
  dueAt: string,
): string {
  const stamp = dueAt.slice(0, 16).replace('T', '-').replaceAll(':', '');
  return `${snapshotHead(source, backup)}-${stamp}`;
}

/** What the names of all snapshots of a class begin with. */
export function snapshotHead(
  { kind, identifier }: { kind: keyof typeof longest; identifier: string },
  backup: string,
): string {
  const whole = `${identifier}-${backup}`.replaceAll(/--+/g, '-');
  const room = longest[kind] - stampLength;
  return whole.length <= room ? whole : `${whole.slice(0, room - 7)}-${shortHash(whole, 6)}`;
}

/** Key of a file that is made now: `<prefix>2026-03-10T020000Z-<class>.json`. */
export function fileKey(prefix: string, backup: string, dueAt: string, suffix: string): string {
  return `${prefix}${dueAt.slice(0, 19).replaceAll(':', '')}Z-${backup}${suffix}`;
}

/** Tags of a backup: whose it is, and until when it is kept. Only what carries them is ever deleted. */
export function backupTags(
  system: string,
  backup: string,
  expiresAt: Date,
): { Key: string; Value: string }[] {
  return [
    { Key: systemTag, Value: system },
    { Key: backupTag, Value: backup },
    { Key: expiresTag, Value: expiresAt.toISOString() },
  ];
}

/** Id of a verification from the execution that it is: the same execution is the same verification. */
export const verificationId = (execution: string, startedAt: string) =>
  `${startedAt.slice(0, 10).replaceAll('-', '')}-v${shortHash(execution, 8)}`;
