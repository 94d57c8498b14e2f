import { by, type Flaw, met } from './flaw.ts';
import * as p from './pieces.ts';

/** What is wrong with several of the documents. */
export const crossCutting: readonly Flaw[] = [
  {
    number: 1,
    flaw: 'An automated snapshot exists in the region of its source only; a restore by its name elsewhere finds nothing.',
    found: [
      by(
        'literal-rds-snapshot',
        'aws rds restore-db-instance-from-db-snapshot --db-instance-identifier shop-dr --db-snapshot-identifier rds:shop-2026-01-05-02-00',
        'aws rds restore-db-cluster-from-snapshot --snapshot-identifier rds:orders-2026-01-05-02-00 --db-cluster-identifier orders-dr --engine aurora-postgresql',
        {
          steps: `
${p.fence}
- parallel:
    - - id: restore
        do: rds.restore
        with:
          target: restored
          method: snapshot
          from: rds:shop-2026-01-05-02-00 # <-
          pointTime: \${incident.startedAt}
    - - id: look
        do: http.check
        with: { url: 'https://shop.acme.test/' }`,
        },
        {
          scenario: `
parameters:
  snapshot:
    description: Which one
    default: rds:shop-2026-01-05-02-00 # <-`,
        },
      ),
      by('backup-misses-rpo', {
        scenario: p.lost,
        steps: p.restore,
        sections:
          'backups:\n  automated: { type: rds-automated, title: Automated, component: database, retention: 7d }\n',
        at: 'incident:',
      }),
    ],
  },
  {
    number: 2,
    flaw: 'Backups are made less often than the RPO allows, or nobody says how often.',
    found: [
      by(
        'backup-misses-rpo',
        {
          scenario: p.lost,
          steps: p.restore,
          sections: `backups:
  daily: { type: rds-snapshot, title: Daily, component: database, schedule: { when: rate(1 day) }, retention: 7d, rpo: 25h }
  copies: { type: rds-snapshot-copy, title: Copies, of: daily, region: eu-west-1, kmsKey: alias/shop, schedule: { when: rate(1 day) }, retention: 7d, rpo: 50h }
`,
          at: 'incident:',
        },
        {
          // A dump every two hours, of a server that the system runs itself.
          components: `${p.server}
own-dr: { type: postgres-server, region: eu-west-1, host: dr.shop.internal, database: shop, credentials: secret:shop/dr, writeProbe: SELECT 1 }
${p.builds}
${p.bucket('dumps', 'eu-west-1')}`,
          steps: `
- id: newest
  do: s3.latest
  with: { bucket: dumps, prefix: shop/ }
- id: load
  do: sql.restore-dump
  with:
    database: own-dr
    project: builds
    bucket: dumps
    key: \${steps.newest.key}
    pointTime: \${steps.newest.pointTime}`,
          sections: `backups:
  dumps: { type: dump, title: Dumps, component: own, bucket: shop-dumps, region: eu-west-1, schedule: { when: rate(2 hours) }, retention: 7d, rpo: 3h }
`,
          at: 'incident:',
        },
        {
          // The class itself says what it can not keep, and no scenario restores it.
          sections: `backups:
  daily:
    type: rds-snapshot
    title: Daily
    component: database
    schedule: { when: rate(1 day) }
    retention: 7d
    rpo: 1h # <-
`,
        },
        {
          sections: `backups:
  state:
    type: terraform-state
    title: State
    bucket: shop-state
    key: state
    region: eu-west-1
    schedule: { when: cron(0 2 ? * MON-FRI *) }
    retention: 7d
    rpo: 25h # <-
`,
        },
        { scenario: p.lost, steps: p.restore, sections: 'backups: {}\n', at: 'incident:' },
      ),
      by('backup-never-made', {
        sections: `backups:
  objects: # <-
    type: kubernetes-export
    title: Objects
    cluster: cluster
    namespaces: [shop]
    kinds: [Deployment]
    bucket: shop-exports
    region: eu-west-1
    retention: 7d
    rpo: 4h
`,
      }),
    ],
  },
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
    number: 4,
    flaw: 'Status checks, signals and restores need an answer from the region that has failed.',
    found: [
      by(
        'asks-the-lost-region',
        {
          scenario: p.lost,
          components: p.standing,
          steps: `
- id: logs
  do: k8s.rollout-status
  with:
    workload: old-app # <-`,
        },
        {
          scenario: p.lost,
          steps: `
- parallel:
    - - id: look
        do: people.task
        with:
          title: Look
          text: aws rds describe-db-instances --db-instance-identifier shop --region eu-central-1 # <-
          owner: engineer
          within: 10m
    - - { id: served, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
        },
        {
          scenario: p.lost,
          components: `
front:
  { type: endpoint, region: eu-central-1, url: 'https://front.acme.test/' }`,
          steps: `
- id: look
  do: http.check
  with:
    url: \${components.front.url} # <-`,
        },
        {
          scenario: p.lost,
          components: `${p.bucket('bundles', 'eu-central-1')}`,
          steps: `
- id: apply
  do: k8s.apply
  with:
    cluster: cluster
    bundle: { bucket: shop-bundles, region: eu-central-1, key: app.yml, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 } # <-`,
        },
        {
          scenario: p.lost,
          steps: `
- id: audit
  do: evidence.audit-trail
  with:
    region: eu-central-1 # <-
    from: \${incident.startedAt - 1h}`,
        },
      ),
      by(
        'signal-in-the-lost-region',
        {
          scenario: `
${p.lost}
manualOnly: false
trigger:
  signals: [errors] # <-
  quorum: 1
  sustained: 3m
  coolDown: 1h
  start: manual`,
          sections: `signals:
  errors:
    type: metric
    title: Errors
    observer: load-balancer
    region: eu-central-1
    namespace: AWS/ApplicationELB
    metric: HTTPCode_ELB_5XX_Count
    comparison: above
    threshold: 10
`,
        },
        {
          scenario: `
${p.lost}
manualOnly: false
trigger:
  signals: [down, probe] # <-
  quorum: 2
  sustained: 3m
  coolDown: 1h
  start: automatic`,
          sections: `signals:
  down: { type: rds-event, title: Down, observer: rds, component: database, firing: [RDS-EVENT-0006] }
  probe: { type: probe, title: Probe, observer: outside, url: 'https://shop.acme.test/', every: 1m, failures: 3 }
`,
        },
      ),
    ],
  },
  {
    number: 5,
    flaw: "Records are changed during the outage, which needs Route 53's control plane in us-east-1.",
    found: [
      by(
        'us-east-1-control-plane',
        {
          components: p.weighted,
          sections: 'regions: { primary: us-east-1, recovery: eu-west-1 }\n',
          steps: `
${p.ready}
- id: move
  do: route53.shift-weight # <-
  with: { record: record, recoveryPercent: 100 }
${p.served}`,
        },
        {
          scenario: p.lost,
          components: p.weighted.replace('routing: weighted', 'routing: simple'),
          steps: `
${p.ready}
- parallel:
    - - id: move
        do: route53.upsert # <-
        with: { record: record }
    - - { id: look, do: http.check, with: { url: 'https://shop.acme.test/' } }
${p.served}`,
          scenarios: p.back,
        },
        {
          scenario: p.lost,
          sections: 'regions: { primary: us-east-1, recovery: eu-west-1 }\n',
          steps: `
- id: by-hand
  do: people.task
  with:
    title: Move
    text: aws cloudfront update-distribution --id E2QWRUHAPOMQZL --distribution-config file://dr.json # <-
    owner: engineer
    within: 10m`,
        },
        {
          scenario: p.lost,
          sections: 'regions: { primary: us-east-1, recovery: eu-west-1 }\n',
          steps: `
- id: by-hand
  do: people.task
  with:
    title: Move
    text: aws route53 change-resource-record-sets --hosted-zone-id Z0451727QLRBN5XKDTW --change-batch file://dr.json # <-
    owner: engineer
    within: 10m`,
        },
      ),
      by(
        'traffic-by-command',
        'aws route53 change-resource-record-sets --hosted-zone-id Z0451727QLRBN5XKDTW --change-batch file://dr.json',
      ),
    ],
  },
  {
    number: 6,
    flaw: 'Users are sent to the recovery side before there is capacity, data and an application.',
    found: [
      by(
        'traffic-before-readiness',
        {
          steps: `
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }
${p.ready}`,
        },
        {
          // Beside it, not before it.
          components: p.weighted,
          steps: `
- parallel:
    - - { id: ready, do: elbv2.target-health, with: { targetGroup: targets, healthy: 2 } }
    - - id: move
        do: route53.shift-weight # <-
        with: { record: record, recoveryPercent: 50 }
${p.served}`,
        },
        {
          // Before it, whatever comes of it.
          steps: `
- { id: ready, do: elbv2.target-health, onFailure: continue, with: { targetGroup: targets, healthy: 2 } }
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }
${p.served}`,
        },
        {
          // Before it, if somebody wants it.
          scenario: 'parameters: { careful: { description: Look first, default: true } }',
          steps: `
- id: ready
  do: elbv2.target-health
  when: { value: '\${parameters.careful}', is: true }
  with: { targetGroup: targets, healthy: 2 }
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }
${p.served}`,
        },
        {
          // What is counted is what has failed.
          components:
            'old-targets: { type: target-group, region: eu-central-1, arn: "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/6d0ecf831eec9f09" }',
          steps: `
- { id: ready, do: elbv2.target-health, with: { targetGroup: old-targets, healthy: 2 } }
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }
${p.served}`,
        },
        {
          // Another provider of names is a switch as well.
          steps: `
- id: move
  do: http.request # <-
  with:
    url: https://api.cloudflare.com/client/v4/zones/023e105f4ecef8ad/dns_records/372e67954025e0ba
    method: PATCH
    sandbox: true
    body: { content: recovery.acme.test }
${p.served}`,
        },
      ),
    ],
  },
  {
    number: 7,
    flaw: 'Whether it works is looked at only after the switch, by the public name, or not at all.',
    found: [
      by('traffic-before-readiness', {
        steps: `
${p.served}
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }
- { id: served-again, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
      }),
      by(
        'no-check-after-switch',
        {
          steps: `
${p.ready}
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }`,
        },
        {
          // A check that only drills carry out.
          scenario: 'modes: [recover, drill]',
          components: p.weighted,
          steps: `
${p.ready}
- id: move
  do: route53.shift-weight # <-
  with: { record: record, recoveryPercent: 100 }
- { id: served, do: http.check, modes: [drill], with: { url: 'https://shop.acme.test/' } }`,
        },
      ),
      by(
        'swap-without-check',
        {
          steps: `
- { id: find, do: rds.find-restore-point, with: { target: beside, maxLoss: 1h, before: '\${incident.startedAt}' } }
- { id: restore, do: rds.restore, with: { target: beside, pointTime: '\${steps.find.pointTime}' } }
- id: cut-over
  do: rds.cutover # <-
  with: { database: database, instance: '\${steps.restore.instance}' }`,
          components: p.beside,
        },
        {
          components: `${p.builds}
${p.bucket('dumps', 'eu-west-1')}`,
          steps: `
- { id: newest, do: s3.latest, with: { bucket: dumps, prefix: shop/, before: '\${incident.startedAt}' } }
- id: go
  do: people.approval
  with: { title: Go?, from: [engineer], shows: [Go?], within: 20m }
- id: load
  do: sql.restore-dump
  with:
    database: database
    project: builds
    bucket: dumps
    key: \${steps.newest.key}
    pointTime: \${steps.newest.pointTime}
- id: swap
  do: sql.swap-database # <-
  with: { database: database, restored: '\${steps.load.database}', approvedBy: '\${steps.go.approvedBy}' }`,
        },
      ),
    ],
  },
  {
    number: 8,
    flaw: 'The TTL of the old record decides how long users stay with what is lost, and nobody has looked at it.',
    found: [
      by(
        'long-ttl',
        {
          components: p.weighted
            .replace('routing: weighted', 'routing: simple')
            .concat('\n  ttlSeconds: 3600 # <-'),
          steps: `
${p.ready}
- { id: move, do: route53.upsert, with: { record: record } }
${p.served}`,
        },
        {
          components: p.weighted.concat('\n  ttlSeconds: 900 # <-'),
          steps: `
${p.ready}
- { id: move, do: route53.shift-weight, with: { record: record, recoveryPercent: 100 } }
${p.served}`,
        },
      ),
    ],
    met: [
      met(
        'the old record is kept for the way back',
        'test/actions/route53/failover.test.ts',
        'puts the previous records back',
      ),
    ],
  },
  {
    number: 9,
    flaw: 'Nothing keeps the old side from taking writes when it comes back, and nothing brings the system back.',
    found: [
      by(
        'restore-without-fence',
        {
          steps: `
- id: restore
  do: rds.restore # <-
  with: { target: restored, pointTime: '\${incident.startedAt}' }`,
        },
        {
          components: p.cluster,
          steps: `
${p.fence}
- id: restore
  do: rds.restore-cluster # <-
  with: { target: orders-restored, method: point-in-time }`,
        },
        {
          // A fence beside it, which may come too late.
          steps: `
- parallel:
    - - { id: fence, do: rds.fence, with: { database: database } }
    - - id: restore
        do: rds.restore # <-
        with: { target: restored, pointTime: '\${incident.startedAt}' }`,
        },
        {
          // A fence that may be left out.
          scenario: 'parameters: { careful: { description: Fence first, default: true } }',
          steps: `
- { id: fence, do: rds.fence, when: { value: '\${parameters.careful}', is: true }, with: { database: database } }
- id: restore
  do: rds.restore # <-
  with: { target: restored, pointTime: '\${incident.startedAt}' }`,
        },
      ),
      by('risk-nobody-accepted', {
        steps: `
- id: fence
  do: rds.fence
  with:
    database: database
    acceptedRisks: [writer-may-live] # <-`,
      }),
      by(
        'no-failback',
        { scenario: p.lost, steps: `${p.ready}\n${p.move}\n${p.served}`, at: 'incident:' },
        {
          scenario: p.lost,
          components: p.cluster,
          steps: `
- { id: fence, do: rds.fence, with: { database: orders } }
- { id: restore, do: rds.restore-cluster, with: { target: orders-restored, method: point-in-time } }`,
          at: 'incident:',
        },
        // A scenario that does not say what is lost moves the system all the same.
        { steps: `${p.ready}\n${p.move}\n${p.served}`, at: 'incident:' },
        {
          scenario: p.lost,
          components: p.datastore,
          steps:
            '- { id: move, do: elasticache.failover-global, with: { store: store, to: near, from: far } }',
          at: 'incident:',
        },
      ),
      by('command-topology', 'psql -c "SELECT pg_promote();"'),
      by('change-by-command', 'redis-cli -h replica.internal SLAVEOF NO ONE'),
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
    number: 11,
    flaw: 'A database is restored or created without its network, parameters, key and second zone.',
    found: [
      by(
        'restore-without-network',
        'aws rds restore-db-instance-from-db-snapshot --db-instance-identifier shop-dr --db-snapshot-identifier shop-manual',
        'aws rds create-db-instance --db-instance-identifier shop-new --engine postgres --vpc-security-group-ids sg-0a1b2c3d4e5f60718',
        'aws rds restore-db-cluster-from-snapshot --db-cluster-identifier orders-dr --snapshot-identifier orders-manual --engine aurora-postgresql',
      ),
    ],
    refused: [
      by('missing-key', {
        components: `
restored: # <-
  type: rds-restore-target
  region: eu-west-1
  identifier: shop-dr
  source: database
  sourceIdentifier: shop
  sourceRegion: eu-central-1
  instanceClass: db.t4g.medium
  multiAz: false
  securityGroups: [sg-0a1b2c3d4e5f60718]
  parameterGroup: shop
  kmsKey: alias/shop
  database: shop
  credentials: secret:shop/dr/database
  writeProbe: SELECT 1`,
      }),
    ],
  },
  {
    number: 12,
    flaw: 'The new database or cache is never put into service, or by an edit of a live deployment that the next apply undoes.',
    found: [
      by(
        'restored-and-unused',
        {
          steps: `
${p.fence}
- id: restore
  do: rds.restore # <-
  with: { target: restored, pointTime: '\${incident.startedAt}' }
- { id: look, do: sql.query, with: { database: restored, host: '\${steps.restore.endpoint}', query: SELECT 1, expect: { min: 1 } } }`,
        },
        {
          components: p.newCache,
          steps: `
- id: make
  do: elasticache.create # <-
  with: { target: new-cache }`,
        },
      ),
      by(
        'change-by-command',
        `kubectl patch deployment shop -n shop -p '{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"REDIS_URL","value":"redis://new:6379"}]}]}}}}'`,
        'kubectl -n shop set env deployment/shop DATABASE_URL=new-database-url',
        'kubectl edit configmap shop',
      ),
    ],
  },
  {
    number: 13,
    flaw: 'A command asks for a terminal, and the end of its pipe hides that it failed.',
    found: [
      by(
        'interactive-command',
        'kubectl exec -it timescaledb-0 -n ag-botkit -- psql -U agbot -d ag_botkit',
        'kubectl -n shop exec -it deployment/shop -- sh',
        'kubectl exec -i -t postgres-0 -- psql',
        'kubectl exec --stdin --tty postgres-0 -- psql',
        'docker compose exec db psql -U shop',
        'aws ecs execute-command --cluster shop --task 1 --interactive --command /bin/sh',
        'aws ssm start-session --target i-0a1b2c3d',
        {
          steps: `
- id: dump
  do: k8s.run
  with:
    cluster: cluster
    namespace: shop
    name: dump
    image: shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    command: [kubectl, exec, -it, shop, --, sh] # <-`,
        },
      ),
      by(
        'unchecked-pipe',
        'kubectl exec -i timescaledb-0 -- pg_dump -U agbot ag_botkit | gzip > backup.sql.gz',
        'mysqldump shop | aws s3 cp - s3://shop-dumps/shop.sql',
        'pg_dump shop | split -b 1G - shop.sql.',
        'redis-cli --pipe < dump.txt | tail -1; pg_dumpall | openssl enc -aes-256-cbc > all.enc',
      ),
    ],
  },
  {
    number: 14,
    flaw: 'Variables and placeholders are filled in on the machine of whoever types them, or by nobody.',
    found: [
      by(
        'placeholder',
        'psql $DATABASE_URL -c "SELECT count(*) FROM tenants;"',
        'kubectl delete pod <pod-name> -n shop',
        'Call [Name] on +61 XXX XXX XXX',
        'aws ec2 revoke-security-group-ingress --group-id sg-xxxxx',
        'curl https://api.statuspage.io/v1/pages/PAGE_ID/incidents',
        'BINANCE_API_KEY=your-key',
        'aws route53 get-hosted-zone --id Z123456789',
        'kubectl set image deployment/shop shop={{ image }}',
        'TODO: ask the network team which address',
        'REPLACE_WITH_ACCOUNT',
        'shop-YYYY-MM-DD-automated',
        {
          steps: `
- parallel:
    - - id: look
        do: http.check
        with:
          url: https://<host>/health # <-
    - - { id: other, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
        },
        { sections: 'response:\n  contact: "[PHONE]" # <-\n' },
      ),
      by('bad-expression', 'psql ${DATABASE_URL} -c "SELECT 1"'),
    ],
  },
  {
    number: 15,
    flaw: 'A date is asked of a shell, for each command anew and in its own time zone, and becomes part of a name.',
    found: [
      by(
        'date-shell',
        'aws rds create-db-snapshot --db-snapshot-identifier shop-$(date +%Y%m%d) --db-instance-identifier shop',
        'tar -czf logs-`date +%s`.tar.gz /app/logs/',
        {
          sections: `calendar:
  monthly:
    title: Monthly
    schedule: { when: cron(0 2 1 * ? *), timeZone: UTC }
    does:
      type: task
      people: [engineer]
      text: git tag drill-$(date -u +%F) # <-
`,
        },
        {
          steps: "- { id: look, do: http.check, with: { url: 'https://shop.acme.test/$( date +%F)' } } # <-",
        },
      ),
    ],
  },
  {
    number: 16,
    flaw: 'Terraform waits for a "yes", changes half of a system, or has its state where the disaster is.',
    found: [
      by('interactive-command', 'terraform apply -var="instance_count=3"', 'tofu apply'),
      by(
        'terraform-target',
        'terraform apply -input=false -target=aws_eks_cluster.shop plan.tfplan',
        'terraform plan --target module.eks',
        {
          components: p.builds,
          steps: `
- id: build
  do: codebuild.run
  with:
    project: builds
    sourceVersion: 0123456789abcdef0123456789abcdef01234567
    environment:
      COMMAND: terraform apply -input=false -auto-approve -target=module.eks # <-`,
        },
      ),
      by('change-by-command', 'terraform apply -auto-approve'),
      by(
        'backup-lost-with-region',
        {
          scenario: p.lost,
          sections: `backups:
  state:
    type: terraform-state
    title: State
    bucket: shop-state
    key: state
    region: eu-central-1 # <-
    retention: 90d
    schedule: { when: rate(1 hour) }
    rpo: 2h
`,
        },
        {
          scenario: p.lost,
          sections: `backups:
  objects:
    type: kubernetes-export
    title: Objects
    cluster: cluster
    namespaces: [shop]
    kinds: [Deployment]
    bucket: shop-exports
    region: eu-central-1 # <-
    retention: 90d
    schedule: { when: rate(1 hour) }
    rpo: 2h
`,
        },
      ),
      by('asks-the-lost-region', {
        scenario: p.lost,
        components: `${p.builds}\n${p.bucket('state', 'eu-central-1')}`,
        steps: `
- id: build
  do: codebuild.run
  with:
    project: builds
    sourceVersion: 0123456789abcdef0123456789abcdef01234567
    state: state # <-
    stateKey: shop`,
      }),
    ],
    met: [
      met(
        'codebuild.run reads the state before it starts a build',
        'test/actions/codebuild/run.test.ts',
        'reads the Terraform state first: it has to be there, and nobody may hold it',
      ),
    ],
  },
  {
    number: 17,
    flaw: 'Secrets are deleted before there are new ones, all of them at once, and nothing shows that the old ones are dead.',
    found: [
      by(
        'delete-all-secrets',
        'kubectl delete secret --all -n fusion-bitcoin',
        'kubectl delete --all secrets -n shop',
        'kubectl -n shop delete secrets --all',
        'kubectl delete all,secret --all -n shop',
        'kubectl get secrets -n shop -o name | xargs kubectl delete -n shop',
      ),
      by(
        'secret-before-replacement',
        'kubectl delete secret liquid-abt-secrets -n liquid-abt-production',
        'kubectl -n shop delete secret shop-secrets',
        'kubectl delete secret/shop-secrets',
        'kubectl delete secret -l app=shop -n shop',
        'aws secretsmanager delete-secret --secret-id shop/api --force-delete-without-recovery',
        {
          components:
            'keys: { type: k8s-secret, region: eu-west-1, cluster: shop, namespace: shop, name: keys }\napi: { type: secret, region: eu-west-1, name: shop/api }',
          steps: `
- id: remove
  do: k8s.delete-secret # <-
  with: { secret: keys }
- { id: rotate, do: secrets.rotate, with: { secret: api } }`,
        },
        {
          // A new one beside it may come later.
          components:
            'keys: { type: k8s-secret, region: eu-west-1, cluster: shop, namespace: shop, name: keys }\napi: { type: secret, region: eu-west-1, name: shop/api }',
          steps: `
- parallel:
    - - id: remove
        do: k8s.delete-secret # <-
        with: { secret: keys }
    - - { id: rotate, do: secrets.rotate, with: { secret: api } }`,
        },
      ),
    ],
    met: [
      met(
        'secrets.rotate is done when the old one fails',
        'test/actions/secrets/rotate.test.ts',
        'is never done while the old value still works',
      ),
    ],
  },
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
    number: 19,
    flaw: 'A restore overwrites or drops the only copy before anything has shown that there is another.',
    found: [
      by(
        'drops-the-only-copy',
        'psql -U agbot -d postgres -c "DROP DATABASE ag_botkit;"',
        'pg_restore --clean --if-exists --verbose latest.dump',
        'pg_restore -vc -d shop shop.dump',
        'dropdb shop && createdb shop',
        'psql -c "DELETE FROM orders"',
        'psql -c "TRUNCATE orders, payments"',
        'psql -c "DROP TABLE orders CASCADE"',
        'mongorestore --drop dump/',
        'aws s3 sync s3://shop-backup s3://shop-media --delete',
        'kubectl delete pvc data-postgres-0 -n shop',
        'aws ec2 delete-volume --volume-id vol-0a1b2c3d',
        {
          steps: `
- id: go
  do: people.approval
  with: { title: Go?, from: [engineer], shows: [Go?], within: 20m }
- id: clear
  do: sql.exec
  with:
    database: database
    statements:
      - DROP SCHEMA public CASCADE # <-
    doneWhen: SELECT true
    approvedBy: \${steps.go.approvedBy}`,
        },
      ),
    ],
  },
  {
    number: 20,
    flaw: 'The newest backup is chosen by its name or place, and may be half written or newer than the damage.',
    found: [
      by(
        'newest-by-name',
        'aws s3 ls s3://backups/database/ | grep postgresql | sort | tail -1',
        'aws s3 ls s3://ag-botkit-backups/database/ --recursive | tail -n 1',
        'ls -t /backups/*.sql.gz | head -1',
        'aws s3 ls s3://shop/ | sort -r | head -n 1',
        "aws rds describe-db-snapshots --query 'sort_by(DBSnapshots,&SnapshotCreateTime)[-1].DBSnapshotIdentifier'",
        '/app/scripts/restore.sh --file /backups/latest-clean-backup.sql.gz',
        'aws s3 cp s3://shop-dumps/shop-latest.dump .',
      ),
      by(
        'newest-after-damage',
        {
          components: p.bucket('dumps', 'eu-west-1'),
          scenario: p.damaged,
          steps: `
- id: newest
  do: s3.latest # <-
  with: { bucket: dumps, prefix: shop/ }`,
        },
        {
          components: p.beside,
          scenario: p.damaged,
          steps: `
- id: newest
  do: rds.find-restore-point # <-
  with: { target: beside, maxLoss: 1h }`,
        },
      ),
    ],
    met: [
      met(
        's3.latest passes over what is no whole file',
        'test/actions/s3/s3.test.ts',
        'passes over what is empty, half written, without manifest or suspect, and says so',
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
    number: 22,
    flaw: 'Contacts, tokens and keys are placeholders, or stand in the plan.',
    found: [
      by('placeholder', 'Call the CTO: [Name], +61 XXX XXX XXX', {
        sections: 'people:\n  engineer:\n    name: "[Name]" # <-\n    channel: mail\n',
      }),
      by(
        'secret-in-a-command',
        'curl -f -H "Authorization: OAuth 89a229ce1a8dbcf9ff30430fbe35eb4c" https://api.statuspage.io/v1/pages',
        'curl -f -H "X-Api-Key: 5kd93jd82mxnq0a1" https://api.acme.test/',
        'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE aws sts get-caller-identity',
        'git clone https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@git.acme.test/ops',
        'kubectl create secret generic shop --from-literal=password=hunter22',
      ),
      by(
        'secret-in-plan',
        {
          sections: `people:
  engineer:
    name: Engineer
    contact: "+61 400 000 000" # <-
    channel: mail
`,
        },
        {
          sections: `channels:
  mail: { type: sns, topic: shop, protocol: email }
  chat:
    type: slack-webhook
    url: https://hooks.slack.com/services/T0/B0/x1 # <-
`,
        },
      ),
    ],
  },
  {
    number: 23,
    flaw: 'Images, manifests and code come from the internet, or from a tag or branch that may be another one by then.',
    found: [
      by(
        'mutable-source',
        'kubectl run app-test --image=liquid-abt:latest -- npm run test:database',
        'kubectl apply -f https://raw.githubusercontent.com/kubernetes/ingress-nginx/controller-v1.8.0/deploy/static/provider/cloud/deploy.yaml',
        'git checkout HEAD~1 k8s/',
        'git checkout main && git pull',
        'git pull origin main',
        'helm install ingress ingress-nginx/ingress-nginx',
        'curl -fsSL https://get.acme.test/install.sh | bash',
        {
          steps: `
- id: image
  do: k8s.set-image
  with:
    workload: app
    image: ghcr.io/acme/shop:latest # <-`,
        },
        {
          steps: `
- id: once
  do: k8s.run
  with:
    cluster: cluster
    namespace: shop
    name: once
    image: postgres # <-
    command: [psql, --version]`,
        },
        {
          steps: `
- id: once
  do: k8s.run
  with:
    cluster: cluster
    namespace: shop
    name: once
    image: redis:latest # <-
    command: [redis-cli, --version]`,
        },
        {
          steps: `
- id: apply
  do: k8s.apply
  with:
    cluster: cluster
    objects:
      - apiVersion: v1
        kind: Pod
        metadata: { name: shop, namespace: shop }
        spec: { containers: [{ name: shop, image: 'registry.acme.test/shop/app:main' }] } # <-`,
        },
      ),
      by('refused-in-any-case', {
        components: p.builds,
        steps: `
- id: build
  do: codebuild.run # <-
  with: { project: builds, sourceVersion: main }`,
      }),
      by('asks-the-lost-region', {
        scenario: p.lost,
        steps: `
- id: image
  do: k8s.set-image
  with:
    workload: app
    image: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 # <-`,
      }),
    ],
  },
  {
    number: 24,
    flaw: 'More is to be kept than RDS keeps: automated backups for over 35 days, over 100 manual snapshots.',
    found: [
      by(
        'retention-not-possible',
        {
          sections: `backups:
  automated:
    type: rds-automated
    title: Automated
    component: database
    retention: 90d # <-
`,
        },
        {
          sections: `backups:
  replicated:
    type: rds-replicated-backups
    title: Replicated
    component: database
    region: eu-west-1
    kmsKey: alias/shop
    retention: 36d # <-
`,
        },
        {
          // RDS makes one a day and nobody can ask for more.
          sections: `backups:
  automated:
    type: rds-automated
    title: Automated, every six hours
    component: database
    schedule: { when: rate(6 hours) } # <-
    retention: 7d
`,
        },
      ),
      by(
        'too-many-snapshots',
        {
          sections: `backups:
  often:
    type: rds-snapshot
    title: Often
    component: database
    schedule: { when: rate(2 hours) }
    retention: 90d # <-
    rpo: 3h
`,
        },
        {
          sections: `backups:
  many:
    type: rds-snapshot
    title: Many
    component: database
    schedule: { when: rate(12 hours) }
    retention: 30d
    rpo: 13h
  copies:
    type: rds-snapshot-copy
    title: Copies
    of: many
    region: eu-central-1
    kmsKey: alias/shop
    schedule: { when: rate(12 hours) }
    retention: 40d # <-
    rpo: 26h
`,
        },
      ),
    ],
  },
  {
    number: 25,
    flaw: 'The database is once an instance, once a cluster, once a pod; or it needs what RDS does not have.',
    found: [
      by(
        'command-topology',
        'aws rds describe-db-clusters --db-cluster-identifier shop',
        'aws rds modify-db-cluster --apply-immediately --db-cluster-identifier=shop',
        'kubectl exec timescaledb-0 -n shop -- psql -U shop',
        'kubectl exec postgres-0 -- psql -c "SELECT 1"',
        'psql -c "CREATE EXTENSION timescaledb"',
      ),
      by(
        'topology-mismatch',
        { steps: '- { id: it, do: rds.failover, with: { database: restored } } # <-' },
        {
          components: p.cluster,
          steps: '- { id: it, do: rds.stop, with: { database: orders } } # <-',
        },
      ),
    ],
    refused: [
      by('unknown-value', {
        components: `
time:
  type: rds-instance
  region: eu-central-1
  identifier: time
  engine: timescaledb # <-
  multiAz: true
  database: time
  credentials: secret:time/database
  writeProbe: SELECT 1`,
      }),
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
