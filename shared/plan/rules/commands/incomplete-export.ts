import { commandRule } from '../commands.ts';

export const incompleteExport = commandRule({
  id: 'incomplete-export',
  severity: 'error',
  reason:
    'kubectl get all leaves out secrets, config maps, volumes, ingresses and custom resources: a cluster is not made again from it.',
  mistakes: [
    {
      pattern: /\bkubectl\s+get\s+all\b[^;&]*?(?:>|\|\s*(?:gzip|tee|zip|xz|zstd|aws)\b)/,
      message: '"all" is not all: secrets, config maps, volumes and ingresses are missing in it',
      mend: 'Export by kinds on schedule, or use Velero.',
    },
    {
      pattern:
        /\bkubectl\s+get\s+(?=\S*,)(?!\S*secret)(?=[^|;&]*\bdeploy|\S*deploy)\S+[^;&|]*\s-o\s*(?:yaml|json)\b[^;&]*(?:>|\|\s*(?:gzip|tee)\b)/,
      message: 'Secrets and volumes are missing in it, and it needs the API that may be gone by then',
      mend: 'Export by kinds on schedule (a backup of type kubernetes-export), or use Velero.',
    },
  ],
});
