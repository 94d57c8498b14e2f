/** What can be wrong with a backup file, each told apart from the others by name. */
const fileProblems = [
  'missing',
  'empty',
  'truncated',
  'half-written',
  'corrupt',
  'wrong-format',
  'differs-from-manifest',
] as const;
export type FileProblemKind = (typeof fileProblems)[number];

/** Thrown inside the checks of a file, and turned into the verdict at the end. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly kind: FileProblemKind;
  readonly mend: string;

  constructor(kind: FileProblemKind, what: string, mend = mends[kind]) {
    super(what);
    this.kind = kind;
    this.mend = mend;
  }
}

const mends: Record<FileProblemKind, string> = {
  missing: 'Look where the backup job writes to and whether it ran; take a backup now.',
  empty:
    'Look at the log of the job: a dump that fails in front of a pipe leaves an empty file behind. Run it with `set -o pipefail`, and take a backup now.',
  truncated:
    'The file was cut off on its way: a full disk, an upload that stopped, or a copy that is still under way. Copy it again, or take a backup now.',
  'half-written':
    'Whatever wrote the file stopped before its end. Look at the log of the job, run it with `set -o pipefail`, and take a backup now.',
  corrupt:
    'Bytes of the file were changed after it was written. Take another copy of it, or an older backup; look at the disk or the transfer.',
  'wrong-format': 'Look what the job really writes; mend its options or the format in the plan.',
  'differs-from-manifest':
    'The file is not the one that the manifest was written for. Find out which of the two is right; do not restore from it before.',
};
