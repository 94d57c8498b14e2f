import { commandRule } from '../commands.ts';

export const newestByName = commandRule({
  id: 'newest-by-name',
  severity: 'error',
  reason:
    'The last one in a list may be half written, made after the damage, or of another day: newest is what is verified and from before.',
  mistakes: [
    {
      pattern:
        /\b(?:aws\s+s3\s+ls|ls|gsutil\s+ls|velero\s+backup\s+get)\b[^;&]*\|\s*(?:tail|head)\s+(?:-n\s*)?-?1\b|\bsort_by\([^)]*\)(?:\s*\)?\[-?[01]\])|\b[\w-]*latest[\w-]*(?:\.\w+)*\.(?:sql|dump|gz|zst|xz|tar|tgz|rdb|bak|pgdump)\b/i,
      message: 'A backup is chosen by its name or by its place in a list',
      mend: 'Use s3.latest or rds.find-restore-point with "before: ${incident.startedAt}", or a backup of the plan that is proven.',
    },
    {
      pattern: /\baws\s+s3\s+cp\s+(?:\S*\/)?[\w.-]*\*\S*\s+s3:/,
      message: 'aws s3 cp takes one file: what the pattern stands for beyond it is not copied',
      mend: 'Name the one file of this run, or use "aws s3 sync" with --exclude and --include.',
    },
  ],
});
