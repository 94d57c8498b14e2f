import { by, type Flaw } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About the new database: what it is made like, and whether it is put into service. */
export const databases: readonly Flaw[] = [
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
];
