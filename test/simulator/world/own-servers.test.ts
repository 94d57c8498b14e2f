import { expect, it } from 'vitest';
import { componentSchema } from '../../../shared/plan/components.ts';
import { mendServer } from '../../../simulator/services/sql/own-server-disasters.ts';
import { menders } from '../../../simulator/world/assumed-repairs.ts';
import { ownServerAt } from '../../../simulator/world/own-servers.ts';
import { componentServes } from '../../../simulator/world/serving.ts';
import { ownServersWorld, pairOf, primary } from '../../support/own-servers-world.ts';

const inServers = ownServersWorld();
const db = 'db.shop.internal';

it('a server that fails answers nobody, and the damage ends when it is mended', () =>
  inServers(pairOf('postgres'), async ({ strike, ask, world }) => {
    const broken = strike({ type: 'failure' }, 'db');
    expect(broken()).toBe(true);
    expect(componentServes(world, 'db')).toBe(false);
    await expect(ask(db, 'SELECT 1')).rejects.toThrow('does not answer');
    mendServer(world, 'db');
    expect([broken(), componentServes(world, 'db')]).toEqual([false, true]);
    expect(ownServerAt(world, db)?.follows).toBeUndefined();
  }));

it('a replica that fails is back when it answers, and what it missed arrives', () =>
  inServers(pairOf('mysql'), async ({ strike, ask, world, wait }) => {
    const broken = strike({ type: 'loss' }, 'standby');
    await ask(db, 'INSERT INTO orders (id, at) VALUES (2, now())');
    expect(broken()).toBe(true);
    mendServer(world, 'standby');
    await wait(30);
    expect(broken()).toBe(false);
    expect(await ask('standby.shop.internal', 'SELECT max(id) AS newest FROM orders')).toEqual([
      { newest: 2 },
    ]);
  }));

it('damage of the data is gone when somebody has mended it', () =>
  inServers(pairOf('postgres'), async ({ strike, ask, world }) => {
    const broken = strike({ type: 'corruption', damage: 'DELETE FROM orders', noticedAfter: 600 }, 'db');
    const count = () => ask(db, 'SELECT count(*)::int AS n FROM orders');
    expect([broken(), await count()]).toEqual([true, [{ n: 0 }]]);
    mendServer(world, 'db');
    expect([broken(), await count()]).toEqual([false, [{ n: 1 }]]);
  }));

it('a writer is stopped when its lost region answers again', () =>
  inServers(pairOf('postgres'), async ({ ask, world }) => {
    world.loseRegion(primary);
    await expect(ask(db, 'SELECT 1')).rejects.toThrow('does not answer');
    world.returnRegion(primary);
    await expect(ask(db, 'SELECT 1')).rejects.toThrow('does not answer');
  }));

it('a service without a type of its own serves until it is struck, and again a while after it is mended', () => {
  const search = componentSchema.parse({
    type: 'service',
    id: 'search',
    region: primary,
    name: 'wiki',
    takes: '40m',
  });
  return inServers({ search }, async ({ strike, world, wait }) => {
    expect(componentServes(world, 'search')).toBe(true);
    const broken = strike({ type: 'failure' }, 'search');
    expect([broken(), componentServes(world, 'search')]).toEqual([true, false]);
    menders(world).get('service')?.({ ...search, id: 'search' });
    await wait(1200);
    expect(broken()).toBe(true);
    await wait(3600);
    expect([broken(), componentServes(world, 'search')]).toEqual([false, true]);
  });
});

it('a service on demand is not there until something has made it', () => {
  const given = { type: 'service', id: 'cases', region: primary, name: 'cases', onDemand: true };
  const cases = componentSchema.parse(given);
  return inServers({ cases }, async ({ world }) => {
    expect(componentServes(world, 'cases')).toBe(false);
    menders(world).get('service')?.({ ...cases, id: 'cases' });
    expect(componentServes(world, 'cases')).toBe(true);
  });
});
