import { by, type Flaw } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About what has failed: what needs its answer, and what it does when it comes back. */
export const theLostSide: readonly Flaw[] = [
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
];
