import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../servers/redis.ts';
import { carryOut } from './carry-out.ts';

/** A server that holds what a backup held, and one that gets it. */
describe.skipIf(!inject('servers').redis.up)('redis.restore with a real seed', () => {
  let seed: RedisServer;
  let empty: RedisServer;
  const password = 'lifeboat';
  const at = ({ port }: RedisServer) => new Redis({ host: '127.0.0.1', port, password });

  beforeAll(async () => {
    [seed, empty] = await Promise.all([startRedisServer(), startRedisServer()]);
    const client = at(seed);
    await client.mset(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`session:${n}`, 'x'])));
    client.disconnect();
  });
  afterAll(async () => {
    await seed.stop();
    await empty.stop();
  });

  const component = ({ port }: RedisServer, id: string) => ({
    ...{ id, type: 'redis-server', region: 'ap-southeast-4', host: '127.0.0.1', port, tls: false },
    credentials: 'secret:shop/redis',
  });
  const restore = (given: object) =>
    carryOut(
      'redis.restore',
      { server: component(empty, 'cache'), from: component(seed, 'seed'), minKeys: 400, ...given },
      { secret: password, looks: 400 },
    );

  test('a backup with fewer keys than there must be is refused', async () => {
    const { preparation } = await restore({ minKeys: 501 });
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining('500 keys') }],
    });
  });

  test('done means that all keys are there and that the server takes writes by itself', async () => {
    const { preparation, seen } = await restore({});
    expect(seen, JSON.stringify(preparation)).toMatchObject({
      status: 'done',
      outputs: { keys: 500, keysBefore: 0 },
    });
    const client = at(empty);
    expect(await client.info('replication')).toContain('role:master');
    expect(await client.set('session:new', 'x')).toBe('OK');
    client.disconnect();
  });

  test('what a server holds is not overwritten unless somebody accepted it', async () => {
    const { preparation } = await restore({});
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [{ mend: expect.stringContaining('"overwrite-cache"') }],
    });
    // The session that came meanwhile, and the key of the write probe, which expires by itself.
    const { seen } = await restore({ acceptedRisks: ['overwrite-cache'] });
    expect(seen).toMatchObject({ status: 'done', outputs: { keys: 500, keysBefore: 502 } });
  });
});
