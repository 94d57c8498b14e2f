import { by, type Flaw, met } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About evidence, tests that leave things behind, and who is called. */
export const care: readonly Flaw[] = [
  {
    number: 18,
    flaw: 'Evidence is looked for after the changes that destroy it.',
    found: [
      by(
        'evidence-after-change',
        {
          scenario: p.inside,
          steps: `
- id: restart
  do: k8s.rollout-restart # <-
  with: { deployment: app }
- { id: logs, do: k8s.logs, with: { cluster: cluster, namespace: shop } }`,
        },
        {
          // Beside it is too late as well.
          scenario: p.inside,
          steps: `
- parallel:
    - - { id: logs, do: k8s.logs, with: { cluster: cluster, namespace: shop } }
    - - id: stop
        do: k8s.scale # <-
        with: { deployment: app, replicas: 0 }`,
        },
        {
          // Drills keep evidence, and the outage does not.
          scenario: `${p.inside}\nmodes: [recover, drill]`,
          steps: `
- { id: logs, do: k8s.logs, modes: [drill], with: { cluster: cluster, namespace: shop } }
- id: restart
  do: k8s.rollout-restart # <-
  with: { deployment: app }`,
        },
        {
          scenario: 'title: Security breach',
          steps: `
- id: restart
  do: k8s.rollout-restart # <-
  with: { deployment: app }`,
        },
      ),
    ],
  },
  {
    number: 21,
    flaw: 'What a test made is removed only if all went well, by a name that may be that of production.',
    found: [
      by(
        'clean-up-by-command',
        'aws rds delete-db-instance --db-instance-identifier liquid-abt-test-restore',
        'aws rds delete-db-cluster --db-cluster-identifier orders-test --final-db-snapshot-identifier x',
        'kubectl delete namespace trading-bot-dr-test',
        'kubectl delete ns/shop-test',
        'terraform destroy -input=false -auto-approve',
        'tofu destroy -auto-approve',
        'aws cloudformation delete-stack --stack-name shop-test',
        'helm uninstall shop-test',
        {
          sections: `calendar:
  monthly:
    title: Monthly
    schedule: { when: cron(0 2 1 * ? *), timeZone: UTC }
    does:
      type: task
      people: [engineer]
      text: aws rds delete-db-instance --db-instance-identifier shop-test --skip-final-snapshot # <-
`,
        },
      ),
    ],
    met: [
      met(
        'nothing but what carries the tag of a run is removed',
        'test/actions/rds/made-instances.test.ts',
        'none may change or remove anything but what carries the tag of a run',
      ),
    ],
  },
  {
    number: 26,
    flaw: 'Nobody says whether an acknowledgement stops the escalation.',
    refused: [
      by('unknown-key', {
        sections: `escalation:
  - after: 15m
    people: [engineer]
    title: On call
    stopsOnAcknowledgement: false # <-
`,
      }),
    ],
    met: [
      met(
        'an acknowledgement stops it while it lasts',
        'test/communication/escalation.test.ts',
        'stops the escalation while it lasts, and it is known when that ends',
      ),
    ],
  },
];
