import { commandRule } from '../commands.ts';

export const incompleteExport = commandRule({
  id: 'incomplete-export',
  severity: 'error',
  reason:
    'kubectl get all leaves out secrets, config maps, volumes, ingresses and custom resources: a cluster is not made again from it.',
  mistakes: [
    {
      pattern: /\bkubectl\s+get\s+all\b[^|;&]*>/,
      message: '"all" is not all: secrets, config maps, volumes and ingresses are missing in it',
      mend: 'Export by kinds on schedule, or use Velero.',
    },
  ],
});
