import { describe, expect, it } from 'vitest';
import { action as exec } from '../../../shared/actions/sql/exec.ts';
import { action as query } from '../../../shared/actions/sql/query.ts';
import { action as restore } from '../../../shared/actions/sql/restore-dump.ts';
import { action as swap } from '../../../shared/actions/sql/swap-database.ts';
import { action as terminate } from '../../../shared/actions/sql/terminate-sessions.ts';
import { action as check } from '../../../shared/actions/sql/write-check.ts';
import { riskOf } from '../../../shared/sql/statement-risks.ts';
import { lastingState } from '../../../simulator/invariants/lasting-state.ts';
import { endpointOf } from '../../../simulator/services/rds.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { databasesAt, record } from '../../../simulator/world/sql-journal.ts';
import { useSqlData } from '../../support/stores-sql.ts';
import {
  components,
  faultsOf,
  inStores,
  primary,
  recovery,
  type Scene,
  stepsOf,
} from '../../support/stores-world.ts';

const postgres = useSqlData();
const { database, project, replica } = components;
const host = endpointOf(recovery, 'shop');
const approved = { database, approvedBy: 'jo' };
const inSql = (test: (scene: Scene) => Promise<void>, more = {}) =>
  inStores(test, { postgres: postgres(), ...more });
const why = (...texts: string[]) => texts.map(text => ({ what: expect.stringContaining(text) }));
const ask = (scene: Scene, text: string, expected: object, more = {}) =>
  stepsOf(query, scene, { database, query: text, expect: expected, ...more }).observe({});

describe('sql.query', () => {
  it.each([
    [{ noRows: true }, 'SELECT id FROM trades WHERE amount < 0', 'done', undefined],
    [{ noRows: true }, 'SELECT id FROM trades WHERE amount < 100', 'failed', '10 rows instead of none'],
    [{ about: 52, tolerance: 2 }, 'SELECT count(*) FROM trades', 'done', undefined],
    [{ about: '53', tolerance: 2 }, 'SELECT count(*) FROM trades', 'failed', '50 instead of 53 (± 2)'],
    [
      { about: 100, tolerancePercent: 49 },
      'SELECT count(*) FROM trades',
      'failed',
      '50 instead of 100 (± 49)',
    ],
    [{ sameAs: { query: 'SELECT 50' } }, 'SELECT count(*) FROM trades', 'done', undefined],
    [{ sameAs: { query: "SELECT 'x'" } }, 'SELECT count(*) FROM trades', 'failed', '50 instead of x'],
    [{ newest: { within: '15m' } }, 'SELECT max(executed_at) FROM trades', 'done', undefined],
    [{ newest: { within: '5m' } }, 'SELECT max(executed_at) FROM trades', 'failed', '12 min of data'],
    [{ newest: { within: '5m' } }, 'SELECT 1', 'failed', 'no time'],
  ])('%j of %s is %s', (wanted, text, status, reason) =>
    inSql(async scene => {
      const seen = await ask(scene, text, wanted);
      expect(seen).toMatchObject({ status, ...(reason && { reasons: why(reason) }) });
    }),
  );

  it('measures the loss of data by the newest row', () =>
    inSql(async scene => {
      const before = '2026-03-10T16:35:00Z';
      const seen = await ask(scene, 'SELECT max(executed_at) FROM trades', {
        newest: { within: '15m', before },
      });
      expect(seen).toMatchObject({ outputs: { lossSeconds: 300 } });
    }));

  it('compares with the same query at another host', () =>
    inSql(async scene => {
      Object.assign(appDependencies(scene.world), {
        databaseAt: () => ({ writable: true }),
        serverAt: (id: string) => ({ id }),
      });
      record(scene.world, 'copy.example', 'shop', { atMs: 0, text: 'DELETE FROM trades WHERE id > 40' });
      const seen = await ask(
        scene,
        'SELECT count(*) FROM trades',
        { sameAs: { host } },
        { host: 'copy.example' },
      );
      expect(seen).toMatchObject({ status: 'failed', reasons: why('41 instead of 50') });
    }));
});

describe('sql.exec', () => {
  const given = {
    ...approved,
    statements: ['UPDATE users SET reset = true'],
    doneWhen: 'SELECT count(*) = 0 FROM users WHERE NOT reset',
    undo: {
      statements: ['UPDATE users SET reset = false'],
      doneWhen: 'SELECT count(*) = 0 FROM users WHERE reset',
    },
  };

  it('changes what was approved, once, and takes it back', () =>
    inSql(async scene => {
      const step = stepsOf(exec, scene, given);
      const { seen, baseline } = await step.carryOut();
      await step.act(baseline);
      expect(seen).toMatchObject({ status: 'done', outputs: { statements: 1 } });
      expect(scene.changes).toHaveLength(1);
      expect(await ask(scene, 'SELECT count(*) FROM users WHERE reset', { equals: 100 })).toMatchObject({
        status: 'done',
      });
      expect(await step.undo(baseline)).toMatchObject({ status: 'done' });
      expect(await ask(scene, 'SELECT count(*) FROM users WHERE reset', { equals: 0 })).toMatchObject({
        status: 'done',
      });
    }));

  it('changes all or nothing', () =>
    inSql(async scene => {
      const step = stepsOf(exec, scene, {
        ...given,
        statements: [...given.statements, 'UPDATE nowhere SET x = 1'],
      });
      await expect(step.act({})).rejects.toMatchObject({ name: 'RequestRejectedError' });
      expect(await ask(scene, 'SELECT count(*) FROM users WHERE reset', { equals: 0 })).toMatchObject({
        status: 'done',
      });
    }));

  it('fails when the statements did not lead to what was wanted', () =>
    inSql(async scene => {
      const step = stepsOf(exec, scene, {
        ...given,
        statements: ['UPDATE users SET reset = true WHERE id < 5'],
      });
      const { seen } = await step.carryOut();
      expect(seen).toMatchObject({ status: 'failed', reasons: why('still not true') });
    }));

  it('is not carried out in a drill on production, and needs an approval', () =>
    inSql(
      async scene => {
        const production = { ...(database as unknown as object), region: primary };
        expect(await stepsOf(exec, scene, { ...given, database: production }).prepare()).toMatchObject({
          status: 'refused',
          reasons: why('This is a drill'),
        });
        expect(exec.parameters.safeParse({ ...given, approvedBy: '' }).success).toBe(false);
      },
      { mode: 'drill' },
    ));

  it.each([
    ['DROP DATABASE shop', 'changes the server'],
    ['drop table users', 'only copy'],
    ['TRUNCATE users', 'only copy'],
    ['COMMIT', 'transaction'],
    ["UPDATE notes SET text = 'drop table users'", undefined],
    ['/* drop table */ SELECT 1', undefined],
  ])('%s: %s', (statement, risk) => {
    expect(riskOf(statement, undefined)?.what).toEqual(risk && expect.stringContaining(risk));
  });

  it('drops a table only with a copy of this run, and never a database', () => {
    expect(riskOf('DROP TABLE users', 'shop-safety-1')).toBeUndefined();
    expect(riskOf('DROP DATABASE shop', 'shop-safety-1')).toBeDefined();
  });
});

describe('sql.write-check', () => {
  it('tries a write and leaves nothing of it', () =>
    inSql(async scene => {
      const step = stepsOf(check, scene, { database, statement: 'INSERT INTO users VALUES (999)' });
      expect(await step.observe({})).toMatchObject({ status: 'done', outputs: { host } });
      expect(await ask(scene, 'SELECT count(*) FROM users', { equals: 100 })).toMatchObject({
        status: 'done',
      });
    }));

  it('waits while the host is a replica, and fails on a statement that is wrong', () =>
    inSql(async scene => {
      expect(await stepsOf(check, scene, { database }).observe({})).toMatchObject({ status: 'done' });
      appDependencies(scene.world).databaseAt = () => ({ writable: false, inRecovery: true });
      expect(await stepsOf(check, scene, { database }).observe({})).toMatchObject({ status: 'pending' });
      const wrong = stepsOf(check, scene, { database, statement: 'INSERT INTO nowhere VALUES (1)' });
      await expect(wrong.observe({})).rejects.toMatchObject({ name: 'RequestRejectedError' });
    }));
});

describe('sql.terminate-sessions', () => {
  it('ends all sessions and is done when none is left', () =>
    inSql(async scene => {
      const step = stepsOf(terminate, scene, approved);
      const { seen } = await step.carryOut();
      expect(seen).toMatchObject({ status: 'done', outputs: { ended: 3, left: 0 } });
      expect(await step.prepare()).toMatchObject({ status: 'already-done' });
    }));

  it('ends those of the given users only, and refuses when nothing answers', () =>
    inSql(async scene => {
      expect(await stepsOf(terminate, scene, { ...approved, users: ['nobody'] }).prepare()).toMatchObject({
        status: 'already-done',
      });
      appDependencies(scene.world).databaseAt = () => undefined;
      expect(await stepsOf(terminate, scene, approved).prepare()).toMatchObject({ status: 'refused' });
    }));
});

describe('sql.restore-dump and sql.swap-database', () => {
  const dump = { database, project, bucket: replica, key: 'database/20260310-160000.sql.gz' };
  const pointTime = '2026-03-10T15:50:00Z';

  /** The data is damaged after the dump was made. */
  const damage = (scene: Scene) =>
    record(scene.world, host, 'shop', {
      atMs: Date.parse('2026-03-10T16:10:00Z'),
      text: 'DELETE FROM users WHERE id > 10',
      damage: true,
    });

  it('restores beside, proves it, swaps, and can go all the way back', () =>
    inSql(async scene => {
      damage(scene);
      const restoring = stepsOf(restore, scene, { ...dump, pointTime });
      const first = await restoring.carryOut(30);
      expect(first.seen).toMatchObject({ status: 'done', outputs: { pointTime, format: 'gzip' } });
      if (first.seen.status !== 'done') throw new Error('not restored');
      const restored = String(first.seen.outputs.database);
      expect(restored).toMatch(/^shop_20260310_/);
      const users = (expected: number) => ask(scene, 'SELECT count(*) FROM users', { equals: expected });
      expect(await users(10)).toMatchObject({ status: 'done' });

      const swapping = stepsOf(swap, scene, { ...approved, restored });
      const second = await swapping.carryOut();
      expect(second.seen).toMatchObject({
        status: 'done',
        outputs: { kept: expect.stringMatching(/^shop_old_/) },
      });
      expect(await users(100)).toMatchObject({ status: 'done' });
      expect(await swapping.prepare()).toMatchObject({ status: 'already-done' });

      expect(await swapping.undo(second.baseline)).toMatchObject({ status: 'done' });
      expect(await users(10)).toMatchObject({ status: 'done' });
      expect(lastingState(scene.world)).toContainEqual(expect.stringMatching(/shop_20260310_\w+ was made$/));
      expect(await restoring.undo(first.baseline)).toMatchObject({ status: 'done' });
      expect(lastingState(scene.world).filter(line => line.endsWith('was made'))).toEqual([]);
      expect(await swapping.prepare()).toMatchObject({
        status: 'refused',
        reasons: why('no database shop_2026'),
      });
    }));

  it('restores a dump of MySQL with the client of MySQL, and can take it away again', () =>
    inSql(async scene => {
      appDependencies(scene.world).databaseAt = () => ({ writable: true, engine: 'mysql' });
      Object.assign(scene.context, { secret: async () => `mysql://app:pw@${host}:3306/shop` });
      const builds: string[] = [];
      scene.world.onCall(({ service, operation, input }) => {
        if (`${service}.${operation}` === 'codebuild.StartBuild') builds.push(JSON.stringify(input));
      });
      const mysql = Object.assign({}, database, { engine: 'mysql', port: 3306 });
      const restoring = stepsOf(restore, scene, { ...dump, database: mysql, pointTime });
      const { seen, baseline } = await restoring.carryOut(30);
      expect(seen).toMatchObject({ status: 'done', outputs: { pointTime } });
      expect(builds).toEqual([expect.stringMatching(/DROP DATABASE IF EXISTS.*--binary-mode/)]);
      const names = () => databasesAt(scene.world, host).filter(name => name.startsWith('shop_2026'));
      expect(names()).toHaveLength(1);
      expect(await restoring.undo(baseline)).toMatchObject({ status: 'done' });
      expect(names()).toEqual([]);
    }));

  it('starts one build when the reply is lost', () =>
    inSql(
      async scene => {
        const step = stepsOf(restore, scene, { ...dump, pointTime });
        const preparation = await step.prepare();
        if (preparation.status !== 'ready') throw new Error('not ready');
        await step.act(preparation.baseline);
        expect(await step.settle(preparation.baseline, 30)).toMatchObject({ status: 'done' });
        const started = scene.world.changes.filter(({ what }) => what === 'shop-recovery builds');
        expect(started).toHaveLength(1);
      },
      { faults: faultsOf({ 'codebuild.StartBuild': ['lost-reply'] }) },
    ));

  it('fails when the rows are not those of the manifest, and names them', () =>
    inSql(async scene => {
      const { seen } = await stepsOf(restore, scene, { ...dump, pointTime, rows: { users: 100 } }).carryOut(
        30,
      );
      expect(seen).toMatchObject({ status: 'failed', reasons: why('users has 0 instead of 100') });
    }));

  it('never swaps in a drill, and may read only the secret of its database', () =>
    inSql(async scene => {
      expect(swap.drill).toBe('prepare-only');
      const permissions = stepsOf(swap, scene, { ...approved, restored: 'x' }).permissions();
      expect(permissions.flatMap(({ actions }) => actions)).toEqual(['secretsmanager:GetSecretValue']);
    }));
});
