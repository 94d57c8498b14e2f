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
