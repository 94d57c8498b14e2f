import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../servers/redis.ts';
import { carryOut } from './carry-out.ts';

const { redis } = inject('servers');

/** A pair of its own, since a promotion can't be taken back. */
describe.skipIf(!redis.up)('a real Redis pair with a password', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  let client: Redis;
  const password = 'lifeboat';

  beforeAll(async () => {
    primary = await startRedisServer();
    replica = await startRedisServer(primary);
    client = new Redis({ host: primary.host, port: primary.port, password });
    for (let n = 0; n < 2_500; n++) await client.set(`session:${n}`, 'x');
    await client.set('queue:jobs', '7');
    await until(async () => /master_link_status:up/.test(await infoOf(replica)));
    await client.wait(1, 5_000);
  });
  afterAll(async () => {
    client.disconnect();
    await replica.stop();
    await primary.stop();
  });

  async function infoOf({ port }: RedisServer): Promise<string> {
    const other = new Redis({ host: '127.0.0.1', port, password });
    try {
      return await other.info('replication');
    } finally {
      other.disconnect();
    }
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    const last = Date.now() + 20_000;
    while (!(await holds())) {
      if (Date.now() > last) throw new Error('it never came to be');
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  const component = ({ port }: { port: number }, id: string, replicaOf?: string) => ({
    id,
    type: 'redis-server',
    region: 'ap-southeast-4',
    host: '127.0.0.1',
    port,
    tls: false,
    credentials: 'secret:shop/redis',
    ...(replicaOf && { replicaOf }),
  });
  const old = () => component(primary, 'primary');
  const next = () => component(replica, 'replica', 'primary');

  test('redis.ping is done with the password, and says the role', async () => {
    const { seen } = await carryOut('redis.ping', { cache: next() }, { secret: password });
    expect(seen).toMatchObject({ status: 'done', outputs: { role: 'slave' } });
  });

  test('redis.ping with another password is turned away, and the password is not told', async () => {
    const asked = carryOut('redis.ping', { cache: old() }, { secret: 'not-it-at-all' });
    await expect(asked).rejects.toThrow(/WRONGPASS/);
    await expect(asked).rejects.not.toThrow(/not-it-at-all/);
  });

  test('redis.info counts keys and says that the replica follows', async () => {
    const { seen } = await carryOut('redis.info', { cache: next() }, { secret: password });
    expect(seen).toMatchObject({
      status: 'done',
      outputs: { role: 'slave', link: 'up', keys: 2_501, silentSeconds: expect.any(Number) },
    });
  });

  test('redis.flush by prefix leaves everything else', async () => {
    const { seen } = await carryOut(
      'redis.flush',
      { cache: old(), prefix: 'session:' },
      { secret: password },
    );
    expect(seen).toMatchObject({ status: 'done', outputs: { removed: 2_500, left: 1 } });
    expect(await client.get('queue:jobs')).toBe('7');
  });

  test('redis.promote refuses beside a primary that takes writes', async () => {
    const parameters = { server: next(), oldPrimary: old() };
    const { preparation } = await carryOut('redis.promote', parameters, { secret: password });
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining('takes writes') }],
    });
  });

  test('redis.promote in the mode planned hands over, and the old primary follows', async () => {
    const parameters = { server: next(), oldPrimary: old() };
    const options = { secret: password, mode: 'planned' } as const;
    const { seen } = await carryOut('redis.promote', parameters, options);
    expect(seen).toMatchObject({ status: 'done', outputs: { method: 'handover', notRepointed: [] } });
    await until(async () => /role:slave/.test(await infoOf(primary)));
  });

  test('redis.promote in the mode recover makes the replica the primary when the other one is gone', async () => {
    await until(async () => /master_link_status:up/.test(await infoOf(primary)));
    const gone = component({ port: 1 }, 'gone');
    const parameters = { server: old(), oldPrimary: gone, acceptedRisks: ['data-loss', 'unfenced-writer'] };
    const { preparation, seen } = await carryOut('redis.promote', parameters, { secret: password });
    expect(seen, JSON.stringify(preparation)).toMatchObject({
      status: 'done',
      outputs: { method: 'forced' },
    });
    expect(await infoOf(primary)).toContain('role:master');
  });
});
