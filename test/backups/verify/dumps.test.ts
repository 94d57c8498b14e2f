import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBackup } from '../../../shared/backups/create.ts';
import { scratchOf } from '../../../shared/backups/verify/embedded.ts';
import { loadDump } from '../../../shared/backups/verify/file.ts';
import { statementsOf } from '../../../shared/backups/verify/sql-script.ts';
import { listVerifications } from '../../../shared/backups/verify/state.ts';
import { isThrowAway } from '../../../shared/backups/verify/throw-away-tags.ts';
import type { Backup, Plan } from '../../../shared/plan/schema.ts';
import { onStage } from '../../../simulator/backups/stage.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { bucketsOf, storeObject } from '../../../simulator/services/s3/state.ts';
import type { Call } from '../../../simulator/world/world.ts';
import { liquidAbt, planDirectory } from '../fleet-plan.ts';

const dump = (name: string) => readFileSync(new URL(`../../fixtures/dumps/${name}`, import.meta.url));
async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
}
async function* one(text: string) {
  yield text;
}

describe('a dump of a real pg_dump is restored into a real Postgres', () => {
  const database = new PGlite();
  const scratch = scratchOf(database);
  afterAll(() => database.close());
  beforeAll(() => database.waitReady, 60_000);
  beforeEach(() =>
    database.exec(
      'DROP SCHEMA public CASCADE; CREATE SCHEMA public; SELECT lo_unlink(oid) FROM pg_largeobject_metadata',
    ),
  );

  it.each([
    ['pg15.sql', 'plain-sql'],
    ['pg16.sql', 'plain-sql'],
    ['pg17.sql', 'plain-sql'],
    ['pg18.sql', 'plain-sql'],
    ['pg15.dump', 'pg-custom'],
    ['pg15-piped.dump', 'pg-custom'],
    ['pg16.dump', 'pg-custom'],
    ['pg17.dump', 'pg-custom'],
    ['pg18.dump', 'pg-custom'],
  ])('%s', async (name, format) => {
    await loadDump(pieces(dump(name)), format, scratch);
    const { rows } = await scratch.query(
      'SELECT count(*)::int AS n, sum(amount)::int AS sum, count(DISTINCT t.id)::int AS tenants FROM public.purchases p JOIN public.tenants t ON t.id = p.tenant_id',
    );
    expect(rows).toEqual([{ n: 40, sum: 8200, tenants: 6 }]);
  });

  it('and one that Postgres refuses says which statement', async () => {
    const text = dump('pg15.sql').toString().replace('amount numeric(12,2)', 'amount nonsense(12,2)');
    await expect(loadDump(pieces(Buffer.from(text)), 'plain-sql', scratch)).rejects.toThrow(
      /Postgres refuses "CREATE TABLE public.purchases.*nonsense/,
    );
  });
});

describe('a script is split into statements', () => {
  const split = async (text: string) => {
    const found: string[] = [];
    for await (const statement of statementsOf(one(text))) found.push(statement);
    return found;
  };
  it('and not at semicolons in quotes, dollar quotes and comments', async () => {
    expect(
      await split(`-- a; b\nSELECT 'x;''y', "a;b";\nDO $f$ BEGIN; END; $f$;\n/* c; */ SELECT 2;\n`),
    ).toEqual([`SELECT 'x;''y', "a;b";`, 'DO $f$ BEGIN; END; $f$;', '/* c; */ SELECT 2;']);
  });
  it('with rows of COPY as INSERTs, escapes and nulls as they are meant', async () => {
    const text = "COPY public.t (a, b) FROM stdin;\nit's\\ttab\t\\N\nline\\nbreak\t\\\\.\n\\.\nSELECT 1;\n";
    expect(await split(text)).toEqual([
      "INSERT INTO public.t (a, b) OVERRIDING SYSTEM VALUE VALUES ('it''s\ttab',NULL),('line\nbreak','\\.');",
      'SELECT 1;',
    ]);
  });
  it('without commands of psql', async () => {
    expect(await split('\\restrict abc\n\\connect shop\nSELECT 1;\n\\unrestrict abc\n')).toEqual([
      'SELECT 1;',
    ]);
  });
  it('and one without an end is half written', async () => {
    await expect(split('CREATE TABLE t (')).rejects.toMatchObject({ kind: 'half-written' });
    await expect(split('COPY t (a) FROM stdin;\n1\n')).rejects.toMatchObject({ kind: 'half-written' });
  });
});

describe('dumps in S3', () => {
  const dumps = (format: 'plain-sql' | 'pg-custom', plan: Plan): Plan => {
    const verify = plan.backups['database-copies']?.verify;
    const backup = {
      type: 'dump',
      title: 'Nightly dumps',
      component: 'database',
      bucket: 'liquid-abt-dumps',
      prefix: 'nightly/',
      region: plan.regions.recovery,
      format,
      retention: 14 * 86_400,
      rpo: 26 * 3600,
      schedule: { when: 'cron(0 1 * * ? *)', timeZone: 'UTC' },
      verify: verify && { ...verify, into: 'embedded', within: 3600 },
    } as Backup;
    return { ...plan, backups: { dumps: backup }, calendar: {} };
  };
  const withLarger = (plan: Plan): Plan => {
    const { dumps: backup } = plan.backups;
    const { region } = plan.components['database-proof'] ?? {};
    const kmsKey = 'arn:aws:kms:ap-southeast-4:123456789012:key/7c1f0a52-93d4-4e0b-a6a7-2f58c9d1e634';
    const target = {
      id: 'dump-proof',
      type: 'rds-new-instance',
      region,
      identifier: 'dump-proof',
      engine: 'postgres',
      engineVersion: '16.4',
      instanceClass: 'db.t4g.medium',
      allocatedStorage: 100,
      storageType: 'gp3',
      multiAz: false,
      subnetGroup: 'dumps-isolated',
      securityGroups: ['sg-0d0d0d0d0d0d0d0d0'],
      parameterGroup: 'default.postgres16',
      kmsKey,
      database: plan.components.database?.type === 'rds-instance' ? plan.components.database.database : '',
      port: 5432,
      credentials: 'secret:unused',
      writeProbe: 'SELECT 1',
    };
    const build = {
      id: 'restore-dumps',
      type: 'codebuild-project',
      region,
      name: 'restore-dumps',
      takes: '20m',
    };
    const larger = { above: 0, into: 'dump-proof', build: 'restore-dumps' };
    return {
      ...plan,
      components: { ...plan.components, 'dump-proof': target, 'restore-dumps': build } as Plan['components'],
      backups: {
        dumps: {
          ...backup,
          verify: { ...backup?.verify, freshness: undefined, larger },
        } as Backup,
      },
    };
  };
  const prove = async (plan: Plan, damage?: (body: string) => string) =>
    onStage({ plan, planDirectory, seed: 1 }, async ({ engine, runtime, world }) => {
      if (damage) {
        const bucket = bucketsOf(world).get('liquid-abt-dumps');
        const newest =
          [...(bucket?.objects.keys() ?? [])]
            .filter(key => key.endsWith('.sql'))
            .sort()
            .at(-1) ?? '';
        const body = bucket?.objects.get(newest)?.at(-1)?.body ?? '';
        if (bucket) storeObject(world, bucket, newest, { body: damage(body) });
        bucket?.objects.delete(`${newest}.manifest.json`);
      }
      const { result } = engine.startExecution({
        stateMachineArn: runtime.settings.verifyMachineArns?.one ?? '',
        input: { backup: 'dumps', by: 'test' },
      });
      await result;
      return (await listVerifications(runtime))[0];
    });

  it.each(['plain-sql', 'pg-custom'] as const)('are restored in the function: %s', async format => {
    expect(await prove(dumps(format, await liquidAbt()))).toMatchObject({
      outcome: 'proven',
      rpoSeconds: 360,
      tornDown: true,
      reasons: [],
    });
  });
  it('that are cut off, or hold nothing that is wanted, prove nothing', async () => {
    const plan = dumps('plain-sql', await liquidAbt());
    const cut = await prove(plan, body => body.slice(0, 900));
    expect(cut).toMatchObject({ outcome: 'not-proven' });
    expect(cut?.reasons[0]?.what).toMatch(/is truncated/);
    const other = await prove(plan, body => body.replaceAll('bitcoin_purchases', 'orders'));
    expect(other?.reasons.map(({ what }) => what).join()).toMatch(/bitcoin_purchases.* does not exist/);
  });
  it.each([
    ['nothing', 'proven', []],
    ['build-failed', 'not-proven', [/The build of .* ended as FAILED/]],
    ['lost-reply:codebuild.StartBuild', 'proven', []],
    ['lost-reply:rds.CreateDBInstance', 'proven', []],
  ])(
    'that are too large for the function are restored into an instance, with %s',
    async (fault, outcome, why) => {
      const plan = withLarger(dumps('pg-custom', await liquidAbt()));
      const faults = fault === 'nothing' ? [] : [fault];
      await onStage({ plan, planDirectory, seed: 1, faults }, async ({ engine, runtime, world }) => {
        const seen: Call[] = [];
        world.onCall(call => seen.push(call));
        const { result } = engine.startExecution({
          stateMachineArn: runtime.settings.verifyMachineArns?.one ?? '',
          input: { backup: 'dumps', by: 'test' },
        });
        await result;
        const [found] = await listVerifications(runtime);
        expect(found).toMatchObject({ outcome, tornDown: true });
        expect(found?.reasons.map(({ what }) => what)).toEqual(why.map(said => expect.stringMatching(said)));
        expect([...rdsState(world).instances.values()].filter(({ shown }) => isThrowAway(shown))).toEqual([]);
        const made = seen.find(({ operation }) => operation === 'CreateDBInstance');
        expect(made?.input).toMatchObject({
          DBSubnetGroupName: 'dumps-isolated',
          ManageMasterUserPassword: true,
        });
        // The build knows only the name of the secret that has the password.
        const build = seen.find(({ operation }) => operation === 'StartBuild');
        expect(JSON.stringify(build?.input)).toMatch(
          /"CREDENTIALS","value":"arn:aws:secretsmanager:[^"]*:rds!db-/,
        );
      });
    },
  );
  it('that something else makes are not made here', async () => {
    await onStage(
      { plan: dumps('plain-sql', await liquidAbt()), planDirectory, seed: 1 },
      async ({ runtime }) => {
        expect(
          await createBackup(runtime, { backup: 'dumps', dueAt: '2026-03-10T01:00:00Z', by: 'test' }),
        ).toMatchObject({ status: 'elsewhere' });
      },
    );
  });
});
