import { commandRule } from '../commands.ts';

/** Services of the AWS CLI whose changes a recovery makes; Route 53 has a rule of its own. */
const services = [
  'apigateway',
  'apigatewayv2',
  'autoscaling',
  'backup',
  'cloudfront',
  'docdb',
  'dynamodb',
  'ec2',
  'ecs',
  'efs',
  'eks',
  'elasticache',
  'elbv2',
  'events',
  'globalaccelerator',
  'kafka',
  'lambda',
  'neptune',
  'opensearch',
  'rds',
  'sqs',
  'ssm',
];
const verbs = [
  'attach',
  'create',
  'delete',
  'detach',
  'disable',
  'enable',
  'failover',
  'modify',
  'promote',
  'put',
  'reboot',
  'register',
  'restore',
  'set',
  'start',
  'stop',
  'switchover',
  'terminate',
  'update',
];

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
      pattern: /\bkubectl\s+(?:set\s+(?:image|env)|patch|edit|replace)\b/,
      message:
        'It is changed by hand in the live cluster: the next apply undoes it, and nothing sets it back',
      mend: 'Use k8s.set-image, k8s.set-env or k8s.patch, whose undo has what was there.',
    },
    {
      pattern: /\bkubectl\s+(?:apply|create)\b[^|;&]*\s(?:-f|-k|--filename|--kustomize)[= ]/,
      unless: /--dry-run|https?:\/\//,
      message: 'It returns before anything runs, from files as they lie on that machine on that day',
      mend: 'Use k8s.apply with a bundle in a bucket of the recovery region, pinned by version or hash; it waits for the rollout.',
    },
    {
      pattern: /\bkubectl\s+rollout\s+(?:restart|undo)\b/,
      message: 'It returns at once, and nothing waits until the new pods are ready',
      mend: 'Use k8s.rollout-restart, or k8s.set-image with the image that is known to be good.',
    },
    {
      pattern: /\bkubectl\s+(?:cordon|drain|taint)\b/,
      message: 'Nothing looks whether the pods find room elsewhere, and nothing opens the node again',
      mend: 'Use k8s.cordon or k8s.drain, whose undo opens the node again.',
    },
    {
      pattern:
        /\bkubectl\s+(?:-n\s+\S+\s+)?delete\s+(?:ingress|deployment|deploy|statefulset|service|svc|pods?|pvc|job|all)\b/,
      message: 'What is deleted is kept nowhere, and nothing brings it back',
      mend: 'Use k8s.delete, which keeps the manifest and can apply it again; for a pod, k8s.delete-pod.',
    },
    {
      pattern: /\baws\s+rds\s+remove-from-global-cluster\b/,
      message:
        'The cluster leaves the global database for good: both sides take writes, and there is no way back but a new secondary',
      mend: 'Use rds.failover-global-cluster, which keeps the global database and says what is lost, or rds.switchover-global-cluster.',
    },
    {
      pattern: /\baws\s+s3\s+(?:sync|mv)\b|\baws\s+s3\s+cp\b[^|;&]*--recursive\b/,
      message:
        'Nothing counts what has arrived, and in a region failure the bucket that it is taken from may be gone',
      mend: 'Replicate beforehand and look with s3.replication-check; s3.copy compares what it has copied.',
    },
    {
      pattern: new RegExp(
        String.raw`\baws\s+(?:${services.join('|')})\s+(?!restore-db-)(?:${verbs.join('|')})-[\w-]+`,
      ),
      unless:
        /--security-group|create-db-snapshot|authorize-|update-kubeconfig|update-nodegroup-version|delete-db-|delete-table|delete-file-system|purge-queue/,
      message: 'It answers before it has happened; the next step finds something that is not ready',
      mend: 'Use the action for it, which waits for the role and can be undone; where there is none, a build of codebuild.run or an ssm.automation that ends when it is done.',
    },
    {
      pattern: /\b(?:SLAVEOF|REPLICAOF)\s+NO\s+ONE\b/i,
      message: 'Neither the old master nor the other replicas are told: both take writes',
      mend: 'Use redis.promote, which points the others at the new one, or elasticache.failover.',
    },
    {
      pattern: /\beksctl\s+(?:create|delete)\b/,
      message:
        'A cluster is made in the middle of the disaster, with what eksctl takes for granted on that day',
      mend: 'Make it beforehand from pinned sources, or with codebuild.run; address it by its name with eks.connect.',
    },
  ],
});
