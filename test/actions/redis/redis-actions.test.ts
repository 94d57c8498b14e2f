import { describe, expect, it } from 'vitest';
import { action as flush } from '../../../shared/actions/redis/flush.ts';
import { action as info } from '../../../shared/actions/redis/info.ts';
import { action as ping } from '../../../shared/actions/redis/ping.ts';
import { action as promote } from '../../../shared/actions/redis/promote.ts';
import { action as restore } from '../../../shared/actions/redis/restore.ts';
import { nodeAt } from '../../../simulator/world/redis-nodes.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { type DataScene, inData } from '../../support/data-world.ts';

const redis = component('redis-server', 'redis');
const replica = component('redis-server', 'redis-replica');
const seed = component('redis-server', 'redis-seed');
const cache = component('elasticache-replication-group', 'cache-recovery');
const failure = { type: 'failure' as const, component: redis, selfHealing: false, cause: 'crash' as const };

const keysAt = ({ world }: DataScene, host: string) => [...(nodeAt(world, host)?.keys.keys() ?? [])];
const fill = (scene: DataScene, host: string, count: number) => {
  for (let n = 0; n < count; n++) nodeAt(scene.world, host)?.keys.set(`user:[${n}]`, 'x');
};

describe('redis.ping and redis.info', () => {
  it('log in with the secret of the component', () =>
    inData(async scene => {
      expect(await scene.step(ping, { cache: redis })).toMatchObject({ outputs: { role: 'master' } });
      const { credentials: _, ...open } = redis;
      await expect(scene.step(ping, { cache: open })).rejects.toThrow('NOAUTH');
    }));

  it('tell the role, the link and how long a replica has heard nothing', () =>
    inData(async scene => {
      expect(await scene.step(info, { cache: redis })).toMatchObject({
        outputs: { role: 'master', link: 'none', silentSeconds: -1, replicas: 1, keys: 20 },
      });
      scene.strike(failure);
      await scene.wait(90);
      expect(await scene.step(info, { cache: replica })).toMatchObject({
        outputs: { role: 'slave', link: 'down', silentSeconds: 90 },
      });
    }));
});

describe('redis.flush', () => {
  it('removes the keys under a prefix and leaves queues and locks', () =>
    inData(async scene => {
      const outcome = await scene.step(flush, { cache: redis, prefix: 'session:' });
      expect(outcome).toMatchObject({ status: 'done', outputs: { removed: 12, left: 8 } });
      expect(keysAt(scene, redis.host)).toContain('queue:mails');
      expect(keysAt(scene, replica.host)).not.toContain('session:1');
      expect(await scene.step(flush, { cache: redis, prefix: 'session:' })).toMatchObject({
        status: 'already-done',
      });
    }));

  it('takes wildcards in a prefix as they are written, and goes through many pages', () =>
    inData(async scene => {
      fill(scene, redis.host, 12_000);
      expect(await scene.step(flush, { cache: redis, prefix: 'user:[' })).toMatchObject({
        outputs: { removed: 12_000, left: 20 },
      });
      expect(await scene.prepare(flush, { cache: redis, prefix: 'ses*on:' })).toMatchObject({
        status: 'already-done',
      });
    }));

  it('empties a whole cache only with the accepted risks', () =>
    inData(async scene => {
      const whole = { cache: redis, whole: true };
      expect(await scene.prepare(flush, whole)).toMatchObject({
        status: 'refused',
        reasons: [
          { what: expect.stringContaining('flush-whole-cache') },
          { what: expect.stringContaining('flush-without-snapshot') },
        ],
      });
      const acceptedRisks = ['flush-whole-cache', 'flush-without-snapshot'];
      expect(await scene.step(flush, { ...whole, acceptedRisks })).toMatchObject({
        status: 'done',
        outputs: { removed: 20, left: 0 },
      });
    }));

  it('wants a snapshot of a cache on ElastiCache, whatever was accepted', () =>
    inData(async scene => {
      const whole = { cache, whole: true, acceptedRisks: ['flush-whole-cache'] };
      expect(await scene.prepare(flush, { ...whole, cache })).toMatchObject({
        status: 'refused',
        reasons: expect.arrayContaining([
          { what: 'No snapshot keeps what is in app-dr', mend: expect.stringContaining('create-snapshot') },
        ]),
      });
    }));

  it('refuses a replica, and wants either a prefix or the whole', () =>
    inData(async scene => {
      expect(await scene.prepare(flush, { cache: replica, prefix: 'session:' })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('replica') }],
      });
      expect(flush.parameters.safeParse({ cache: redis }).success).toBe(false);
      expect(flush.parameters.safeParse({ cache: redis, prefix: 'a', whole: true }).success).toBe(false);
      expect(flush.drill).toBe('prepare-only');
    }));
});

describe('redis.promote', () => {
  const parameters = { server: replica, oldPrimary: redis };
  const accepted = { ...parameters, acceptedRisks: ['unfenced-writer'] };

  it('makes the replica the primary, which takes writes; who did not answer is named', () =>
    inData(async scene => {
      scene.strike(failure);
      await scene.wait(60);
      const outcome = await scene.step(promote, accepted);
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { method: 'forced', silentSeconds: 60, notRepointed: ['redis.primary.internal:6379'] },
      });
      expect(await scene.step(info, { cache: replica })).toMatchObject({ outputs: { role: 'master' } });
      expect(await scene.step(promote, accepted)).toMatchObject({ status: 'already-done' });
    }));

  it('points the other replicas at it', () =>
    inData(async scene => {
      const other = { ...replica, credentials: undefined };
      const all = { ...accepted, server: other, replicas: ['redis-seed.recovery.internal:6379'] };
      const open = nodeAt(scene.world, replica.host);
      if (open) open.credentials = undefined;
      scene.strike(failure);
      expect(await scene.step(promote, all)).toMatchObject({ status: 'done' });
      expect(nodeAt(scene.world, seed.host)?.masterId).toBe('redis/redis-replica');
    }));

  it('refuses beside a primary that takes writes, and where nobody can prove that it does not', () =>
    inData(async scene => {
      expect(await scene.prepare(promote, parameters)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('takes writes') }],
      });
      scene.strike(failure);
      expect(await scene.prepare(promote, parameters)).toMatchObject({
        status: 'refused',
        reasons: [
          {
            what: expect.stringContaining('does not prove'),
            mend: expect.stringContaining('unfenced-writer'),
          },
        ],
      });
    }));

  it('hands over without loss while the primary works', () =>
    inData(async scene => {
      const outcome = await scene.step(promote, parameters, 'planned');
      expect(outcome).toMatchObject({ status: 'done', outputs: { method: 'handover', notRepointed: [] } });
      expect(await scene.step(info, { cache: redis })).toMatchObject({
        outputs: { role: 'slave', link: 'up' },
      });
    }));

  it('refuses a replica that lay too far behind when the outage began, or is still copying', () =>
    inData(async scene => {
      const node = nodeAt(scene.world, replica.host);
      scene.strike(failure);
      await scene.wait(5);
      if (node) node.lastHeardMs = scene.world.nowMs() - 3_600_000;
      expect(await scene.prepare(promote, { ...accepted, maxLoss: '10m' })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('had heard nothing for') }],
      });
      if (node) node.syncing = true;
      expect(await scene.prepare(promote, accepted)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('nothing complete') }],
      });
    }));

  it('refuses on ElastiCache, and says which action does it there', () =>
    inData(async scene => {
      expect(await scene.prepare(promote, { server: cache })).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining('elasticache.failover') }],
      });
    }));

  it('reads the secrets of its servers and may do nothing in AWS', () => {
    const permissions = promote.permissions(promote.parameters.parse(parameters), { primary, recovery });
    expect(permissions.flatMap(({ actions }) => actions)).toEqual([
      'secretsmanager:GetSecretValue',
      'secretsmanager:GetSecretValue',
    ]);
  });
});

describe('redis.restore', () => {
  const parameters = { server: redis, from: seed, minKeys: 100, acceptedRisks: ['overwrite-cache'] };

  it('copies the seed, lets go of it, and is done when the keys are there and writes succeed', () =>
    inData(async scene => {
      fill(scene, seed.host, 500);
      const outcome = await scene.step(restore, parameters);
      expect(outcome).toMatchObject({ status: 'done', outputs: { keys: 520, keysBefore: 20 } });
      expect(nodeAt(scene.world, redis.host)?.masterId).toBeUndefined();
      expect(await scene.undo(restore, parameters, outcome)).toMatchObject({ status: 'done' });
    }));

  it.each([
    [
      'a backup that is no backup',
      { ...parameters },
      'has 20 keys, and a backup of this cache has at least 100',
    ],
    [
      'to overwrite what nobody gave up',
      { ...parameters, minKeys: 1, acceptedRisks: [] },
      'which the restore would replace',
    ],
    [
      'a replica',
      { ...parameters, server: replica, minKeys: 1 },
      'would be overwritten by its primary again',
    ],
    ['ElastiCache', { ...parameters, server: cache }, 'takes no dump into a running cache'],
  ])('refuses %s', (_name, given, what) =>
    inData(async scene => {
      expect(await scene.prepare(restore, given)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining(what) }],
      });
    }),
  );

  it('lets go of the seed on undo while it is still copying', () =>
    inData(async scene => {
      fill(scene, seed.host, 500);
      const given = restore.parameters.parse(parameters);
      await restore.act?.(scene.context(), given, { keysBefore: 20, keysInBackup: 520 });
      expect(nodeAt(scene.world, redis.host)?.syncing).toBe(true);
      const outcome = { status: 'pending' as const, note: '', baseline: {}, seconds: 0 };
      expect(await scene.undo(restore, parameters, outcome)).toMatchObject({ status: 'done' });
      expect(nodeAt(scene.world, redis.host)?.masterId).toBeUndefined();
    }));
});
