import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { provingPermissions } from '../../deploy/backup-statements/proving.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Backup } from '../../shared/plan/schema.ts';

const text = readFileSync('plans/liquid-abt/plan.yml', 'utf8');

/** Errors of LIQUID ABT's plan with one text in it replaced. */
async function errorsWith(from: string, to: string): Promise<string[]> {
  expect(text).toContain(from);
  const { findings } = await checkPlan({ file: 'plan.yml', text: text.replace(from, to) });
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, message }) => `${rule}: ${message}`);
}

describe('backups and calendar of a plan', () => {
  it.each([
    [
      'of: database-snapshots',
      'of: database-snapshot',
      /unknown-backup: There is no backup "database-snapshot"/,
    ],
    ['of: database-snapshots', 'of: database-replicated', /topology-mismatch: .*no snapshots to copy/],
    [
      'component: database\n    retention: 7d\n    rpo: 15m',
      'component: cache-primary\n    retention: 7d',
      /topology-mismatch: "cache-primary"/,
    ],
    [
      'retention: 7d\n    rpo: 15m',
      'retention: 90d\n    rpo: 15m',
      /retention-not-possible: RDS keeps .* 90 are asked for/,
    ],
    ['into: database-proof', 'into: embedded', /verify-target: Only a dump/],
    [
      'subnetGroup: liquid-abt-isolated',
      'subnetGroup: liquid-abt-dr-database',
      /verify-target: .*subnet group of "database-restored"/,
    ],
    ['when: cron(0 2/6 * * ? *)', 'when: cron(0 2/6 * * *)', /has not six fields/],
    [
      'operation: verify',
      'operation: verify\n      backups: [database-automated]',
      /nothing-to-verify: "database-automated"/,
    ],
    [
      'scenario: region-failure\n    implements: [LA-140',
      'scenario: region-failur\n    implements: [LA-140',
      /unknown-scenario: .*"region-failur"/,
    ],
    [
      'type: drill\n      scenario: region-failure',
      'type: drill\n      scenario: region-failure\n      mode: planned',
      /unknown-mode: .*no mode planned/,
    ],
    [
      'type: drill\n      scenario: region-failure',
      'type: check\n      scenario: region-failure',
      /check-changes-something: .*a step that changes something/,
    ],
    [
      'people: [platform-lead, engineering-manager, cto]',
      'people: [platform-led]',
      /unknown-person: There is no person "platform-led"/,
    ],
    [
      'timeZone: Australia/Sydney\n    does:\n      type: backups',
      'timeZone: Sydney\n    does:\n      type: backups',
      /time zone/,
    ],
  ])('%j -> %j is an error', async (from, to, said) => {
    expect(await errorsWith(from, to)).toContainEqual(expect.stringMatching(said));
  });

  it('a proof of all backups is an error where none says how it is proven', async () => {
    const plan = parse(text) as { backups: Record<string, { verify?: unknown }> };
    for (const backup of Object.values(plan.backups)) delete backup.verify;
    const { findings } = await checkPlan({ file: 'plan.yml', text: stringify(plan) });
    const said = findings.map(({ rule, message }) => `${rule}: ${message}`);
    expect(said).toContainEqual(expect.stringMatching(/^nothing-to-verify: No backup of the plan/));
  });
});

describe('a dump that is too large for a function', () => {
  const into = (larger: string) => `  dumps:
    type: dump
    title: Dumps
    component: database
    bucket: liquid-abt-dumps
    region: ap-southeast-4
    schedule: { when: rate(1 hour) }
    retention: 7d
    rpo: 3h
    verify:
      into: embedded
      larger: ${larger}
      within: 2h
      queries:
        - { id: any, title: There are purchases, sql: SELECT count(*) FROM bitcoin_purchases, min: 1 }

  database-replicated:
`;
  const components = (subnetGroup: string) => `
  dump-proof:
    type: rds-new-instance
    title: Where large dumps are proven
    region: ap-southeast-4
    identifier: liquid-abt-dump-proof
    engine: postgres
    engineVersion: '16.4'
    instanceClass: db.t4g.medium
    allocatedStorage: 100
    multiAz: false
    subnetGroup: ${subnetGroup}
    securityGroups: [sg-05c8e1f7a93d24b60]
    parameterGroup: liquid-abt-postgres16
    kmsKey: alias/liquid-abt
    database: liquid_abt
    credentials: secret:liquid-abt/dr/database
    writeProbe: SELECT 1

  restore-dumps:
    type: codebuild-project
    title: Restores large dumps
    region: ap-southeast-4
    name: liquid-abt-restore-dumps
    takes: 20m

  cache-primary:
`;
  const errors = async (larger: string, subnetGroup = 'liquid-abt-dumps-isolated') => {
    const whole = text
      .replace('\n  database-replicated:\n', `\n${into(larger)}`)
      .replace('\n  cache-primary:\n', components(subnetGroup));
    const { findings } = await checkPlan({ file: 'plan.yml', text: whole });
    return findings
      .filter(({ severity }) => severity === 'error')
      .map(({ rule, message }) => `${rule}: ${message}`);
  };

  it('is restored into an instance of its own by a build', async () => {
    expect(await errors('{ into: dump-proof, build: restore-dumps }')).toEqual([]);
  });
  it('needs an empty instance and that one build, and may delete nothing that a proof has not made', async () => {
    const whole = text
      .replace('\n  database-replicated:\n', `\n${into('{ into: dump-proof, build: restore-dumps }')}`)
      .replace('\n  cache-primary:\n', components('liquid-abt-dumps-isolated'));
    const { plan } = await checkPlan({ file: 'plan.yml', text: whole });
    if (!plan) throw new Error('the plan is right');
    const permissions = provingPermissions({ ...plan, backups: { dumps: plan.backups.dumps as Backup } });
    const of = (action: string) => permissions.filter(({ actions }) => actions.includes(action));
    expect(of('rds:CreateDBInstance').flatMap(({ resources }) => resources)).not.toContain('*');
    expect(of('rds:RestoreDBInstanceFromDBSnapshot')).toEqual([]);
    expect(of('codebuild:StartBuild').flatMap(({ resources }) => resources)).toEqual([
      expect.stringMatching(/project\/liquid-abt-restore-dumps$/),
    ]);
    expect(of('rds:DeleteDBInstance')).toMatchObject([
      {
        resources: [expect.stringMatching(/db:liquid-abt-dump-proof-\*$/)],
        conditions: { Null: { 'aws:ResourceTag/lifeboat:purpose': 'false' } },
      },
    ]);
  });
  it.each([
    ['{ into: database-proof, build: restore-dumps }', undefined, /topology-mismatch: "database-proof"/],
    ['{ into: dump-proof, build: cache-primary }', undefined, /topology-mismatch: "cache-primary"/],
    ['{ into: dump-prof, build: restore-dumps }', undefined, /"dump-prof"/],
    ['{ above: 900, into: dump-proof, build: restore-dumps }', undefined, /512/],
    [
      '{ into: dump-proof, build: restore-dumps }',
      'liquid-abt-dr-database',
      /verify-target: "dump-proof" is in the subnet group of "database-restored"/,
    ],
  ])('%s is an error', async (larger, subnetGroup, said) => {
    expect(await errors(larger, subnetGroup)).toContainEqual(expect.stringMatching(said));
  });
});

describe('a dump of MySQL', () => {
  const example = readFileSync('examples/tool-library/plan.yml', 'utf8');
  const said = async (from: string, to: string) => {
    expect(example).toContain(from);
    const { findings } = await checkPlan({ file: 'plan.yml', text: example.replace(from, to) });
    return findings.filter(({ rule }) => rule === 'verify-target').map(({ message }) => message);
  };

  it('is proven by a build, in an instance of its engine', async () => {
    const larger = '{ above: 0, into: catalogue-dump-proof, build: restore-dumps }';
    expect(await said(larger, larger)).toEqual([]);
    const embedded = ['"catalogue" runs mariadb, whose dumps an embedded Postgres can not load'];
    expect(await said(`      larger: ${larger}\n`, '')).toEqual(embedded);
    expect(await said(larger, larger.replace('above: 0', 'above: 100'))).toEqual(embedded);
    expect(await said('engine: mariadb\n    engineVersion', 'engine: postgres\n    engineVersion')).toEqual([
      '"catalogue-dump-proof" runs postgres, and the dumps are of "catalogue", which runs mariadb',
    ]);
  });
});

describe('backups of a cluster', () => {
  const sql = `
    database: liquid_abt
    credentials: secret:liquid-abt/dr/database
    writeProbe: SELECT 1`;
  const components = (engine: string, subnetGroup: string) => `
  orders:
    type: rds-cluster
    title: Orders
    region: ap-southeast-2
    identifier: liquid-abt-orders
    engine: ${engine}${sql}

  orders-proof:
    type: rds-cluster-restore-target
    title: Where the cluster is proven
    region: ap-southeast-4
    identifier: liquid-abt-orders-proof
    source: orders
    sourceIdentifier: liquid-abt-orders
    sourceRegion: ap-southeast-2
    engine: ${engine}
    instanceClass: db.r6g.large
    subnetGroup: ${subnetGroup}
    securityGroups: [sg-05c8e1f7a93d24b60]
    clusterParameterGroup: liquid-abt-aurora16
    kmsKey: alias/liquid-abt${sql}

  cache-primary:
`;
  const backups = (type: string, into: string) => `  orders-snapshots:
    type: rds-snapshot
    title: Snapshots of the cluster
    component: orders
    schedule: { when: rate(6 hours) }
    retention: 7d
    rpo: 8h

  orders-elsewhere:
    ${type}
    title: In the other region
    region: ap-southeast-4
    kmsKey: alias/liquid-abt
    schedule: { when: rate(1 day) }
    retention: 7d
    rpo: 40h
    verify:
      into: ${into}
      within: 2h
      queries:
        - { id: any, title: There are purchases, sql: SELECT count(*) FROM bitcoin_purchases, min: 1 }

  database-replicated:
`;
  const copies = 'type: rds-snapshot-copy\n    of: orders-snapshots';
  const replicated = 'type: rds-replicated-backups\n    component: orders';
  const errors = async (
    type: string,
    into: string,
    engine = 'aurora-postgresql',
    subnets = 'liquid-abt-orders',
  ) => {
    const whole = text
      .replace('\n  database-replicated:\n', `\n${backups(type, into)}`)
      .replace('\n  cache-primary:\n', components(engine, subnets));
    const { findings } = await checkPlan({ file: 'plan.yml', text: whole });
    return findings
      .filter(({ severity }) => severity === 'error')
      .map(({ rule, message }) => `${rule}: ${message}`);
  };

  it('are restored into a cluster', async () => {
    expect(await errors(copies, 'orders-proof')).toEqual([]);
  });
  it.each([
    [
      'into an instance',
      [copies, 'database-proof'],
      /topology-mismatch: "database-proof".*rds-cluster-restore-target/,
    ],
    [
      'that RDS replicates',
      [replicated, 'orders-proof'],
      /topology-mismatch: "orders" is of type rds-cluster/,
    ],
    [
      'among what a recovery makes',
      [copies, 'orders-proof', 'aurora-postgresql', 'liquid-abt-dr-database'],
      /verify-target: "orders-proof" is in the subnet group of/,
    ],
  ] as [string, Parameters<typeof errors>, RegExp][])('%s are an error', async (_, given, said) => {
    expect(await errors(...given)).toContainEqual(expect.stringMatching(said));
  });

  it('of MySQL are proven as others are', async () => {
    expect(await errors(copies, 'orders-proof', 'aurora-mysql')).toEqual([]);
  });
});
