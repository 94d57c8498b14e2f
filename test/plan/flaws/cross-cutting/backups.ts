import { by, type Flaw, met } from '../flaw.ts';
import * as p from '../pieces.ts';

/** About backups: how often they are made, where they are, how long they are kept, and which one is taken. */
export const backups: readonly Flaw[] = [
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
];
