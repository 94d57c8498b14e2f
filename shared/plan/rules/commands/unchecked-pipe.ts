import { commandRule } from '../commands.ts';

export const uncheckedPipe = commandRule({
  id: 'unchecked-pipe',
  severity: 'error',
  reason:
    'Without pipefail a dump that failed still leaves a file that is valid and empty; without ON_ERROR_STOP a restore that failed half way ends well.',
  mistakes: [
    {
      pattern:
        /\b(?:pg_dump|pg_dumpall|mysqldump|mariadb-dump|mongodump)\b[^;&\n]*\|\s*(?:gzip|pigz|bzip2|lz4|zip|zstd|xz|gpg|age|openssl|aws|gsutil|rclone|mc|ssh|split|tee|cat|pv)\b/,
      unlessAnywhere: /pipefail/,
      message: 'The end of the pipe hides that the dump failed',
      mend: 'Begin with "set -o pipefail", and write size and checksum into a manifest.',
    },
    {
      pattern: /\b(?:psql|mysql)\b[^|;&]*<\s*\S+\.gz\b|\b(?<!z)cat\s+\S+\.gz\s*\|\s*(?:psql|mysql)\b/,
      message: 'This is compressed, and psql reads it as it is',
      mend: 'Use sql.restore-dump, which looks at the file before it loads it.',
    },
    {
      pattern: /\bpsql\b[^|;&]*\s(?:<|-f\b|--file\b)\s*\S|\|\s*(?:kubectl\s+exec\b[^|;&]*?)?\bpsql\b/,
      unless: /ON_ERROR_STOP/,
      message: 'psql goes on after an error and ends well, with half of the data',
      mend: 'Use sql.restore-dump, which stops at the first error and compares the rows; by hand, say -v ON_ERROR_STOP=1 and --single-transaction.',
    },
  ],
});
