import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { action as look } from '../../../shared/actions/rds/describe.ts';
import { action as events } from '../../../shared/actions/rds/events.ts';
import { action as start } from '../../../shared/actions/rds/start.ts';
import { action as stop } from '../../../shared/actions/rds/stop.ts';
import { databaseAt, endpointOf, failPrimaryZone } from '../../../simulator/services/rds.ts';
import { type DatabaseWorld, databaseWorld, withReplica } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import { database, primary, recovery, replica, target } from './support.ts';

let here: DatabaseWorld;
let at: InWorld;
const begin = (faults: string[] = [], more = {}) => {
  here?.stop();
  here = databaseWorld(faults, 1, more);
  at = actionsIn(here);
};
beforeEach(() => begin());
afterEach(() => here.stop());

const standby = { ...database, id: 'standby', region: recovery, identifier: 'app-standby' };
const live = endpointOf(primary, 'app-production');

describe('rds.describe', () => {
  test('says what RDS says', async () => {
    const { outputs } = await at.run(look, { database });
    expect(outputs).toMatchObject({
      reachable: true,
      status: 'available',
      multiAz: true,
      zone: `${primary}a`,
      endpoint: live,
      lagSeconds: null,
    });
    expect(outputs.backupAgeSeconds).toBeLessThanOrEqual(331);
  });

  test('says how far a replica lags', async () => {
    begin([], withReplica);
    const { outputs } = await at.run(look, { database: replica, expect: { maxLag: '1m' } });
    expect(outputs.lagSeconds).toBeLessThanOrEqual(20);
  });

  test.each([
    [{ status: 'stopped' }, 'is available, not stopped'],
    [{ multiAz: false }, 'has a standby'],
    [{ zone: `${primary}b` }, `is in ${primary}a, not in ${primary}b`],
    [{ notZone: `${primary}a` }, `is still in ${primary}a`],
    [{ maxBackupAge: '1s' }, 'can be restored only up to 2026-03-10T16:3'],
    [{ maxLag: '1m' }, 'does not say how far it lags'],
    [{ minRetentionDays: 35 }, 'keeps its backups for 7 days, not 35'],
  ])('fails when it is not as expected: %o', async (expected, words) => {
    await expect(at.run(look, { database, expect: expected })).rejects.toThrow(words);
  });

  test('tells a region that is silent from one that says no', async () => {
    await expect(at.run(look, { database, instance: 'other' })).rejects.toThrow('no DB instance other');
    expect(reasonsOf(await at.prepare(look, { database: target }))).toContain('which instance');
    here.world.loseRegion(primary);
    await expect(at.run(look, { database })).rejects.toThrow('does not answer');
    const { outputs } = await at.run(look, { database, mayBeUnreachable: true });
    expect(outputs).toMatchObject({ reachable: false, status: null });
  });
});

describe('rds.events', () => {
  test('waits for an event since the outage began', async () => {
    failPrimaryZone(here.world, { region: primary, identifier: 'app-production', selfFailover: true });
    const { outputs } = await at.run(events, { database, event: 'RDS-EVENT-0049' });
    expect(outputs).toMatchObject({ seen: true, message: 'Multi-AZ instance failover completed' });
    const again = await at.run(events, { database, message: 'failover STARTED', wait: false });
    expect(again.outputs.seen).toBe(true);
  });

  test('says that it has not happened, when it is not to wait', async () => {
    const { outputs } = await at.run(events, { database, event: 'RDS-EVENT-0049', wait: false });
    expect(outputs).toEqual({ seen: false, at: null, message: null });
  });

  test('refuses what it can not wait for', async () => {
    expect(reasonsOf(await at.prepare(events, { database }))).toContain('does not say what it waits for');
    const old = { database, event: 'RDS-EVENT-0049', since: '2026-02-01T00:00:00Z' };
    expect(reasonsOf(await at.prepare(events, old))).toContain('14 days');
  });
});

describe('rds.stop and rds.start', () => {
  beforeEach(() => begin([], { standby }));
  const stopped = () => databaseAt(here.world, endpointOf(recovery, 'app-standby'))?.writable === false;

  test('stop says when RDS starts it again by itself; undo starts it', async () => {
    const { outputs, baseline } = await at.run(stop, { database: standby });
    expect(stopped()).toBe(true);
    expect(Date.parse(String(outputs.restartsAt))).toBeGreaterThan(here.world.nowMs() + 6 * 86_400_000);
    expect((await at.undo(stop, { database: standby }, baseline)).status).toBe('done');
    expect(stopped()).toBe(false);
  });

  test('start is done when a write succeeds; undo stops it again', async () => {
    await at.run(stop, { database: standby });
    const { outputs, baseline } = await at.run(start, { database: standby });
    expect(outputs).toEqual({ endpoint: endpointOf(recovery, 'app-standby'), port: 5432 });
    expect((await at.undo(start, { database: standby }, baseline)).status).toBe('done');
    expect(stopped()).toBe(true);
  });

  test('what is so already is done, and undo leaves it so', async () => {
    const { baseline } = await at.run(start, { database: standby });
    expect(at.changes).toEqual([]);
    expect((await at.undo(start, { database: standby }, baseline)).status).toBe('done');
    await at.run(stop, { database: standby });
    const again = await at.run(stop, { database: standby });
    expect((await at.undo(stop, { database: standby }, again.baseline)).status).toBe('done');
    expect(at.changes.map(({ call }) => call)).toEqual(['rds.StopDBInstance']);
  });

  test.each(['lost-reply:rds.StopDBInstance', 'stale-read:rds', 'lost-reply:rds.StartDBInstance'])(
    'each happens once with the fault %s',
    async fault => {
      begin([fault], { standby });
      await at.run(stop, { database: standby });
      await here.pass(30);
      await at.run(start, { database: standby });
      const made = here.world.changes.filter(({ what }) => /is being (stopped|started)/.test(what));
      expect(made).toHaveLength(2);
    },
  );

  test('stop refuses what has a replica, and what is one', async () => {
    begin([], withReplica);
    expect(reasonsOf(await at.prepare(stop, { database }))).toContain('has read replicas');
    expect(reasonsOf(await at.prepare(stop, { database: replica }))).toContain('is a read replica of');
  });

  test('both refuse production in a drill, and a database that is not there', async () => {
    for (const action of [start, stop]) {
      expect(reasonsOf(await at.prepare(action, { database }, 'drill'))).toContain('This is a drill');
      const other = { ...standby, identifier: 'other' };
      expect(reasonsOf(await at.prepare(action, { database: other }))).toContain('no DB instance other');
    }
  });

  test('claims nothing of a database that runs something else than the plan says', async () => {
    const mysql = { ...standby, engine: 'mysql' };
    const preparation = await at.prepare(start, { database: mysql });
    expect(preparation.status).toBe('ready');
    await expect(at.run(start, { database: mysql })).rejects.toThrow(
      'runs postgres, and the plan says mysql',
    );
  });

  test('may start and stop this database and no other', () => {
    for (const action of [start, stop]) {
      const statements = action.permissions({ database }, { primary, recovery });
      const [changing] = statements.filter(({ actions }) => actions.includes('rds:StopDBInstance'));
      expect(changing?.resources).toEqual([expect.stringMatching(/:db:app-production$/)]);
    }
  });
});
