import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/redis/ping.ts';
import { simulatedRedis } from '../../../simulator/world/redis.ts';
import { components } from '../../support/compute-plan.ts';
import { contextOf, inWorld } from '../../support/compute-world.ts';

const parameters = { cache: components.cache };

describe('redis.ping', () => {
  it('is done when the cache answers, with its role as evidence', () =>
    inWorld(async ({ world, drive }) => {
      const context = contextOf({ network: { redis: simulatedRedis(world) } });
      const seen = await drive(action.observe(context, parameters, {}));
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { role: 'master' },
        evidence: [{ data: { role: 'master', connectedReplicas: 2 } }],
      });
    }));

  it('goes on asking while nothing answers', () =>
    inWorld(async ({ world, drive }) => {
      world.loseRegion('ap-southeast-4');
      const context = contextOf({ network: { redis: simulatedRedis(world) } });
      const before = Date.now();
      const seen = await drive(action.observe(context, parameters, {}));
      expect(seen).toMatchObject({ status: 'pending', note: expect.stringContaining('does not answer') });
      expect(Date.now() - before).toBe(5000);
    }));

  it('fails when something else than Redis answers', async () => {
    const context = contextOf({ network: { redis: async () => 'HTTP/1.1 400 Bad Request' } });
    const seen = await action.observe(context, parameters, {});
    expect(seen.status).toBe('failed');
  });

  it('notes a replica whose link to its master is down', async () => {
    const info = '# Replication\r\nrole:slave\r\nmaster_link_status:down\r\n';
    const redis = async (_options: object, [name]: readonly string[]) => (name === 'PING' ? 'PONG' : info);
    const seen = await action.observe(contextOf({ network: { redis } }), parameters, {});
    expect(seen).toMatchObject({
      outputs: { role: 'slave' },
      evidence: [{ data: { role: 'slave', masterLinkStatus: 'down' } }],
    });
  });

  it('throws when the cache asks for a password', async () => {
    const redis = simulatedRefusal('NOAUTH Authentication required.');
    await expect(action.observe(contextOf({ network: { redis } }), parameters, {})).rejects.toThrow('NOAUTH');
  });
});

function simulatedRefusal(message: string) {
  return async () => {
    throw new Error(message);
  };
}
