import { commandRule } from '../commands.ts';

export const uncheckedPipe = commandRule({
  id: 'unchecked-pipe',
  severity: 'error',
  reason: 'Without pipefail a dump that failed still leaves a file that is valid and empty.',
  mistakes: [
    {
      pattern:
        /\b(?:pg_dump|pg_dumpall|mysqldump|mongodump)\b[^;&\n]*\|\s*(?:gzip|zstd|xz|gpg|openssl|aws|tee)\b/,
      unless: /pipefail/,
      message: 'The end of the pipe hides that the dump failed',
      mend: 'Begin with "set -o pipefail", and write size and checksum into a manifest.',
    },
  ],
});
