import { commandRule } from '../commands.ts';

export const incrementalDump = commandRule({
  id: 'incremental-dump',
  severity: 'error',
  reason:
    'There is no incremental pg_dump: each one is whole, and an hour between two of them is an hour of loss.',
  mistakes: [
    {
      pattern: /\bpg_dump\b[^|;&\n]*--incremental\b|\bincremental\b[^|;\n]{0,60}\bpg_dump\b/i,
      message: 'pg_dump makes no incremental backups',
      mend: 'Use automated backups or WAL archiving for points in between.',
    },
  ],
});
