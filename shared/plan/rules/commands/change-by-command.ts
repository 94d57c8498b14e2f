import { commandRule } from '../commands.ts';

export const changeByCommand = commandRule({
  id: 'change-by-command',
  severity: 'warning',
  reason:
    'A typed change returns at once: nothing waits until it holds, nothing keeps what was there before, and nothing takes it back.',
  // What people do days later, in peace, is no part of the recovery.
  about: ({ path }) => !path.includes('followUps'),
  mistakes: [
    {
      pattern: /\bkubectl\s+scale\b(?=.*--replicas[= ]0\b)/,
      message: 'Nobody notes how many there were, and nothing scales them back',
      mend: 'Use k8s.scale, which keeps the number, and k8s.suspend-cronjobs for what runs by the clock.',
    },
    {
      pattern: /\bkubectl\s+(?:scale|autoscale)\b/,
      message: 'An autoscaler undoes it, and nothing waits for the pods',
      mend: 'Use k8s.scale or k8s.autoscale, which wait until the pods are ready.',
    },
    {
      pattern: /\bkubectl\s+(?:set\s+image|patch|edit|replace)\b/,
      message:
        'It is changed by hand in the live cluster: the next apply undoes it, and nothing sets it back',
      mend: 'Use k8s.set-image or k8s.patch, whose undo has what was there.',
    },
    {
      pattern:
        /\bkubectl\s+(?:-n\s+\S+\s+)?delete\s+(?:ingress|deployment|deploy|statefulset|service|svc|pods?|pvc|job|all)\b/,
      message: 'What is deleted is kept nowhere, and nothing brings it back',
      mend: 'Use k8s.delete, which keeps the manifest and can apply it again; for a pod, k8s.delete-pod.',
    },
    {
      pattern:
        /\baws\s+(?:rds|elasticache|autoscaling|eks|elbv2|ec2)\s+(?:create|modify|update|promote|failover|set|start|stop|reboot|terminate)-[\w-]+/,
      unless:
        /--security-group|create-db-snapshot|authorize-|update-kubeconfig|update-nodegroup-version|failover-db-cluster|restore-/,
      message: 'It answers before it has happened; the next step finds something that is not ready',
      mend: 'Use the action of that name, which waits for the role and can be undone.',
    },
    {
      pattern: /\beksctl\s+(?:create|delete)\b/,
      message:
        'A cluster is made in the middle of the disaster, with what eksctl takes for granted on that day',
      mend: 'Make it beforehand from pinned sources, or with codebuild.run; address it by its name with eks.connect.',
    },
  ],
});
