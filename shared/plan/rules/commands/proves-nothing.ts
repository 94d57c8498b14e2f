import { commandRule } from '../commands.ts';

export const provesNothing = commandRule({
  id: 'proves-nothing',
  severity: 'warning',
  reason: 'A check that also passes when the thing is broken is worse than none.',
  mistakes: [
    {
      pattern: /\bkubectl\s+get\s+events\b[^;&]*(?:\|\s*(?:grep|tail|head|less|tee)\b|>)/,
      message: 'Events are kept for an hour, and deletions are hardly ever among them',
      mend: "Ask the cluster's audit log: evidence.audit-trail.",
    },
    {
      pattern: /\bpg_stat(?:s|_database|_user_tables)\b/,
      // These are what PostgreSQL itself has found broken.
      unless: /\bchecksum_failures\b/,
      message:
        'Statistics say how values are spread and how often they are read, whether the data is right or not',
      mend: 'Use sql.query with what must hold in this data, and amcheck for damaged indexes.',
    },
    {
      pattern: /\bget\s+(?:componentstatus(?:es)?|cs)\b|\betcdctl\b/,
      message: 'EKS shows neither component statuses nor etcd, whatever the cluster is like',
      mend: 'Ask the API server: /readyz, and the Ready condition of nodes.',
    },
    {
      pattern: /\bgrep\s+(?:-\w+\s+)*["']?Running\b|\bstatus\.phase!?=+Running\b/,
      message: 'A pod that runs may be not ready, and a job that has finished runs no more',
      mend: 'Judge pods by their Ready condition: k8s.get.',
    },
    {
      pattern: /\bkubectl\b[^;&]*\|\s*grep\s+(?:-\w+\s+)*["']?ready\b/i,
      message: '"NotReady" has "Ready" in it, so this passes for a broken node as well',
      mend: 'Judge nodes and pods by their Ready condition: k8s.get, k8s.wait.',
    },
    {
      pattern: /\bkubectl\s+wait\b/,
      message:
        'It fails at once where the pods are not made yet, and passes at once on those that the change is to replace',
      mend: 'Use k8s.apply or k8s.rollout-status, which wait for the new ones, or k8s.wait, which waits for them to be there.',
    },
    {
      pattern: /\bk6\s+run\b[^|;&]*\s--env=\w+(?=\s|$)/,
      message: 'k6 sets a variable of that name here, and selects nothing',
      mend: 'Write --env NAME=value.',
    },
    {
      // Either first: a file has one format, so one of the two always fails.
      pattern: /\bgzip\s+-\w*t\b.*\bpg_restore\b|\bpg_restore\s+(?:--list|-l)\b[^|;&]*\.gz\b/,
      message: 'What gzip has compressed pg_restore can not read: one of the two always fails',
      mend: 'Say the format of the dump in "backups": it is checked as what it is. lifeboat backups check-file does it by hand.',
    },
    {
      pattern: /\b(?:docker|podman|crane)\s+(?:pull|manifest)\b/,
      message: 'A pull on one machine says nothing about what the cluster can pull',
      mend: 'Look the digest up in the registry of the recovery region.',
    },
    {
      pattern: /\bcurl\s+(?!-\w*f)(?![^|;&]*(?:--fail|-\w*f\b))[^|;&]*https?:\/\//,
      message: 'curl without --fail succeeds on an error page, and on a 401',
      mend: 'Use http.check with the expected status.',
    },
    {
      pattern: /\|\|\s*(?:true|:|exit\s+0)(?=\s*(?:$|[;)"']))/,
      message: 'Whatever comes of it, this passes',
      mend: 'Leave it out, and say with "onFailure: continue" where a failure does not matter.',
    },
  ],
});
