import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';

const fixture = (rule: string, name: string) =>
  readFileSync(new URL(`./fixtures/${rule}/${name}.yml`, import.meta.url), 'utf8');
const rulesOf = async (text: string) =>
  (await checkPlan({ text, file: 'plan.yml' })).findings.map(({ rule }) => rule);

test('a target beside the live database is right where the region still stands', async () => {
  const liquid = readFileSync(new URL('../../plans/liquid-abt/plan.yml', import.meta.url), 'utf8');
  const beside = liquid
    .replace(/(type: rds-restore-target[\s\S]*?region: )ap-southeast-4/, '$1ap-southeast-2')
    .replace('sourceRegion: ap-southeast-2', 'sourceRegion: ap-southeast-2');
  expect(await rulesOf(beside)).toContain('restore-in-primary');
  const corrupted = beside.replace(
    /disaster:\s+type: region-loss\s+region: primary/,
    'disaster: { type: corruption, component: database, damage: "DELETE FROM tenants" }',
  );
  expect(corrupted).not.toBe(beside);
  expect(await rulesOf(corrupted)).not.toContain('restore-in-primary');
  // Nobody's place is taken until the copy is swapped in, so nothing has to be fenced for it.
  expect(await rulesOf(corrupted)).not.toContain('restore-without-fence');
});

test('a replica that is promoted needs a fence like a restore', async () => {
  const text = fixture('restore-without-fence', 'triggers');
  const replica = text
    .replace(
      'components:',
      `components:
  replica:
    type: rds-instance
    region: ${/recovery: (\S+)/.exec(text)?.[1]}
    identifier: shop-replica
    engine: postgres
    multiAz: false
    database: shop
    credentials: secret:shop/db
    writeProbe: SELECT 1
    replicaOf: database`,
    )
    .replace(
      /do: rds\.restore[\s\S]*?(?=\n {8,12}(?:- id|timeout|onFailure|modes)|$)/,
      'do: rds.promote-replica # <- restore-without-fence\n            with:\n              replica: replica\n              maxLoss: 1h',
    );
  expect(await rulesOf(replica)).toContain('restore-without-fence');
  // RDS stops no writer that has a replica: in the writer's own region the promotion itself proves that it is gone.
  const primary = /primary: (\S+)/.exec(text)?.[1];
  const beside = replica.replace(/(replica:\n\s+type: rds-instance\n\s+region: )\S+/, `$1${primary}`);
  expect(beside).not.toBe(replica);
  expect(await rulesOf(beside)).not.toContain('restore-without-fence');
});

test('a replica follows a database that the plan knows', async () => {
  const text = fixture('restore-without-fence', 'clean');
  const wrong = text.replace('type: rds-instance', 'type: rds-instance\n    replicaOf: nothing');
  expect(await rulesOf(wrong)).toContain('unknown-component');
});

test('a cluster that is restored in another region needs a fence like an instance', async () => {
  const text = fixture('restore-without-fence', 'triggers');
  const cluster = text
    .replace('type: rds-instance', 'type: rds-cluster')
    .replace('engine: postgres', 'engine: aurora-postgresql')
    .replace('    multiAz: true\n', '')
    .replace('type: rds-restore-target', 'type: rds-cluster-restore-target\n    engine: aurora-postgresql')
    .replace('    multiAz: false\n', '')
    .replace('parameterGroup: shop', 'clusterParameterGroup: shop')
    .replace('do: rds.restore ', 'do: rds.restore-cluster ')
    .replace('method: automated-backup', 'method: point-in-time')
    .replace(/backups:[\s\S]*?(?=people:)/, '')
    .replace(/ +pointTime: .*\n?/, '');
  expect(await rulesOf(cluster)).toEqual(['restore-without-fence']);
  const step = cluster.slice(cluster.indexOf('          - id: restore'));
  const fence = '          - { id: fence, do: rds.fence, with: { database: database } }\n';
  expect(await rulesOf(cluster.replace(step, `${fence}${step}`))).toEqual([]);
});

test('an empty database that is made for a dump in another region needs a fence as well', async () => {
  const text = fixture('restore-without-fence', 'triggers');
  const made = (region: string, database: string) =>
    text
      .replace(/type: rds-restore-target\n {4}region: .*/, `type: rds-new-instance\n    region: ${region}`)
      .replace(/ {4}source: [\s\S]*?sourceRegion: .*\n/, '    engine: postgres\n    engineVersion: "16.4"\n')
      .replace('multiAz: false', 'multiAz: false\n    allocatedStorage: 20')
      .replace(/(kmsKey: alias\/shop\n {4}database: )shop/, `$1${database}`)
      .replace(
        /do: rds\.restore #[\s\S]*$/,
        'do: rds.create-instance\n            with: { database: restored }\n',
      );
  expect(await rulesOf(made('eu-west-1', 'shop'))).toContain('restore-without-fence');
  expect(await rulesOf(made('eu-west-1', 'scratch'))).not.toContain('restore-without-fence');
  expect(await rulesOf(made('eu-central-1', 'shop'))).not.toContain('restore-without-fence');
});

test('a restored instance runs the engine of its source', async () => {
  const text = fixture('restore-without-fence', 'clean');
  expect(await rulesOf(text)).not.toContain('restore-source-disagrees');
  const other = text.replace('engine: postgres', 'engine: mysql');
  expect(await rulesOf(other)).toContain('restore-source-disagrees');
  const both = other.replace('type: rds-restore-target', 'type: rds-restore-target\n    engine: mysql');
  expect(await rulesOf(both)).not.toContain('restore-source-disagrees');
});
