import { commandRule } from '../commands.ts';

/** Services of the AWS CLI whose changes a recovery makes; Route 53 has a rule of its own. */
const services = [
  'apigateway',
  'apigatewayv2',
  'application-autoscaling',
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
  'kinesis',
  'lambda',
  'neptune',
  'opensearch',
  'rds',
  'redshift',
  'secretsmanager',
  'sns',
  'sqs',
  'ssm',
  'wafv2',
];
const verbs = [
  'associate',
  'attach',
  'copy',
  'create',
  'delete',
  'deregister',
  'detach',
  'disable',
  'enable',
  'failover',
  'modify',
  'promote',
  'put',
  'reboot',
  'register',
  'replicate',
  'restore',
  'rotate',
  'run',
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
      pattern: /\bkubectl\s+scale\b(?=.*--replicas[= ]+0\b)/,
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
        /\bkubectl\s+delete\s+(?:(?:ing(?:ress(?:es)?)?|deploy(?:ments?)?|statefulsets?|sts|daemonsets?|ds|services?|svc|pods?|po|pvc|jobs?|cronjobs?|configmaps?|cm|all)\b|(?:-f|-k|--filename|--kustomize)[= ])/,
      message: 'What is deleted is kept nowhere, and nothing brings it back',
      mend: 'Use k8s.delete, which keeps the manifest and can apply it again; for a pod, k8s.delete-pod.',
    },
    {
      pattern: /\bkubectl\s+(?:run|create\s+job)\b/,
      unless: /--dry-run/,
      message:
        "The pod is nobody's: it is started again for ever or left behind, and nothing looks what became of it",
      mend: 'Use k8s.run, which is a Job with a deadline, keeps what it said, and is removed again.',
    },
    {
      pattern: /\bhelm\s+(?:upgrade|install|rollback)\b/,
      unless: /--dry-run/,
      message: 'It is made of a chart and values as they are found on that machine on that day',
      mend: 'Use k8s.apply with a bundle that is pinned, or codebuild.run from a pinned source.',
    },
    {
      pattern: /\bvelero\s+(?:restore|backup)\s+create\b/,
      message: 'What is there already is skipped, and a restore that ended partially passes for one',
      mend: 'Use velero.restore, which refuses a namespace that has workloads and fails when Velero says PartiallyFailed; velero.backup makes one.',
    },
    {
      pattern: /\b(?:terraform|tofu)\s+apply\b(?=.*-auto-approve\b)/,
      message: 'Nobody sees what it is going to change or destroy',
      mend: 'Apply a saved plan with codebuild.run from a pinned source, behind a people.approval that shows it.',
    },
    {
      pattern: /\baws\s+(?:rds|docdb|neptune)\s+(?:failover|switchover)-global-cluster\b/,
      message:
        'It returns before the roles have changed: nothing measures what is lost, nor looks who writes then',
      mend: 'Use failover-global-cluster or switchover-global-cluster of the families rds, docdb and neptune.',
    },
    {
      pattern: /\baws\s+(?:rds|docdb|neptune)\s+remove-from-global-cluster\b/,
      message:
        'The cluster leaves the global database for good: both sides take writes, and there is no way back but a new secondary',
      mend: 'Use failover-global-cluster of the families rds, docdb or neptune, which keeps the global database and says what is lost, or switchover-global-cluster.',
    },
    {
      pattern: /\baws\s+s3\s+(?:sync|mv)\b|\baws\s+s3\s+cp\b[^|;&]*--recursive\b/,
      message:
        'Nothing counts what has arrived, and in a region failure the bucket that it is taken from may be gone',
      mend: 'Replicate beforehand and look with s3.replication-check; s3.copy compares what it has copied.',
    },
    {
      pattern:
        /\baws\s+globalaccelerator\s+update-endpoint-group\b|\baws\s+cloudfront\s+update-distribution\b/,
      message: 'Users are moved by a command that returns at once, and nothing can take it back',
      mend: 'Use globalaccelerator.shift-traffic or cloudfront.switch-origin after a check of the recovery side; each waits until all edges have it.',
    },
    {
      pattern: /\baws\s+sqs\s+start-message-move-task\b/,
      message: 'Nothing waits until the messages are moved, nor looks whether they fail again',
      mend: 'Use sqs.redrive, and sqs.check-drained after it.',
    },
    {
      pattern:
        /\baws\s+efs\s+(?:(?:create|delete)-replication-configuration|update-file-system-protection)\b/,
      message: 'Nothing measures what is missing in the replica, nor waits until it can be written to',
      mend: 'Use efs.fail-over-replication, and efs.replicate-back for the way back.',
    },
    {
      pattern: new RegExp(
        // What is restored without its network is a mistake of another rule.
        String.raw`\baws\s+(?:${services.join('|')})\s+(?!restore-db-(?!.*--(?:db-subnet-group-name|vpc-security-group-ids)\b.*--(?:db-subnet-group-name|vpc-security-group-ids)\b))(?:${verbs.join('|')})-[\w-]+`,
      ),
      unless:
        /--security-group|create-db-(?:cluster-)?snapshot|authorize-|update-kubeconfig|update-nodegroup-version|delete-db-|delete-table|delete-file-system|delete-volume|delete-secret|purge-queue|start-session|update-endpoint-group|update-distribution|start-message-move-task|-replication-configuration|update-file-system-protection/,
      message: 'It answers before it has happened; the next step finds something that is not ready',
      mend: 'Use the action for it, which waits for the role and can be undone; where there is none, a build of codebuild.run or an ssm.automation that ends when it is done.',
    },
    {
      pattern: /\b(?:SLAVEOF|REPLICAOF)\s+NO\s+ONE\b/i,
      message: 'Neither the old master nor the other replicas are told: both take writes',
      mend: 'Use redis.promote, which points the others at the new one, or elasticache.failover.',
    },
    {
      pattern: /\beksctl\s+(?:scale|drain|upgrade)\b/,
      message: 'It answers before the nodes are Ready, stops at the maximum, and leaves the failed one',
      mend: 'Use eks.scale-nodegroup, or autoscaling.replace-instance for a node that has failed.',
    },
    {
      pattern: /\beksctl\s+(?:create|delete)\b/,
      message:
        'A cluster is made in the middle of the disaster, with what eksctl takes for granted on that day',
      mend: 'Make it beforehand from pinned sources, or with codebuild.run; address it by its name with eks.connect.',
    },
  ],
});
