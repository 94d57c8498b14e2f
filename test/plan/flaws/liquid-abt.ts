import { by, type Flaw, met } from './flaw.ts';
import * as p from './pieces.ts';

/** What is wrong with the document of LIQUID ABT. */
export const liquidAbt: readonly Flaw[] = [
  {
    number: 28,
    flaw: 'A failover call for clusters is given the name of an instance.',
    found: [
      by(
        'command-topology',
        'aws rds failover-db-cluster --db-cluster-identifier shop',
        'aws rds failover-db-cluster --target-db-instance-identifier shop-2 --db-cluster-identifier shop',
      ),
      by('unknown-kind', {
        steps: '- { id: it, do: rds.failover-db-cluster, with: { database: database } } # <-',
      }),
    ],
    met: [
      met(
        'rds.failover takes the call that fits what RDS says',
        'test/actions/rds/cluster-failover.test.ts',
        'goes by what RDS says: a cluster that the plan calls an instance is failed over as a cluster',
      ),
    ],
  },
  {
    number: 29,
    flaw: 'A snapshot is named as RDS names none, such as "…-latest" or by a day.',
    found: [
      by(
        'literal-rds-snapshot',
        'aws rds restore-db-instance-from-db-snapshot --db-instance-identifier t --db-snapshot-identifier rds:shop-latest',
        'aws rds restore-db-instance-from-db-snapshot --db-instance-identifier t --db-snapshot-identifier shop-latest --db-subnet-group-name shop --vpc-security-group-ids sg-0a1b2c3d4e5f60718',
        {
          steps: `
${p.fence}
- id: restore
  do: rds.restore
  with:
    target: restored
    method: snapshot
    from: shop-latest # <-
    pointTime: \${incident.startedAt}`,
        },
        {
          components: p.cluster,
          steps: `
- { id: fence, do: rds.fence, with: { database: orders } }
- id: restore
  do: rds.restore-cluster
  with:
    target: orders-restored
    method: snapshot
    from: orders-2026-01-05 # <-`,
        },
      ),
    ],
  },
  {
    number: 30,
    flaw: 'The moment to restore to stands in the plan, and is out of reach when it is used.',
    found: [
      by(
        'fixed-moment',
        'aws rds restore-db-instance-to-point-in-time --restore-time "2025-01-06T10:30:00Z"',
        {
          components: p.beside,
          steps: `
- id: find
  do: rds.find-restore-point
  with:
    target: beside
    maxLoss: 1h
    before: '2026-01-06T10:30:00Z' # <-`,
        },
        {
          scenario: `
parameters:
  damaged-at:
    description: When it began
    default: '2026-01-06T10:30:00Z' # <-`,
        },
        {
          scenario:
            'parameters: { damaged-at: { description: When it began, default: "${incident.startedAt - 1h}" } }\nmodes: [drill]',
          sections: `calendar:
  monthly:
    title: Monthly
    schedule: { when: cron(0 2 1 * ? *), timeZone: UTC }
    does:
      type: drill
      scenario: incident
      parameters:
        damaged-at: '2026-01-06T10:30:00Z' # <-
`,
        },
      ),
    ],
    met: [
      met(
        'a moment that can not be restored to is refused',
        'test/actions/rds/restore-cluster.test.ts',
        'before the earliest restorable time',
      ),
    ],
  },
  {
    number: 31,
    flaw: 'A kubeconfig is taken for a started cluster; pods come before their nodes and before their database.',
    found: [
      by('shell-state', 'aws eks update-kubeconfig --name shop-dr --region eu-west-1'),
      by(
        'starts-before-its-database',
        {
          components: `
app:
  type: k8s-deployment
  region: eu-west-1
  cluster: shop
  namespace: shop
  name: shop
  container: shop
  uses: [restored]`,
          steps: `
${p.fence}
- id: up
  do: k8s.scale # <-
  with: { deployment: app, replicas: 3 }
- { id: restore, do: rds.restore, with: { target: restored, pointTime: '\${incident.startedAt}' } }
- { id: put, do: people.task, with: { title: Use it, text: '\${steps.restore.endpoint}', owner: engineer, within: 5m } }`,
        },
        {
          // Beside it is too early as well.
          components:
            'web: { type: ecs-service, region: eu-west-1, cluster: shop, name: web, standbyCount: 0, uses: [restored] }',
          steps: `
${p.fence}
- parallel:
    - - { id: restore, do: rds.restore, with: { target: restored, pointTime: '\${incident.startedAt}' } }
    - - id: up
        do: ecs.scale-service # <-
        with: { service: web, count: 3 }
- { id: put, do: people.task, with: { title: Use it, text: '\${steps.restore.endpoint}', owner: engineer, within: 5m } }`,
        },
      ),
      by('pods-before-nodes', {
        components:
          'nodes: { type: eks-nodegroup, region: eu-west-1, cluster: shop, name: nodes, standbySize: 0 }',
        steps: `
- id: up
  do: k8s.scale # <-
  with: { deployment: app, replicas: 3 }
- { id: grow, do: eks.scale-nodegroup, with: { nodegroup: nodes, size: 6 } }`,
      }),
    ],
  },
  {
    number: 32,
    flaw: 'A new health-check path is taken for registered targets.',
    found: [
      by('traffic-before-readiness', {
        steps: `
- { id: path, do: elbv2.modify-target-group, with: { targetGroup: targets, healthCheckPath: /health } }
- id: move
  do: route53.failover # <-
  with: { name: name, fallbackAfter: 5m }
${p.served}`,
      }),
      by(
        'change-by-command',
        'aws elbv2 modify-target-group --target-group-arn arn:aws:x --health-check-path /api/health',
      ),
    ],
  },
  {
    number: 33,
    flaw: 'A record points at a load balancer whose name was made up, or is of another type than what the zone has.',
    found: [
      by(
        'traffic-by-command',
        "aws route53 change-resource-record-sets --hosted-zone-id Z0451727QLRBN5XKDTW --change-batch '{}'",
      ),
      by('placeholder', {
        components: p.weighted.replace(
          'recovery.acme.test',
          'shop-dr-alb-123456789.eu-west-1.elb.amazonaws.com # <-',
        ),
        steps: `
${p.ready}
- { id: move, do: route53.shift-weight, with: { record: record, recoveryPercent: 100 } }
${p.served}`,
      }),
    ],
    met: [
      met(
        'a record of another type is refused',
        'test/actions/route53/failover.test.ts',
        'when the zone has an alias where the plan has a CNAME',
      ),
    ],
  },
  {
    number: 34,
    flaw: 'The status page is moved along, so it is served by what has failed.',
    found: [
      by(
        'status-page-moves-along',
        {
          components: `
name: # <-
  type: dns-name
  region: eu-west-1
  name: status.acme.test
  hostedZone: Z0451727QLRBN5XKDTW
  recordType: CNAME
  primaryTarget: primary.acme.test
  recoveryTarget: recovery.acme.test
  primaryHealthCheck: 3f9a6c0e-51b7-4d2f-8a34-c7e90d16b2f5
  gate: { bucket: shop-gate, key: gate }
  resolvers: [9.9.9.9]`,
          sections: 'response: { statusPage: "https://status.acme.test" }\n',
        },
        {
          components: p.weighted
            .replace('record:', 'record: # <-')
            .replace('pay.acme.test', 'status.acme.test'),
          sections: 'response: { statusPage: "https://status.acme.test/" }\n',
        },
        {
          components:
            "page: { type: endpoint, region: eu-west-1, url: 'https://status.acme.test/', servedBy: app } # <-",
          sections: 'response: { statusPage: "https://status.acme.test" }\n',
        },
      ),
    ],
  },
  {
    number: 35,
    flaw: 'A command is to run in a deployment that was scaled to 0 before.',
    found: [
      by(
        'exec-after-scale-to-zero',
        {
          steps: `
- { id: stop, do: k8s.scale, with: { deployment: app, replicas: 0 } }
- id: assess
  do: k8s.exec # <-
  with: { workload: app, command: [node, assess.js] }
- { id: start, do: k8s.scale, with: { deployment: app, replicas: 3 } }`,
        },
        {
          steps: `
- id: stop
  do: people.task
  with:
    title: Stop
    text: kubectl scale deployment --replicas=0 -n shop --all
    owner: engineer
    within: 10m
- id: assess
  do: people.task # <-
  with:
    title: Assess
    text: kubectl exec -i deployment/shop -n shop -- node assess.js
    owner: engineer
    within: 10m`,
        },
        {
          steps: `
- parallel:
    - - { id: stop, do: k8s.scale, with: { deployment: app, replicas: 0 } }
      - id: assess
        do: k8s.exec # <-
        with: { workload: app, command: [node, assess.js] }
    - - { id: look, do: http.check, with: { url: 'https://shop.acme.test/' } }
- { id: start, do: k8s.scale, with: { deployment: app, replicas: 3 } }`,
        },
      ),
    ],
  },
  {
    number: 36,
    flaw: 'The ingress is deleted to keep users out; its load balancer goes with it, and nothing brings it back.',
    found: [
      by(
        'change-by-command',
        'kubectl delete ingress shop-ingress -n shop',
        'kubectl -n shop delete ing/shop-ingress',
        'kubectl delete -f k8s/ingress.yaml',
      ),
      by('switch-without-undo', {
        steps: `
- id: close
  do: k8s.delete # <-
  with:
    cluster: cluster
    objects: [{ apiVersion: networking.k8s.io/v1, kind: Ingress, namespace: shop, name: shop }]`,
      }),
    ],
  },
  {
    number: 37,
    flaw: 'The cache is flushed to revoke tokens, which it does not; queues, locks and revocation lists go.',
    found: [
      by(
        'whole-cache-flush',
        'redis-cli -h cache.internal flushdb',
        'redis-cli FLUSHALL ASYNC',
        'redis-cli EVAL "return redis.call(\'flushdb\')" 0',
      ),
      by('refused-in-any-case', {
        components:
          'cache: { type: elasticache-replication-group, region: eu-west-1, identifier: shop, endpoint: c.internal }',
        steps: '- { id: flush, do: redis.flush, with: { cache: cache, whole: true } } # <-',
      }),
    ],
  },
  {
    number: 38,
    flaw: 'A replica is made of a copy that has just been restored, and promoted: one copy too many.',
    found: [
      by(
        'change-by-command',
        'aws rds create-db-instance-read-replica --db-instance-identifier a --source-db-instance-identifier b',
      ),
    ],
    met: [
      met(
        'a source without backups is refused',
        'test/actions/rds/made-instances.test.ts',
        'refuses a source that is silent, gone, or has no backups',
      ),
    ],
  },
  {
    number: 39,
    flaw: 'An image is pulled on a workstation to show that the cluster can pull it.',
    found: [
      by(
        'proves-nothing',
        'docker pull ghcr.io/liquidtreasury/liquid-abt:v1.2.3',
        'podman pull registry.acme.test/shop:v1',
        'docker manifest inspect shop:v1.2.3',
      ),
    ],
  },
  {
    number: 40,
    flaw: 'Decrypted secrets lie in a file of whoever types the command.',
    found: [
      by(
        'secret-in-a-command',
        'aws ssm get-parameters-by-path --path /x --with-decryption > /tmp/secrets.env',
        'aws secretsmanager get-secret-value --secret-id shop --query SecretString > db.json',
        'kubectl get secret shop -n shop -o yaml > secret.yml',
        'kubectl create secret generic shop --from-env-file=/tmp/restored-secrets.env',
      ),
    ],
  },
  {
    number: 41,
    flaw: 'A cache is made without network, encryption, credentials and a second node.',
    found: [
      by(
        'change-by-command',
        'aws elasticache create-replication-group --replication-group-id shop-dr --num-cache-clusters 3',
      ),
    ],
    refused: [
      by('missing-key', {
        components: `
new-cache: # <-
  type: elasticache-target
  region: eu-west-1
  identifier: shop-cache
  nodeType: cache.t4g.small
  securityGroups: [sg-0a1b2c3d4e5f60718]
  mayStartEmpty: true`,
      }),
      by('out-of-range', {
        components: p.newCache.replace('[sg-0a1b2c3d4e5f60718]', '[] # <-'),
      }),
    ],
  },
  {
    number: 42,
    flaw: 'A pod is started by hand for one test, restarts for ever, and does not wait for the database.',
    found: [
      by(
        'change-by-command',
        'kubectl run test-pod --image=registry.acme.test/shop:v1 -- psql -c "SELECT 1"',
        'kubectl create job --from=cronjob/backup by-hand -n shop',
      ),
      by('mutable-source', 'kubectl run app-test --image=liquid-abt -- npm test'),
    ],
  },
  {
    number: 43,
    flaw: 'A dry run is taken for a deployment, and the tests behind it look at the old one.',
    found: [
      by(
        'dry-run-before-tests',
        {
          steps: `
- id: deploy
  do: people.task
  with:
    title: Deploy
    text: kubectl apply -k k8s/staging/ --dry-run=server # <-
    owner: engineer
    within: 10m
- id: test
  do: people.task
  with: { title: Test, text: npm run test:integration, owner: engineer, within: 10m }`,
        },
        {
          components: p.builds,
          steps: `
- id: deploy
  do: people.task
  with:
    title: Deploy
    text: helm upgrade shop ./chart --dry-run # <-
    owner: engineer
    within: 10m
- id: test
  do: codebuild.run
  with:
    project: builds
    sourceVersion: 0123456789abcdef0123456789abcdef01234567
    environment: { COMMAND: npm test }`,
        },
      ),
      by('proves-nothing', 'k6 run tests/load/critical-paths.js --env=staging'),
    ],
  },
  {
    number: 44,
    flaw: 'Whether the recovery region is switched on and offers what is needed is taken for granted.',
    met: [
      met(
        'a class that the region does not offer is refused before anything is restored',
        'test/actions/rds/find-restore-point.test.ts',
        'refuses with everything that is missing, at once',
      ),
    ],
  },
  {
    number: 45,
    flaw: 'A standby is paid for, and the procedure does not use it.',
    found: [
      by(
        'unused-standby',
        {
          components: `
standby: # <-
  type: rds-instance
  region: eu-west-1
  identifier: shop-standby
  engine: postgres
  multiAz: false
  database: shop
  credentials: secret:shop/database
  writeProbe: SELECT 1`,
        },
        {
          components:
            'group: { type: auto-scaling-group, region: eu-west-1, name: web, standbySize: 1 } # <-',
        },
        {
          components: 'host: { type: ec2-instances, region: eu-west-1, tag: { key: role, value: web } } # <-',
        },
      ),
    ],
  },
  {
    number: 46,
    flaw: 'The availability that is promised leaves less time a year than two recoveries take, and nobody counts.',
    met: [
      met(
        'every report counts what was used of it',
        'test/report/service-levels.test.ts',
        'leave 8.77 hours of a year at 99.9 %',
      ),
    ],
  },
  {
    number: 47,
    flaw: 'Costs are in two currencies without saying which.',
    refused: [
      by('missing-key', {
        sections: 'costs: # <-\n  outagePerHour: 1000\n',
      }),
    ],
  },
];
