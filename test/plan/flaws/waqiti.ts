import { by, type Flaw, met } from './flaw.ts';
import * as p from './pieces.ts';

const probe = (id: string) =>
  `  ${id}: { type: probe, title: Probe, observer: ${id}, url: 'https://shop.acme.test/', every: 1m, failures: 3 }`;

/** What is wrong with the document of Waqiti. */
export const waqiti: readonly Flaw[] = [
  {
    number: 93,
    flaw: 'No loss at all is promised for what is copied to another region after the fact.',
    found: [
      by(
        'zero-rpo',
        { scenario: `${p.lost}\nrpo: 0s # <-` },
        { scenario: p.damaged, sections: 'objectives:\n  rto: 4h\n  rpo: 0s # <-\n' },
        {
          scenario: p.lost,
          sections: 'tiers:\n  pay:\n    title: Payments\n    services: [Payments]\n    rpo: 0s # <-\n',
        },
        {
          scenario: `${p.lost}\ntierObjectives:\n  pay:\n    rpo: 0s # <-`,
          sections: 'tiers:\n  pay: { title: Payments, services: [Payments], rpo: 5m }\n',
        },
        { scenario: p.lost, sections: 'severities:\n  critical:\n    title: Critical\n    rpo: 0s # <-\n' },
      ),
    ],
  },
  {
    number: 94,
    flaw: 'RDS is taken to fail over to a read replica by itself.',
    found: [
      by('refused-in-any-case', {
        components: p.replica,
        steps: `
- id: fail-over
  do: rds.failover # <-
  with: { database: replica }`,
      }),
      by('does-not-heal-itself', {
        scenario: `
disaster:
  type: failure
  components: [replica] # <-
  selfHealing: true`,
        components: p.replica,
      }),
    ],
  },
  {
    number: 95,
    flaw: 'Pods are judged by the word Running, which unready ones have and finished ones have not.',
    found: [
      by(
        'proves-nothing',
        'kubectl get pods --all-namespaces | grep -v Running',
        'kubectl get pods -n shop | grep -c Running',
        'kubectl -n shop get pods --field-selector=status.phase=Running',
        'kubectl get pods -A --field-selector status.phase!=Running',
      ),
    ],
  },
  {
    number: 96,
    flaw: 'Services are scaled without a namespace, against their autoscaler, before anybody knows what is wrong.',
    found: [
      by(
        'change-by-command',
        'kubectl scale deployment payment-service --replicas=10',
        'kubectl autoscale deployment payment-service --min=10 --max=20',
        'aws application-autoscaling register-scalable-target --service-namespace ecs --min-capacity 10',
      ),
    ],
    met: [
      met(
        'k8s.scale refuses what an autoscaler would take back',
        'test/actions/k8s/scale.test.ts',
        'refuses when an autoscaler allows fewer replicas',
      ),
    ],
  },
  {
    number: 97,
    flaw: "A call without credentials answers 401 and passes for a test; with them it prints customers' data.",
    found: [
      by(
        'proves-nothing',
        'curl -s https://api.stripe.com/v1/charges | jq',
        // What the second line does well excuses nothing in the first one.
        'curl -s https://api.stripe.com/v1/charges\ncurl --fail https://shop.acme.test/\nkubectl get nodes',
        'wget -qO- https://api.stripe.com/v1/charges || true',
        'curl -f https://api.acme.test/health || true',
      ),
    ],
  },
  {
    number: 98,
    flaw: 'Velero skips what is there already and leaves volumes alone, and a partial restore passes for one.',
    found: [by('change-by-command', 'velero restore create emergency --from-backup nightly --wait')],
    met: [
      met(
        'a namespace with workloads, which Velero would skip, is refused',
        'test/actions/velero/velero.test.ts',
        'refuses a namespace with workloads, which Velero would skip',
      ),
      met('a partial restore is a failure', 'test/actions/velero/velero.test.ts', 'PartiallyFailed'),
    ],
  },
  {
    number: 99,
    flaw: 'pg_promote() fails on a writer, and is not for RDS.',
    found: [
      by(
        'command-topology',
        'SELECT pg_promote();',
        'psql -c "select PG_PROMOTE(true, 60)"',
        'pg_ctl promote -D /data',
        {
          steps: `
- id: go
  do: people.approval
  with: { title: Go?, from: [engineer], shows: [Go?], within: 20m }
- id: promote
  do: sql.exec
  with:
    database: database
    statements: [SELECT pg_promote()] # <-
    doneWhen: SELECT NOT pg_is_in_recovery()
    approvedBy: \${steps.go.approvedBy}`,
        },
      ),
    ],
  },
  {
    number: 100,
    flaw: 'Each test of writing leaves a row in production.',
    found: [
      by(
        'acts-for-real',
        "INSERT INTO health_check (timestamp, status) VALUES (NOW(), 'write_test');",
        'psql -c "INSERT INTO heartbeat (at) VALUES (now())"',
        {
          components: `
database:
  type: rds-instance
  region: eu-central-1
  identifier: shop
  engine: postgres
  multiAz: true
  database: shop
  credentials: secret:shop/database
  writeProbe: INSERT INTO probe (at) VALUES (now()) # <-`,
          sections: 'rehearsal: { database: rehearsal.sql }\n',
        },
      ),
    ],
    met: [
      met(
        'sql.write-check leaves nothing',
        'test/actions/sql/changes.test.ts',
        'tries a write and leaves nothing of it',
      ),
    ],
  },
  {
    number: 101,
    flaw: 'A replica of Redis is cut loose, and neither the old master nor the others hear of it.',
    found: [
      by('change-by-command', 'redis-cli -h replica SLAVEOF NO ONE', 'redis-cli -h replica replicaof no one'),
      by('command-topology', {
        components:
          'cache: { type: elasticache-replication-group, region: eu-west-1, identifier: shop, endpoint: c.internal }',
        steps: `
- id: promote
  do: people.task
  with:
    title: Promote
    text: redis-cli -h replica REPLICAOF NO ONE # <-
    owner: engineer
    within: 10m`,
      }),
    ],
    met: [
      met(
        'redis.promote points the others at the new one',
        'test/actions/redis/redis-actions.test.ts',
        'points the other replicas at it',
      ),
    ],
  },
  {
    number: 102,
    flaw: 'The command that is to bring a dump back writes the present data over it.',
    found: [
      by(
        'rdb-overwrites-backup',
        'redis-cli --rdb /backup/dump.rdb',
        'redis-cli -h cache.internal --tls --rdb dump.rdb',
      ),
    ],
  },
  {
    number: 103,
    flaw: 'Text was encoded twice, and signs in it are broken.',
    found: [
      by('mojibake', 'ðŸš¨ CRITICAL INCIDENT', 'âœ… RESOLVED', 'Rufen Sie MÃ¼ller an', {
        sections:
          'templates:\n  initial-technical:\n    subject: Incident\n    text: We donâ€™t know yet. # <-\n',
      }),
    ],
  },
  {
    number: 104,
    flaw: 'A message that is sent in every incident names one service.',
    found: [
      by('service-in-a-template', {
        sections: `tiers:
  pay: { title: Payments, services: [Payment processing] }
  look: { title: Looking, services: [Reports] }
templates:
  initial-customer:
    subject: Incident
    text: We know of trouble with payment processing. # <-
`,
      }),
    ],
  },
  {
    number: 105,
    flaw: 'The first word is due when the RTO is over.',
    found: [by('conflicting-deadlines', { scenario: 'rto: 5m\naudiences: [team] # <-' })],
  },
  {
    number: 106,
    flaw: '"Bi-annually" is read in two ways.',
    found: [
      by('ambiguous-schedule', 'Test it bi-annually', 'Review biweekly', {
        sections: `calendar:
  full:
    title: Bi-monthly full test # <-
    schedule: { when: cron(0 2 1 */2 ? *), timeZone: UTC }
    does: { type: task, people: [engineer], text: Test it }
`,
      }),
    ],
  },
  {
    number: 107,
    flaw: 'The same signals open two scenarios, of a zone and of a region, and one of them never runs.',
    found: [
      by('same-signals', {
        scenario: `
manualOnly: false
disaster: { type: zone-loss, region: primary, zone: a }
trigger: { signals: [outside, inside], quorum: 2, sustained: 3m, coolDown: 1h, start: manual }`,
        scenarios: `
region:
  title: Region
  severity: critical
  modes: [recover]
  trigger:
    signals: [inside, outside] # <-
    quorum: 2
    sustained: 3m
    coolDown: 1h
    start: manual
  phases:
    - id: repair
      title: Repair
      stage: execute
      steps:
        - { id: look-there, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
        sections: `signals:\n${probe('outside')}\n${probe('inside')}\n`,
      }),
    ],
  },
  {
    number: 108,
    flaw: 'Names are moved at two providers, and nobody says which one answers.',
    found: [
      by(
        'traffic-by-command',
        'curl -f -X PATCH https://api.cloudflare.com/client/v4/zones/023e/dns_records/372e -d @dr.json',
        'flarectl dns update --zone acme.test',
        'gcloud dns record-sets update shop.acme.test',
      ),
    ],
  },
  {
    number: 109,
    flaw: 'A test deletes random services, in no environment that is named.',
    found: [
      by('change-by-command', 'kubectl delete svc payment-service', {
        sections: `calendar:
  quarterly:
    title: Quarterly
    schedule: { when: cron(0 9 1 1/3 ? *), timeZone: UTC }
    does:
      type: task
      people: [engineer]
      text: kubectl delete deployment $(kubectl get deploy -o name | shuf -n 1) # <-
`,
      }),
    ],
  },
  {
    number: 110,
    flaw: 'Nobody says how long records are kept, and no clock runs for the notice of a breach.',
    found: [
      by('records-not-kept', {
        scenario: `${p.inside}\naudiences: [authority]`,
        steps: '- { id: logs, do: k8s.logs, with: { cluster: cluster, namespace: shop } }',
        sections: `audiences:
  team: { title: Team, information: technical, channels: [mail], within: 5m }
  authority: # <-
    title: Authority
    information: regulator
    channels: [mail]
    within: 72h
`,
      }),
      by('regulator-not-told', {
        scenario: p.inside.replace('disaster: {', 'disaster: # <-\n  {'),
        steps: '- { id: logs, do: k8s.logs, with: { cluster: cluster, namespace: shop } }',
      }),
    ],
  },
  {
    number: 111,
    flaw: 'Present recovery times stand in the plan, and nothing shows them.',
    refused: [by('unknown-key', { sections: 'objectives:\n  rto: 4h\n  rpo: 1h\n  currentRto: 12m # <-\n' })],
    met: [
      met(
        'the matrix is filled in from runs, with date and id',
        'test/report/matrix.test.ts',
        'names the newest real recovery and drill with date and run',
      ),
    ],
  },
  {
    number: 112,
    flaw: 'The recovery is in scripts that nobody who reads the plan can see.',
    found: [
      by(
        'opaque-script',
        './scripts/disaster-recovery/full-restore.sh',
        '/scripts/verify-data-integrity.sh --all',
        'bash scripts/restore.sh',
        'python3 scripts/failover.py --region eu-west-1',
        'make restore',
        'ansible-playbook failover.yml',
        'ssh ops.acme.test /opt/restore.sh',
        {
          // In the middle of a script that is right otherwise.
          steps: `
- id: by-hand
  do: people.task
  with:
    title: Restore
    owner: engineer
    within: 10m
    text: |
      # First look, then restore.
      kubectl get nodes
      ./scripts/restore.sh # <-
      kubectl get pods -n shop`,
        },
      ),
    ],
  },
  {
    number: 113,
    flaw: 'What is to be noticed has no number, no period and no source.',
    found: [
      by('scenario-without-trigger', { scenario: 'manualOnly: false', at: 'incident:' }),
      by('unknown-signal', {
        scenario: `
manualOnly: false
trigger:
  signals: [multiple-service-failures] # <-
  quorum: 1
  sustained: 3m
  coolDown: 1h
  start: manual`,
      }),
    ],
    refused: [
      by('missing-key', {
        sections: `signals:
  errors: # <-
    type: metric
    title: Increased error rate
    observer: load-balancer
    region: eu-west-1
    namespace: AWS/ApplicationELB
    metric: HTTPCode_ELB_5XX_Count
    comparison: above
`,
      }),
    ],
  },
];
