import type { LintRule } from '../../lint-rule.ts';
import { commandRule } from '../commands.ts';

const inCommands = commandRule({
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

export const incrementalDump: LintRule = {
  ...inCommands,
  check: context => [
    ...inCommands.check(context),
    ...Object.entries(context.plan.backups).flatMap(([id, { type, title }]) => {
      const find = /\bincremental\b/i.exec(title)?.[0];
      if (type !== 'dump' || find === undefined || /\bpg_dump\b/.test(title)) return [];
      return [
        {
          rule: 'incremental-dump',
          severity: 'error' as const,
          path: ['backups', id, 'title'],
          find,
          message: 'A dump is never incremental: each one is whole',
          mend: 'Use automated backups or WAL archiving for points in between, or call it what it is.',
        },
      ];
    }),
  ],
};
