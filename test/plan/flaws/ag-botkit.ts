import { by, type Flaw, met } from './flaw.ts';
import * as p from './pieces.ts';

/** What is wrong with the document of ag-botkit. */
export const agBotkit: readonly Flaw[] = [
  {
    number: 48,
    flaw: 'Users are moved by a health check alone, at once, to a side that is still cold.',
    found: [
      by('traffic-before-readiness', {
        steps: `
${p.move.replace('{ id: move, do: route53.failover,', '{ id: move, do: route53.failover,')} # <-
${p.served}`,
      }),
    ],
    refused: [
      by('missing-key', {
        components: `
name: # <-
  type: dns-name
  region: eu-west-1
  name: shop.acme.test
  hostedZone: Z0451727QLRBN5XKDTW
  recordType: CNAME
  primaryTarget: primary.acme.test
  recoveryTarget: recovery.acme.test
  primaryHealthCheck: 3f9a6c0e-51b7-4d2f-8a34-c7e90d16b2f5
  resolvers: [9.9.9.9]`,
      }),
    ],
  },
  {
    number: 49,
    flaw: 'Damage is assessed before what does it is stopped; the stop reaches one pod, and nobody reads it back.',
    found: [
      by(
        'stops-too-late',
        {
          scenario: p.damaged,
          steps: `
- { id: count, do: sql.query, with: { database: database, query: SELECT count(*) FROM orders, expect: { min: 1 } } }
- id: stop
  do: k8s.scale # <-
  with: { deployment: app, replicas: 0 }
- { id: start, do: k8s.scale, with: { deployment: app, replicas: 3 } }`,
        },
        {
          scenario: p.damaged,
          steps: `
- { id: look, do: k8s.run, with: { cluster: cluster, namespace: shop, name: look, image: 'shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', command: [assess] } }
- id: stop
  do: k8s.set-env # <-
  with: { workload: app, env: { TRADING_ENABLED: 'false' } }
- { id: start, do: k8s.set-env, with: { workload: app, env: { TRADING_ENABLED: 'true' } } }`,
        },
      ),
      by(
        'interactive-command',
        'kubectl exec -it deployment/minibot -- curl -X POST http://localhost:9091/api/kill-switch/trigger',
      ),
    ],
    met: [
      met(
        'k8s.exec reaches every pod and reads the answers',
        'test/actions/k8s/commands.test.ts',
        'runs in every Ready pod where each keeps a state of its own',
      ),
    ],
  },
  {
    number: 50,
    flaw: 'A backup is looked for under another name than it is written with.',
    found: [
      by(
        'placeholder',
        'aws s3 cp s3://ag-botkit-backups/database/backup-YYYYMMDD.sql.gz .',
        'gunzip backup-YYYYMMDD-HHMMSS.sql.gz',
      ),
      by(
        'newest-by-name',
        'aws s3 cp backup-*.sql.gz s3://ag-botkit-backups/database/',
        'aws s3 cp k8s-backup-*.yaml s3://ag-botkit-backups/kubernetes/',
      ),
    ],
  },
  {
    number: 51,
    flaw: 'A database is dropped while sessions are open, and the restore goes on after errors.',
    found: [
      by(
        'drops-the-only-copy',
        'kubectl exec -i timescaledb-0 -n ag-botkit -- psql -U agbot -d postgres -c "DROP DATABASE ag_botkit;"',
      ),
      by(
        'unchecked-pipe',
        'kubectl exec -i timescaledb-0 -- psql -U agbot -d ag_botkit < backup.sql',
        'psql -d shop -f dump.sql',
        'gunzip -c dump.sql.gz | psql shop',
      ),
    ],
  },
  {
    number: 52,
    flaw: 'Restored data is to be compared with expected values, and there are none.',
    refused: [
      by('missing-key', {
        steps: `
- id: look
  do: sql.query
  with: # <-
    database: database
    query: SELECT count(*) FROM orders`,
      }),
      by('wrong-value', {
        sections: `backups:
  dumps:
    type: dump
    title: Dumps
    component: database
    bucket: shop-dumps
    region: eu-west-1
    schedule: { when: rate(30 minutes) }
    retention: 7d
    verify:
      into: embedded
      within: 1h
      queries:
        - { id: orders, title: Orders, sql: SELECT count(*) FROM orders } # <-
`,
      }),
    ],
    met: [
      met(
        'rows are compared with those of the manifest',
        'test/actions/sql/changes.test.ts',
        'fails when the rows are not those of the manifest, and names them',
      ),
    ],
  },
  {
    number: 53,
    flaw: 'The control plane is asked what EKS does not show, in a way that hangs when it is down.',
    found: [
      by('proves-nothing', 'kubectl get componentstatuses', 'kubectl get cs', 'etcdctl endpoint health'),
    ],
  },
  {
    number: 54,
    flaw: 'A node group is to be made anew by a forced update of its version, whatever disruption budgets say.',
    found: [
      by(
        'forces-eviction',
        'aws eks update-nodegroup-version --cluster-name a --nodegroup-name b --force',
        'kubectl drain node-1 --ignore-daemonsets --force',
        'kubectl delete pod shop-0 --force --grace-period=0',
        'kubectl drain node-1 --disable-eviction',
      ),
    ],
    refused: [
      by('wrong-value', {
        components:
          'nodes: { type: eks-nodegroup, region: eu-west-1, cluster: shop, name: nodes, standbySize: 2 }',
        steps: `
- id: update
  do: eks.update-nodegroup-version
  with: { nodegroup: nodes, force: true } # <-`,
      }),
    ],
  },
  {
    number: 55,
    flaw: '"kubectl get all" is taken for all there is in a cluster.',
    found: [
      by(
        'incomplete-export',
        'kubectl get all -n trading-bot -o yaml > k8s-backup.yaml',
        'kubectl -n shop get all -o yaml > backup-state.yaml',
        'kubectl get all -A -o json | gzip > all.json.gz',
        'kubectl get deploy,svc -n shop -o yaml > shop.yml',
      ),
    ],
  },
  {
    number: 56,
    flaw: 'A cluster is destroyed, and the volumes of its databases go with it.',
    found: [
      by('clean-up-by-command', 'terraform destroy -target=module.eks', 'tofu destroy -auto-approve', {
        components: p.builds,
        steps: `
- id: destroy
  do: codebuild.run
  with:
    project: builds
    sourceVersion: 0123456789abcdef0123456789abcdef01234567
    buildspec: terraform destroy -input=false -auto-approve # <-`,
      }),
      by('change-by-command', 'eksctl delete cluster --name shop', 'aws eks delete-cluster --name shop'),
    ],
  },
  {
    number: 57,
    flaw: 'A scenario has a lower severity than its own definition of severities gives it.',
    found: [
      by(
        'severity-too-low',
        {
          scenario: `
severity: high # <-
${p.damaged}`,
          sections:
            'severities:\n  critical: { title: Data loss or complete outage }\n  high: { title: Degraded }\n',
        },
        {
          scenario: `
severity: high # <-
disaster: { type: failure, components: [cluster] }`,
          sections: 'severities:\n  critical: { title: Complete outage }\n  high: { title: Degraded }\n',
        },
        {
          scenario: `
severity: p1 # <-
${p.lost}`,
          sections: 'severities:\n  p0: { title: "P0: total outage, data loss" }\n  p1: { title: P1 }\n',
        },
      ),
    ],
  },
  {
    number: 58,
    flaw: 'A backup is to be made "on every change", and nothing tells of a change.',
    refused: [
      by('wrong-value', {
        sections: `backups:
  objects:
    type: kubernetes-export
    title: Objects
    cluster: cluster
    namespaces: [shop]
    kinds: [ConfigMap]
    bucket: shop-exports
    region: eu-west-1
    schedule: { when: on every change } # <-
    retention: 90d
`,
      }),
    ],
  },
  {
    number: 59,
    flaw: 'Only one role may read the secrets, and nobody knows how that role is come by in an outage.',
    met: [
      met(
        'the roles of the functions may read what the plan names, and nothing else',
        'test/actions/http/request.test.ts',
        'may read the secrets that it names and nothing else',
      ),
    ],
  },
];
