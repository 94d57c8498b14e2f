import { by, type Flaw, met } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About the switch of users: with what, when, and what is looked at before. */
export const traffic: readonly Flaw[] = [
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
];
