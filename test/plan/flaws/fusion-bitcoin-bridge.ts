import { by, type Flaw, met } from './flaw.ts';
import * as p from './pieces.ts';

const pages = (first: string, second: string) => `channels:
  mail: { type: sns, topic: shop, protocol: email }
  page: { type: statuspage, page: kctbh9vrtdwd, token: 'secret:shop/page' }
audiences:
  team: { title: Team, information: technical, channels: [mail], within: 5m }
  users:
    title: Users
    information: customer
    channels: [page]
    ${first}
  partners:
    title: Partners
    information: partner
    channels: [page]
    ${second}
`;

/** What is wrong with the document of Fusion Bitcoin Bridge. */
export const fusionBitcoinBridge: readonly Flaw[] = [
  {
    number: 60,
    flaw: 'Two deadlines are given for telling the same people.',
    found: [
      by(
        'conflicting-deadlines',
        { sections: pages('within: 15m', 'within: 2h # <-') },
        { sections: pages('within: 15m\n    updateEvery: 30m', 'within: 15m\n    updateEvery: 15m # <-') },
        {
          sections: `severities:
  critical: { title: Critical, respondWithin: 5m }
escalation:
  - after: 15m # <-
    people: [engineer]
    title: On call
`,
        },
        {
          scenario: `
manualOnly: false
trigger:
  signals: [probe]
  quorum: 1
  sustained: 20m # <-
  coolDown: 1h
  start: manual`,
          sections: `severities:
  critical: { title: Critical, respondWithin: 15m }
signals:
  probe: { type: probe, title: Probe, observer: outside, url: 'https://shop.acme.test/', every: 1m, failures: 3 }
`,
        },
      ),
    ],
  },
  {
    number: 61,
    flaw: 'A breach is told to the own lawyers, and to no regulator.',
    found: [
      by(
        'regulator-not-told',
        {
          scenario: p.inside.replace('disaster: {', 'disaster: # <-\n  {'),
          steps: '- { id: logs, do: k8s.logs, with: { cluster: cluster, namespace: shop } }',
        },
        {
          // Without a word of what it is played as.
          scenario: 'title: Suspected breach',
          steps: '- { id: logs, do: k8s.logs, with: { cluster: cluster, namespace: shop } }',
          at: 'incident:',
        },
      ),
    ],
  },
  {
    number: 62,
    flaw: 'Calls for clusters and for instances are mixed.',
    found: [
      by(
        'command-topology',
        'aws rds failover-db-cluster --db-cluster-identifier shop --target-db-instance-identifier shop-replica',
      ),
      by('restore-source-disagrees', {
        components: p.beside.replace('sourceIdentifier: shop', 'sourceIdentifier: shop-cluster # <-'),
      }),
      by('topology-mismatch', {
        components: `${p.cluster}
${p.beside.replace('source: database', 'source: orders # <-').replace('sourceIdentifier: shop', 'sourceIdentifier: orders')}`,
      }),
    ],
  },
  {
    number: 63,
    flaw: 'Everything is scaled to 0, nobody notes how many there were, and nothing scales it back.',
    found: [
      by(
        'change-by-command',
        'kubectl scale deployment --replicas=0 -n fusion-bitcoin --all',
        'kubectl -n shop scale --replicas 0 statefulset/postgres',
        'aws ecs update-service --cluster shop --service web --desired-count 0',
      ),
      by(
        'switch-without-undo',
        {
          steps: `
- id: stop
  do: k8s.scale # <-
  with: { deployment: app, replicas: 0 }`,
        },
        {
          components:
            'web: { type: ecs-service, region: eu-central-1, cluster: shop, name: web, standbyCount: 3 }',
          steps: `
- id: stop
  do: ecs.scale-service # <-
  with: { service: web, count: 0 }`,
        },
        {
          components: 'group: { type: auto-scaling-group, region: eu-central-1, name: web, standbySize: 3 }',
          steps: `
- id: stop
  do: autoscaling.set-desired # <-
  with: { group: group, desired: 0, mayShrink: true }`,
        },
        {
          steps: `
- parallel:
    - - id: stop
        do: k8s.suspend-cronjobs # <-
        with: { cluster: cluster, namespace: shop }
    - - { id: resume, do: k8s.suspend-cronjobs, with: { cluster: cluster, namespace: shop, suspend: false } }`,
        },
        {
          // By a parameter that nobody sets.
          scenario: 'parameters: { pods: { description: How many are left, default: 0 } }',
          steps: `
- id: stop
  do: k8s.scale # <-
  with: { deployment: app, replicas: '\${parameters.pods}' }`,
        },
        {
          // Brought back only if somebody wants it.
          scenario: 'parameters: { wanted: { description: Start it again, default: false } }',
          steps: `
- id: stop
  do: k8s.scale # <-
  with: { deployment: app, replicas: 0 }
- { id: start, do: k8s.scale, when: { value: '\${parameters.wanted}', is: true }, with: { deployment: app, replicas: 3 } }`,
        },
      ),
    ],
  },
  {
    number: 64,
    flaw: 'Statistics of the planner are taken for a test of the data.',
    found: [
      by(
        'proves-nothing',
        "SELECT tablename FROM pg_stats WHERE schemaname = 'public';",
        'psql -c "SELECT * FROM pg_stat_database;"',
        {
          steps: `
- id: look
  do: sql.query
  with:
    database: database
    query: SELECT count(*) FROM pg_stats # <-
    expect: { min: 1 }`,
        },
      ),
    ],
  },
  {
    number: 65,
    flaw: 'A restore goes back an hour from now, or to midnight, and not to before the damage.',
    found: [
      by(
        'date-shell',
        'aws rds restore-db-instance-to-point-in-time --restore-time $(date -d "1 hour ago" --iso-8601)',
      ),
      by(
        'newest-after-damage',
        {
          components: p.beside,
          scenario: p.damaged,
          steps: `
- id: find
  do: rds.find-restore-point
  with:
    target: beside
    maxLoss: 1h
    before: \${run.startedAt - 1h} # <-`,
        },
        {
          components: p.beside,
          scenario: p.damaged,
          steps: `
- id: restore
  do: rds.restore
  with:
    target: beside
    pointTime: \${run.startedAt - 1h} # <-`,
        },
      ),
    ],
    refused: [
      by('wrong-format', {
        components: p.beside,
        steps: `
- id: find
  do: rds.find-restore-point
  with:
    target: beside
    maxLoss: 1h
    before: 1 hour ago # <-`,
      }),
    ],
  },
  {
    number: 66,
    flaw: 'A database is created without its settings, and a compressed dump is read as SQL.',
    found: [
      by(
        'restore-without-network',
        'aws rds create-db-instance --db-instance-identifier new --engine postgres --vpc-security-group-ids sg-0a1b2c3d4e5f60718',
      ),
      by('unchecked-pipe', 'psql -h db.internal -d shop < /tmp/dump.sql.gz', 'cat dump.sql.gz | psql shop'),
    ],
    refused: [
      by('missing-key', {
        components: `
made: # <-
  type: rds-new-instance
  region: eu-west-1
  identifier: shop-new
  engine: postgres
  engineVersion: "16.4"
  instanceClass: db.t4g.medium
  multiAz: false
  allocatedStorage: 20
  securityGroups: [sg-0a1b2c3d4e5f60718]
  parameterGroup: shop
  kmsKey: alias/shop
  database: shop
  credentials: secret:shop/new
  writeProbe: SELECT 1`,
      }),
    ],
  },
  {
    number: 67,
    flaw: 'A new cache gets a new name, nobody is pointed at it, and whether it may be empty is not said.',
    found: [
      by('restored-and-unused', {
        components: p.newCache,
        steps: `
- parallel:
    - - id: make
        do: elasticache.create # <-
        with: { target: new-cache }
    - - { id: look, do: http.check, with: { url: 'https://shop.acme.test/' } }`,
      }),
    ],
    refused: [
      by('missing-key', {
        components: p.newCache.replace('new-cache:', 'new-cache: # <-').replace(/\n {2}mayStartEmpty.*/, ''),
      }),
    ],
  },
  {
    number: 68,
    flaw: 'A failed node is replaced by asking for one more, which stops at the maximum and leaves the failed one.',
    found: [
      by(
        'change-by-command',
        'aws autoscaling set-desired-capacity --auto-scaling-group-name nodes --desired-capacity 4',
        'eksctl scale nodegroup --cluster shop --name nodes --nodes 4',
      ),
    ],
    met: [
      met(
        'autoscaling.replace-instance takes the failed one away and keeps the number',
        'test/actions/autoscaling/autoscaling.test.ts',
        'replaces what is unhealthy without lowering the capacity',
      ),
    ],
  },
  {
    number: 69,
    flaw: 'Change batches lie in files beside the plan, and the ids of zones and checks are mixed up.',
    found: [
      by(
        'traffic-by-command',
        'aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch file://dns-change.json',
      ),
      by('placeholder', 'aws route53 get-health-check --health-check-id Z123456789'),
    ],
    refused: [
      by(
        'wrong-format',
        {
          components: p.weighted.replace('Z0451727QLRBN5XKDTW', '3f9a6c0e-51b7-4d2f-8a34-c7e90d16b2f5 # <-'),
        },
        {
          components:
            "check: { type: health-check, region: eu-west-1, healthCheckId: Z0451727QLRBN5XKDTW, watches: 'https://shop.acme.test/' } # <-",
        },
      ),
    ],
  },
  {
    number: 70,
    flaw: 'Backups are copied out of the lost region when it is lost, and nothing is ever restored from them.',
    found: [
      by('change-by-command', 'aws s3 sync s3://shop-backups/ s3://shop-backups-dr/'),
      by('asks-the-lost-region', {
        scenario: p.lost,
        components: `${p.bucket('here', 'eu-central-1')}\n${p.bucket('there', 'eu-west-1')}`,
        steps: `
- id: copy
  do: s3.copy
  with:
    from: here # <-
    to: there
    prefix: dumps/`,
      }),
      by('data-left-behind', {
        scenario: p.lost,
        steps: `${p.ready}\n${p.move}\n${p.served}`,
        scenarios: p.back,
        at: 'incident:',
      }),
    ],
  },
  {
    number: 71,
    flaw: 'An attacker is to be kept out by a rule that lets in.',
    found: [
      by(
        'blocks-by-allowing',
        'aws ec2 authorize-security-group-ingress --group-id sg-1 --source-group sg-blocked',
        'aws --region eu-west-1 ec2 authorize-security-group-egress --group-id sg-0a1b2c3d --protocol tcp',
      ),
    ],
  },
  {
    number: 72,
    flaw: 'A patch in JSON lacks a brace, and puts a tag that moves.',
    found: [
      by(
        'change-by-command',
        `kubectl patch daemonset agent -p '{"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:latest-patched"}]}}}'`,
      ),
      by(
        'mutable-source',
        `kubectl patch daemonset agent -p '{"spec": {"template": {"spec": {"containers": [{"name": "agent", "image": "agent:latest-patched"}]}}}'`,
        {
          steps: `
- id: patch
  do: k8s.patch
  with:
    cluster: cluster
    object: { apiVersion: apps/v1, kind: DaemonSet, namespace: shop, name: agent }
    type: strategic
    patch:
      spec:
        template:
          spec:
            containers:
              - name: agent
                image: agent:latest-patched # <-`,
        },
      ),
    ],
    refused: [
      by('wrong-type', {
        steps: `
- id: patch
  do: k8s.patch
  with:
    cluster: cluster
    object: { apiVersion: apps/v1, kind: DaemonSet, namespace: shop, name: agent }
    patch: '{"spec": {' # <-`,
      }),
    ],
  },
  {
    number: 73,
    flaw: 'A smoke test does real business in production.',
    found: [
      by(
        'acts-for-real',
        `curl -f -X POST https://fusion-bitcoin.company.com/api/swap -d '{"amount": "0.1"}'`,
        `curl -f https://api.acme.test/orders --data '{"amount": 1}'`,
        `curl -fd amount=1 https://api.acme.test/orders`,
        'wget --post-data=amount=1 https://api.acme.test/orders',
        'http POST https://api.acme.test/orders amount=1',
      ),
      by('refused-in-any-case', {
        steps: `
- id: buy
  do: http.request # <-
  with: { url: 'https://api.acme.test/orders', method: POST, body: { amount: 1 } }`,
      }),
    ],
  },
  {
    number: 74,
    flaw: '"Next business day" has neither a calendar nor a time zone.',
    found: [
      by(
        'ambiguous-schedule',
        'Tell the partners on the next business day',
        'Report within two business days',
        'Done by close of business',
      ),
    ],
    refused: [
      by('bad-duration', {
        sections: `followUps:
  report: { title: Report, owner: engineer, due: next business day } # <-
`,
      }),
    ],
  },
];
