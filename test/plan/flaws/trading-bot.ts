import { by, type Flaw, met } from './flaw.ts';
import * as p from './pieces.ts';

const template = (subject: string, text = 'Something is wrong. # <-') => `templates:
  initial-technical:
    subject: ${subject}
    text: ${text}
`;
const drill = (mode: string) => `calendar:
  weekly:
    title: Weekly
    schedule: { when: cron(0 9 ? * MON *), timeZone: UTC }
    does:
      type: drill
      scenario: incident
      mode: ${mode} # <-
`;

/** What is wrong with the document of AI Crypto Trading Bot. */
export const tradingBot: readonly Flaw[] = [
  {
    number: 75,
    flaw: 'Two checks of a backup file can not both pass: one is for gzip, the other for the custom format.',
    found: [
      by(
        'proves-nothing',
        'gzip -t "$BACKUP_FILE" && pg_restore --list "$BACKUP_FILE" > /dev/null 2>&1',
        'pg_restore -l /backups/shop.sql.gz',
      ),
    ],
    met: [
      met(
        'a file is judged by its own format',
        'test/sql/restore-script.test.ts',
        'tells gzip and custom dumps by their first bytes',
      ),
    ],
  },
  {
    number: 76,
    flaw: 'Incremental dumps are promised, and there are none.',
    found: [
      by('incremental-dump', 'Hourly incremental backup by pg_dump', 'pg_dump --incremental shop', {
        sections: `backups:
  hourly:
    type: dump
    title: Hourly incremental backups # <-
    component: database
    bucket: shop-dumps
    region: eu-west-1
    schedule: { when: rate(30 minutes) }
    retention: 7d
`,
      }),
    ],
  },
  {
    number: 77,
    flaw: 'A service is pointed away from its database, and never back.',
    found: [
      by(
        'change-by-command',
        `kubectl patch service postgres-service -n trading-bot -p '{"spec":{"selector":{"app":"maintenance"}}}'`,
      ),
      by('switch-without-undo', {
        steps: `
- id: isolate
  do: k8s.patch # <-
  with:
    cluster: cluster
    object: { apiVersion: v1, kind: Service, namespace: shop, name: postgres }
    patch: { spec: { selector: { app: maintenance } } }`,
      }),
    ],
  },
  {
    number: 78,
    flaw: 'Secrets are encrypted for nobody, uploaded nowhere, and on no schedule.',
    found: [
      by(
        'interactive-command',
        'kubectl get secrets -n trading-bot -o yaml | gpg --encrypt > secrets.gpg',
        'gpg -c secrets.yml',
        'gpg -e secrets.yml',
      ),
      by('backup-never-made', {
        components: 'api: { type: secret, region: eu-west-1, name: shop/api }',
        sections: `backups:
  secrets: # <-
    type: secrets-export
    title: Secrets
    secrets: [api]
    bucket: shop-secrets
    region: eu-west-1
    kmsKey: alias/shop
    retention: 30d
    rpo: 4h
`,
      }),
      by('secrets-in-clear', {
        sections: `backups:
  objects:
    type: kubernetes-export
    title: Objects
    cluster: cluster
    namespaces: [shop]
    kinds: [Secret] # <-
    bucket: shop-exports
    region: eu-west-1
    schedule: { when: rate(1 hour) }
    retention: 30d
    rpo: 2h
`,
      }),
    ],
  },
  {
    number: 79,
    flaw: 'Who deleted something is looked for among events, which live for an hour and hardly tell of it.',
    found: [
      by(
        'proves-nothing',
        'kubectl get events -n trading-bot | grep -i delete',
        "kubectl -n shop get events --sort-by='.lastTimestamp' | tail -100",
        'kubectl get events -n shop > events.txt',
      ),
    ],
  },
  {
    number: 80,
    flaw: 'Settings of the emergency stay: a test network, a switch that is off, a limit of one percent.',
    found: [
      by(
        'setting-left-behind',
        {
          steps: `
- id: stop
  do: k8s.set-env # <-
  with: { workload: app, env: { EMERGENCY_MODE: 'true' } }`,
        },
        {
          steps: `
- id: test
  do: people.task # <-
  with:
    title: Test network
    text: kubectl set env deployment/backend BINANCE_TESTNET=true KUCOIN_SANDBOX=true -n trading-bot
    owner: engineer
    within: 10m`,
        },
        {
          components:
            'settings: { type: ssm-parameters, region: eu-west-1, path: /shop, names: [maintenance-mode], texts: { maintenance-mode: "off" } }',
          steps: `
- id: close
  do: ssm.put-parameter # <-
  with: { parameters: settings, name: maintenance-mode, value: 'on' }`,
        },
        {
          steps: `
- id: limit
  do: k8s.set-env # <-
  with: { workload: app, env: { MAX_POSITION_SIZE_PERCENT: '1' } }`,
        },
        {
          steps: `
- id: close
  do: k8s.patch # <-
  with:
    cluster: cluster
    object: { apiVersion: v1, kind: ConfigMap, namespace: shop, name: settings }
    patch: { data: { READ_ONLY: 'true' } }`,
        },
      ),
    ],
  },
  {
    number: 81,
    flaw: 'A cluster is addressed by a context that is called otherwise on every machine.',
    found: [
      by(
        'shell-state',
        'kubectl config use-context trading-bot-dr',
        'kubectl --context=trading-bot-dr get pods',
        'kubectx trading-bot-dr',
        'KUBECONFIG=~/.kube/dr kubectl get pods',
        'aws --profile dr rds describe-db-instances',
        'export AWS_DEFAULT_REGION=ap-southeast-4',
        'aws sts get-caller-identity\nexport AWS_DEFAULT_REGION=ap-southeast-4\naws rds describe-db-instances',
      ),
    ],
  },
  {
    number: 82,
    flaw: 'Pods come before the secrets that they read; a wait right after an apply finds nothing.',
    found: [
      by(
        'proves-nothing',
        'kubectl wait --for=condition=ready pod -l app=postgres -n trading-bot --timeout=300s',
        'kubectl -n shop wait --for=condition=available deployment/backend',
      ),
      by('secret-after-pods', {
        components: `
keys: { type: k8s-secret, region: eu-west-1, cluster: shop, namespace: shop, name: keys }`,
        steps: `
- { id: up, do: k8s.scale, with: { deployment: app, replicas: 3 } }
- id: keys
  do: k8s.create-secret # <-
  with: { secret: keys, values: { api: 'secret:shop/api' } }`,
      }),
    ],
  },
  {
    number: 83,
    flaw: 'The health of one service is asked at two ports.',
    found: [
      by('ports-disagree', {
        steps: `
- { id: one, do: http.check, with: { url: 'http://backend.acme.test:8080/health' } }
- id: two
  do: http.check
  with:
    url: http://backend.acme.test:3000/health # <-`,
      }),
    ],
  },
  {
    number: 84,
    flaw: 'A moment is to be restored to of which no backup was made.',
    found: [
      by('fixed-moment', '/app/scripts/restore.sh --file /backups/backup-20240115-143000.sql.gz'),
      by('backup-misses-rpo', {
        components: `${p.builds}
${p.bucket('dumps', 'eu-west-1')}`,
        steps: `
- { id: newest, do: s3.latest, with: { bucket: dumps, prefix: shop/ } }
- id: load
  do: sql.restore-dump
  with: { database: database, project: builds, bucket: dumps, key: '\${steps.newest.key}', pointTime: '\${steps.newest.pointTime}' }
- { id: look, do: sql.query, with: { database: database, query: SELECT 1, expect: { min: 1 } } }`,
        sections: `backups:
  nightly: { type: dump, title: Nightly, component: database, bucket: shop-dumps, region: eu-west-1, schedule: { when: cron(0 2 * * ? *) }, retention: 7d, rpo: 25h }
`,
        at: 'incident:',
      }),
    ],
    met: [
      met(
        's3.latest takes the newest whole file before a moment, and says how old it is',
        'test/actions/s3/s3.test.ts',
        'chooses the newest whole file by the time of its data, with its manifest',
      ),
    ],
  },
  {
    number: 85,
    flaw: 'Users hear by mail in 15 or 30 minutes, and by the status page in 10 or 30.',
    found: [
      by('conflicting-deadlines', {
        sections: `channels:
  mail: { type: sns, topic: shop, protocol: email }
  page: { type: statuspage, page: kctbh9vrtdwd, token: 'secret:shop/page' }
audiences:
  team: { title: Team, information: technical, channels: [mail], within: 5m }
  users: { title: Users, information: customer, channels: [page, mail], within: 30m }
  visitors: { title: Visitors, information: customer, channels: [page], within: 10m } # <-
`,
      }),
    ],
    refused: [
      by('duplicate-key', {
        sections: `audiences:
  team: { title: Team, information: technical, channels: [mail], within: 15m }
  team: { title: Team, information: technical, channels: [mail], within: 30m } # <-
`,
      }),
    ],
  },
  {
    number: 86,
    flaw: 'Drills delete pods and deployments of production every week, and nothing brings them back.',
    found: [
      by(
        'change-by-command',
        {
          sections: `calendar:
  weekly:
    title: Weekly
    schedule: { when: cron(0 9 ? * MON *), timeZone: UTC }
    does:
      type: task
      people: [engineer]
      text: kubectl delete deployment backend -n trading-bot # <-
`,
        },
        'kubectl delete pod postgres-pod -n trading-bot',
      ),
      by('drill-in-production', {
        scenario: 'modes: [recover, planned]',
        steps: '- { id: pods, do: k8s.delete-pod, with: { workload: app } }',
        sections: drill('planned'),
      }),
    ],
    refused: [by('unknown-value', { sections: drill('recover') })],
  },
  {
    number: 87,
    flaw: "The test environment gets manifests that name production, and production's live keys.",
    found: [
      by('live-keys-in-a-test', {
        components: `
api: { type: secret, region: eu-west-1, name: shop/production/api }
keys: { type: k8s-secret, region: eu-west-1, cluster: shop, namespace: shop-test, name: keys }`,
        steps: `
- id: keys
  do: k8s.create-secret
  with:
    secret: keys
    values: { api: 'secret:shop/production/api#key' } # <-`,
      }),
    ],
    met: [
      met(
        'k8s.apply rewrites the namespace and refuses what has none',
        'test/actions/k8s/objects.test.ts',
        'puts a test into its own namespace, and nothing into the whole cluster',
      ),
    ],
  },
  {
    number: 88,
    flaw: 'Something is in scope and drilled, and has neither a signal nor a procedure.',
    found: [
      by('unknown-scenario', {
        sections: `calendar:
  weekly:
    title: Weekly
    schedule: { when: cron(0 9 ? * MON *), timeZone: UTC }
    does:
      type: drill
      scenario: network-partition # <-
`,
      }),
      by('signal-opens-nothing', {
        sections: `signals:
  partition: # <-
    type: probe
    title: Partition
    observer: outside
    url: 'https://shop.acme.test/'
    every: 1m
    failures: 3
`,
      }),
    ],
  },
  {
    number: 89,
    flaw: 'The time is taken from when the script starts, and its waits pass at once.',
    found: [by('proves-nothing', 'kubectl wait --for=condition=available deployment/backend --timeout=600s')],
    met: [
      met(
        'times are those of the steps, from the start of the outage',
        'test/report/objectives.test.ts',
        'reach from the start of the outage to the end of the last phase',
      ),
    ],
  },
  {
    number: 90,
    flaw: 'Every message is CRITICAL and says that all is operational, whatever was found.',
    found: [
      by(
        'unchecked-claim',
        {
          sections: template(
            'Over',
            'All services operational, performance within normal parameters. # <-',
          ).replace('initial-technical', 'all-clear-technical'),
        },
        {
          steps: `
- id: tell
  do: notify.send
  with:
    audience: team
    template: update
    fields:
      state: Data integrity verified # <-`,
        },
      ),
      by(
        'severity-in-a-template',
        { sections: template('"[CRITICAL] Incident" # <-', 'Something is wrong.') },
        { sections: template('"P0: the shop is down" # <-', 'Something is wrong.') },
        { sections: template('Incident', 'SEV1 incident of the shop. # <-') },
      ),
    ],
  },
  {
    number: 91,
    flaw: 'Each update opens a new incident on the status page, always of the same impact, with the token in the script.',
    found: [
      by(
        'acts-for-real',
        'curl -f -X POST "https://api.statuspage.io/v1/pages/kctbh9vrtdwd/incidents" -d @incident.json',
      ),
      by(
        'secret-in-a-command',
        'curl -f -H "Authorization: OAuth 89a229ce1a8dbcf9ff30430fbe35eb4c" https://api.statuspage.io/v1/pages',
      ),
      by('secret-in-plan', {
        sections: `channels:
  mail: { type: sns, topic: shop, protocol: email }
  page: { type: statuspage, page: kctbh9vrtdwd, token: 89a229ce1a8dbcf9ff30430fbe35eb4c } # <-
`,
      }),
    ],
    met: [
      met(
        'an incident is made once, then updated',
        'test/communication/channels/channels.test.ts',
        'has one incident that is made once, updated, and resolved with its components',
      ),
    ],
  },
  {
    number: 92,
    flaw: 'Key and secret of an exchange stand in a script that signs with two different times.',
    found: [
      by(
        'secret-in-a-command',
        'curl -f -H "X-MBX-APIKEY: vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A" https://api.binance.com/api/v3/account',
        'BINANCE_API_SECRET="NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"',
      ),
      by('date-shell', 'curl -f "https://api.binance.com/api/v3/account?timestamp=$(date +%s)000"'),
    ],
    refused: [
      by('secret-in-a-command', {
        steps: `
- id: account
  do: http.request
  with:
    url: https://api.binance.com/api/v3/account
    headers:
      X-MBX-APIKEY: vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A # <-`,
      }),
    ],
  },
];
