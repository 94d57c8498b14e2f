import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBackup } from '../../../shared/backups/create.ts';
import { scratchOf } from '../../../shared/backups/verify/embedded.ts';
import { loadDump } from '../../../shared/backups/verify/file.ts';
import { statementsOf } from '../../../shared/backups/verify/sql-script.ts';
import { listVerifications } from '../../../shared/backups/verify/state.ts';
import type { Backup, Plan } from '../../../shared/plan/schema.ts';
import { onStage } from '../../../simulator/backups/stage.ts';
import { bucketsOf, storeObject } from '../../../simulator/services/s3/state.ts';
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
    ['pg18.sql', 'plain-sql'],
    ['pg15.dump', 'pg-custom'],
    ['pg15-piped.dump', 'pg-custom'],
    ['pg16.dump', 'pg-custom'],
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
