import { commandRule } from '../commands.ts';

export const deleteAllSecrets = commandRule({
  id: 'delete-all-secrets',
  severity: 'error',
  reason:
    'With all secrets go certificates, registry logins and Helm releases; running pods keep the leaked values, and new ones do not start.',
  mistakes: [
    {
      pattern:
        /\bdelete\b(?=[^|;&]*\s--all\b)(?=[^|;&]*[\s,/]secrets?\b)[^|;&]*|\bget\s+secrets?\b[^;&]*\|\s*xargs\b[^;&]*\bdelete\b/,
      message: 'All secrets of the namespace are deleted, those that nobody leaked as well',
      mend: 'Replace each one by secrets.rotate, and delete what is left by its name.',
    },
  ],
});
