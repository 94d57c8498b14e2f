import { describe, expect, it } from 'vitest';
import { action as execute } from '../../../shared/actions/sql/exec.ts';
import { action } from '../../../shared/actions/sql/promote.ts';
import { mendServer } from '../../../simulator/services/sql/own-server-disasters.ts';
import { ownServerAt } from '../../../simulator/world/own-servers.ts';
import { type OwnServersScene, ownServersWorld, pairOf, primary } from '../../support/own-servers-world.ts';

const inServers = ownServersWorld();
const [db, standby] = ['db.shop.internal', 'standby.shop.internal'];

type Engine = Parameters<typeof pairOf>[0];
const given = (engine: Engine, more: object = {}) => {
  const { db: oldWriter, standby: replica } = pairOf(engine);
  return { replica, oldWriter, maxLoss: '2m', ...more };
};
const accepting = { acceptedRisks: ['unfenced-writer'] };
const readOnly: Record<Engine, { statements: string[]; doneWhen: string }> = {
  postgres: {
    statements: ['ALTER DATABASE shop SET default_transaction_read_only = on'],
    doneWhen: "SELECT current_setting('default_transaction_read_only') = 'on'",
  },
  mysql: { statements: ['SET GLOBAL read_only = 1'], doneWhen: 'SELECT @@global.read_only = 1' },
  mariadb: { statements: ['SET GLOBAL read_only = 1'], doneWhen: 'SELECT @@global.read_only = 1' },
};
const fence = (scene: OwnServersScene, engine: Engine) =>
  scene.play(execute, { ...readOnly[engine], database: pairOf(engine).db, approvedBy: 'ben' }, 'planned');
const writes = ({ ask }: OwnServersScene, host: string, id: number) =>
  ask(host, `INSERT INTO orders (id, at) VALUES (${id}, now())`);

describe.each(['postgres', 'mysql', 'mariadb'] as const)('sql.promote on %s', engine => {
  it('makes the replica the writer when the region of the old one is lost, and a person accepted that', () =>
    inServers(pairOf(engine), async scene => {
      await expect(writes(scene, standby, 2)).rejects.toThrow(/read-only|1290/);
      scene.world.loseRegion(primary);
      await scene.wait(20);
      const accepts = { acceptedRisks: ['unfenced-writer', ...(engine === 'mariadb' ? ['data-loss'] : [])] };
      const { seen } = await scene.play(action, given(engine, accepts));
      const lossSeconds = engine === 'mariadb' ? null : expect.any(Number);
      expect(seen).toMatchObject({ status: 'done', outputs: { host: standby, lossSeconds } });
      await writes(scene, standby, 2);
      expect(scene.changes.map(({ call }) => call)).toEqual(['sql.Promote']);
    }));

  it('refuses while the old writer takes writes, whatever was accepted', () =>
    inServers(pairOf(engine), async scene => {
      for (const mode of ['recover', 'planned'] as const) {
        const { prepared } = await scene.play(action, given(engine, accepting), mode);
        expect(prepared).toMatchObject({ status: 'refused' });
        expect(JSON.stringify(prepared)).toContain('answers and takes writes');
      }
      expect(scene.changes).toEqual([]);
    }));

  it('refuses when nobody knows whether the old writer is down', () =>
    inServers(pairOf(engine), async scene => {
      scene.strike({ type: 'failure' }, 'db');
      const { prepared } = await scene.play(action, given(engine, { acceptedRisks: ['data-loss'] }));
      expect(JSON.stringify(prepared)).toContain('Nobody can say whether db is down');
    }));

  it('waits for everything in a planned move, loses nothing, and the old writer can follow the new one', () =>
    inServers(pairOf(engine), async scene => {
      await writes(scene, db, 2);
      await fence(scene, engine);
      const { seen } = await scene.play(action, given(engine, { maxLoss: '0m' }), 'planned');
      expect(seen).toMatchObject({ status: 'done', outputs: { lossSeconds: 0 } });
      expect(await scene.ask(standby, 'SELECT count(*) AS n FROM orders')).toMatchObject([
        { n: expect.anything() },
      ]);
      await writes(scene, standby, 3);
      mendServer(scene.world, 'db');
      await scene.wait(30);
      expect(ownServerAt(scene.world, db)?.follows?.source.component.id).toBe('standby');
      expect(await scene.ask(db, 'SELECT max(id) AS newest FROM orders')).toEqual([{ newest: 3 }]);
    }));

  it('is done already when it was promoted before, and promotes nothing twice', () =>
    inServers(pairOf(engine), async scene => {
      await fence(scene, engine);
      await scene.play(action, given(engine, { maxLoss: '0m' }), 'planned');
      const again = await scene.play(action, given(engine, { maxLoss: '0m' }), 'planned');
      expect(again.prepared).toMatchObject({ status: 'already-done', outputs: { host: standby } });
      expect(scene.changes.filter(({ call }) => call === 'sql.Promote')).toHaveLength(1);
    }));

  it.each(['pg_promote|SET GLOBAL', 'RESET REPLICA'])(
    'is done although the reply to %s was lost',
    statement =>
      inServers(pairOf(engine), async scene => {
        await fence(scene, engine);
        scene.loseReplyTo(new RegExp(statement));
        const { seen } = await scene.play(action, given(engine, { maxLoss: '0m' }), 'planned');
        expect(seen).toMatchObject({ status: 'done' });
        expect(scene.changes.filter(({ call }) => call === 'sql.Promote')).toHaveLength(1);
        await writes(scene, standby, 2);
      }),
  );

  it('refuses when the replica does not answer', () =>
    inServers(pairOf(engine), async scene => {
      scene.strike({ type: 'failure' }, 'standby');
      expect((await scene.play(action, given(engine, accepting))).prepared).toMatchObject({
        status: 'refused',
      });
    }));
});

it('refuses when more is missing than may be lost, or nobody can say how much', () =>
  inServers(pairOf('mariadb'), async scene => {
    scene.world.loseRegion(primary);
    await scene.wait(20);
    const { prepared } = await scene.play(action, given('mariadb', accepting));
    expect(JSON.stringify(prepared)).toContain('receives nothing, and keeps no times of what it has');
  }));

it('a drill and a dry run are told what a recovery would refuse', () =>
  inServers(pairOf('postgres'), async scene => {
    const context = await scene.play(action, given('postgres'), 'dry-run');
    expect(JSON.stringify(context.prepared)).toContain('a recovery would refuse to promote beside it');
    expect(action.drill).toBe('prepare-only');
  }));

it('a PostgreSQL in recovery begins no transaction that writes, so that no plan promotes by sql.exec', () =>
  inServers(pairOf('postgres'), async scene => {
    const promote = { statements: ['SELECT pg_promote()'], doneWhen: 'SELECT NOT pg_is_in_recovery()' };
    const wanted = { ...promote, database: pairOf('postgres').standby, approvedBy: 'ben' };
    await expect(scene.play(execute, wanted)).rejects.toThrow('read-write mode during recovery');
  }));

it('contradicts a plan in which neither follows the other, and needs the secret of the replica only', () => {
  const { db: one, standby: other } = pairOf('postgres');
  const apart = action.parameters.parse({
    ...given('postgres'),
    replica: { ...other, replicaOf: undefined },
  });
  expect(action.contradictions?.(apart)).toHaveLength(1);
  const right = action.parameters.parse(given('postgres'));
  expect(action.contradictions?.(right)).toEqual([]);
  expect(one).toBeDefined();
  expect(action.permissions(right, { primary, recovery: 'ap-southeast-4' })).toMatchObject([
    { actions: ['secretsmanager:GetSecretValue'] },
  ]);
});
