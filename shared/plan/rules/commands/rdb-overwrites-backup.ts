import { commandRule } from '../commands.ts';

export const rdbOverwritesBackup = commandRule({
  id: 'rdb-overwrites-backup',
  severity: 'error',
  reason: 'redis-cli --rdb downloads the present data: it overwrites the backup that it should bring back.',
  mistakes: [
    {
      pattern: /\bredis-cli\b[^|;&]*\s--rdb\b/,
      message: 'This writes the present data over the backup',
      mend: 'Use redis.restore, or create the cache from a snapshot.',
    },
  ],
});
