import { commandRule } from '../commands.ts';

export const provesNothing = commandRule({
  id: 'proves-nothing',
  severity: 'warning',
  reason: 'A check that also passes when the thing is broken is worse than none.',
  mistakes: [
    {
      pattern: /\bkubectl\s+get\s+events\b[^;&]*\|\s*(?:grep|tail)\b/,
      message: 'Events are kept for an hour, and deletions are hardly ever among them',
      mend: "Ask the cluster's audit log: evidence.audit-trail.",
    },
    {
      pattern: /\bpg_stats\b/,
      message: 'pg_stats shows how values are distributed, whether the data is right or not',
      mend: 'Use sql.query with what must hold in this data, and amcheck for damaged indexes.',
    },
    {
      pattern: /\bget\s+componentstatus(?:es)?\b/,
      message: 'componentstatuses is empty on EKS, whatever the cluster is like',
      mend: 'Ask the API server: /readyz, and the Ready condition of nodes.',
    },
    {
      pattern: /\bgrep\s+-v\s+Running\b/,
      message: 'Pods that run and are not ready are left out, and finished jobs are shown',
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
      pattern: /\bdocker\s+pull\b/,
      message: 'A pull on one machine says nothing about what the cluster can pull',
      mend: 'Look the digest up in the registry of the recovery region.',
    },
    {
      pattern: /\bcurl\s+(?!-\w*f)(?![^|;&]*(?:--fail|-\w*f\b))[^|;&]*https?:\/\//,
      message: 'curl without --fail succeeds on an error page',
      mend: 'Use http.check with the expected status.',
    },
  ],
});
