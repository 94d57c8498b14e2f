import { by, type Flaw, met } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About how long it takes, when something is ready, and whether there is room for it. */
export const timeAndCapacity: readonly Flaw[] = [
  {
    number: 3,
    flaw: 'Phases, waits and answers take as long as the RTO or longer, and nobody says when its clock starts.',
    found: [
      by(
        'phases-exceed-rto',
        {
          scenario: 'rto: 10m',
          steps: `
${p.fence}
- { id: restore, do: rds.restore, with: { target: restored, method: automated-backup, pointTime: '\${incident.startedAt}' } }`,
          at: 'rto: 10m',
        },
        { steps: '- { id: soak, do: wait.soak, with: { for: 5h, alarms: [shop] } }', at: 'phases:' },
        {
          scenario: 'parameters: { soak: { description: How long, default: 5h } }',
          steps: "- { id: soak, do: wait.soak, with: { for: '${parameters.soak}', alarms: [shop] } }",
          at: 'phases:',
        },
        {
          steps: "- { id: later, do: wait.until, with: { time: '${incident.startedAt + 5h}' } }",
          at: 'phases:',
        },
        {
          steps: `
- parallel:
    - - { id: soak, do: wait.soak, with: { for: 150m, alarms: [shop] } }
      - { id: again, do: wait.soak, with: { for: 150m, alarms: [shop] } }
    - - { id: look, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
          at: 'phases:',
        },
      ),
      by(
        'approval-longer-than-rto',
        {
          steps: `
- id: go
  do: people.approval
  with:
    title: Go?
    from: [engineer]
    shows: [Go?]
    within: 4h # <-`,
        },
        {
          steps: `
- id: by-hand
  do: people.task
  with:
    title: Rebuild it
    text: Rebuild it
    owner: engineer
    within: 6h # <-`,
        },
      ),
      by('little-time-left', {
        sections: `tiers:
  pay: { title: Payments, services: [Payments], rto: 5m }
`,
        steps: `
${p.fence}
- { id: restore, do: rds.restore, with: { target: restored, method: automated-backup, pointTime: '\${incident.startedAt}' } }`,
        at: 'phases:',
      }),
    ],
    met: [
      met(
        'every report counts from the start of the outage',
        'test/report/objectives.test.ts',
        'reach from the start of the outage to the end of the last phase',
      ),
    ],
  },
  {
    number: 10,
    flaw: 'A call that creates or restores something answers at once, and the next command takes it for ready.',
    found: [
      by(
        'change-by-command',
        'aws rds restore-db-instance-from-db-snapshot --db-instance-identifier a --db-snapshot-identifier $S --db-subnet-group-name shop --vpc-security-group-ids sg-0a1b2c3d4e5f60718',
        'aws elasticache create-replication-group --replication-group-id a --description b',
        'aws --region eu-west-1 rds promote-read-replica --db-instance-identifier shop-replica',
        'aws ec2 start-instances --instance-ids i-0a1b2c3d',
        'helm upgrade --install shop ./chart',
        'velero restore create emergency --from-backup nightly',
      ),
      by('reference-too-early', {
        steps: `
${p.fence}
- id: tell
  do: people.task
  with:
    title: Use it
    text: \${steps.restore.endpoint} # <-
    owner: engineer
    within: 10m
- { id: restore, do: rds.restore, with: { target: restored, pointTime: '\${incident.startedAt}' } }`,
      }),
    ],
  },
  {
    number: 27,
    flaw: 'Capacity, quotas and instance types of the recovery region are looked at when they are needed.',
    found: [
      by(
        'capacity-not-checked',
        {
          scenario: p.lost,
          components:
            'nodes: { type: eks-nodegroup, region: eu-west-1, cluster: shop, name: nodes, standbySize: 1 }',
          steps: `
- id: grow
  do: eks.scale-nodegroup # <-
  with: { nodegroup: nodes, size: 6 }`,
        },
        {
          scenario: p.lost,
          components: 'group: { type: auto-scaling-group, region: eu-west-1, name: web, standbySize: 0 }',
          steps: `
- id: grow
  do: autoscaling.set-desired # <-
  with: { group: group, desired: 6 }`,
        },
      ),
    ],
    met: [
      met(
        'quota.check counts what is used and what is left',
        'test/actions/quota/check.test.ts',
        'counts what is used, where AWS measures it',
      ),
    ],
  },
];
