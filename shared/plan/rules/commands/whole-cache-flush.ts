import { commandRule } from '../commands.ts';

export const wholeCacheFlush = commandRule({
  id: 'whole-cache-flush',
  severity: 'error',
  reason: 'A flush takes queues, locks and revocation lists with it, and revokes no token that is signed.',
  mistakes: [
    {
      pattern: /\bflush(?:db|all)\b/i,
      message: 'The whole cache is emptied, and signed tokens stay valid',
      mend: 'Rotate the signing key; delete keys by prefix with redis.flush; a whole flush needs an approval and a snapshot.',
    },
  ],
});
