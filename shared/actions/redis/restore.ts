import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import { addressOf, openRedis, redisPermissions, writeWorks } from '../../network/redis-server.ts';
import { type ComponentOf, cache, redisServer } from '../../plan/components.ts';
import { defineAction, type Reason } from '../contract.ts';

/** The risk that a person accepts when the server that is restored holds something. */
const overwriteCache = 'overwrite-cache';

const parameters = z.strictObject({
  server: z.discriminatedUnion('type', [redisServer, cache]),
  /** A server that was started from the backup. */
  from: redisServer,
  minKeys: z.number().int().positive().describe('A backup with fewer keys than this is not taken for one'),
  acceptedRisks: z.array(z.string()).default([]),
});

const baselineSchema = z.object({ keysBefore: z.number(), keysInBackup: z.number() });

/**
 * Restores a self-managed Redis from a backup: it copies a seed server, one that was started with the dump in its
 * directory (a pod or a Job with the backup mounted read-only), and lets go of it when it has everything. No command
 * loads a dump into a running server, and `redis-cli --rdb` does the opposite: it overwrites the file. On ElastiCache
 * a restore is a new cache: elasticache.create with a snapshot.
 */
export const action = defineAction({
  kind: 'redis.restore',
  summary: 'Restores a self-managed Redis from a server that was started with the backup',
  parameters,
  components: { server: ['redis-server', 'elasticache-replication-group'], from: 'redis-server' },
  outputs: { keys: 'keys after the restore', keysBefore: 'keys that were there before and are gone' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 60,
    maxSeconds: 900,
    source: 'Experience: a full copy goes at some ten MB a second, a cache of a few MB in a second or two',
  },
  failureModes: [
    'The server may not log in at the seed: masterauth, masteruser or tls-replication do not fit',
    'The dump was written by a newer version of Redis, so that the seed does not start',
    'The append-only file of the seed was loaded instead of the dump',
  ],
  permissions: ({ server, from }) => redisPermissions(server, from),

  async prepare(context, { server: component, from, minKeys, acceptedRisks }) {
    if (component.type !== 'redis-server')
      return { status: 'refused', reasons: [onElastiCache(component)], evidence: [] };
    const server = await openRedis(context, addressOf(component));
    const seed = await openRedis(context, addressOf(from));
    const [role, loading, keysBefore, keysInBackup] = await Promise.all([
      server.info('replication').then(info => info.get('role')),
      seed.info('persistence').then(info => info.get('loading')),
      server.call('DBSIZE').then(Number),
      seed.call('DBSIZE').then(Number),
    ]);
    const reasons: Reason[] = [];
    if (role !== 'master') reasons.push(notMaster(component.id));
    if (loading === '1') reasons.push(stillLoading(from.id));
    if (keysInBackup < minKeys) reasons.push(tooFew(from.id, keysInBackup, minKeys));
    if (keysBefore > 0 && !acceptedRisks.includes(overwriteCache)) {
      reasons.push(wouldOverwrite(component.id, keysBefore));
    }
    const baseline = { keysBefore, keysInBackup };
    const what = `${component.id} has ${keysBefore} keys, the backup in ${from.id} has ${keysInBackup}`;
    const evidence = [{ what, data: baseline }];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    return { status: 'ready', baseline, evidence };
  },

  async act(context, { server: component, from }, baseline) {
    const { keysBefore } = baselineSchema.parse(baseline);
    const server = await openRedis(context, addressOf(component));
    const replication = await server.info('replication');
    if (replication.get('role') === 'slave' && replication.get('master_host') === from.host) return;
    await context.changed({
      call: 'redis.REPLICAOF',
      region: component.region,
      resource: component.id,
      what: `Copies the backup in ${from.id}; its own ${keysBefore} keys go`,
    });
    await server.call('REPLICAOF', from.host, String(from.port));
  },

  async observe(context, { server: component, from, minKeys }, baseline) {
    const before = baselineSchema.parse(baseline);
    try {
      const server = await openRedis(context, addressOf(component));
      const replication = await server.info('replication');
      if (replication.get('role') === 'slave') {
        if (
          replication.get('master_link_status') !== 'up' ||
          replication.get('master_sync_in_progress') === '1'
        ) {
          return { status: 'pending', note: `${component.id} is copying from ${from.id}` };
        }
        const copied = Number(await server.call('DBSIZE'));
        if (copied < minKeys)
          return { status: 'failed', reasons: [tooFew(component.id, copied, minKeys)], evidence: [] };
        await context.changed({
          call: 'redis.REPLICAOF',
          region: component.region,
          resource: component.id,
          what: `Lets go of ${from.id} with ${copied} keys`,
        });
        // A primary from the answer on; that it takes writes is tried below.
        await server.call('REPLICAOF', 'NO', 'ONE');
      }
      const keys = Number(await server.call('DBSIZE'));
      const probe = await writeWorks(server, context.run.id);
      if (!probe.ok) return { status: 'pending', note: `${component.id} is a master, but ${probe.why}` };
      if (keys < minKeys)
        return { status: 'failed', reasons: [tooFew(component.id, keys, minKeys)], evidence: [] };
      const outputs = { keys, keysBefore: before.keysBefore };
      const what = `${component.id} holds the backup, ${keys} keys (${before.keysInBackup} in the backup), and takes writes`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
  },

  async undo(context, { server: component, from }) {
    const server = await openRedis(context, addressOf(component));
    const replication = await server.info('replication');
    if (replication.get('role') === 'slave' && replication.get('master_host') === from.host) {
      await context.changed({
        call: 'redis.REPLICAOF',
        region: component.region,
        resource: component.id,
        what: `Lets go of ${from.id}`,
      });
      await server.call('REPLICAOF', 'NO', 'ONE');
      return { status: 'pending', note: `${component.id} lets go of ${from.id}` };
    }
    const what = `${component.id} follows ${from.id} no more; what it held before the restore does not come back`;
    return { status: 'done', outputs: {}, evidence: [{ what }] };
  },
});

function notMaster(id: string): Reason {
  return {
    what: `${id} is a replica, and would be overwritten by its primary again`,
    mend: 'Restore the primary, or promote this one first.',
  };
}

function stillLoading(id: string): Reason {
  return {
    what: `${id} is still loading the backup`,
    mend: 'Wait until INFO persistence says loading:0, then retry.',
  };
}

function tooFew(id: string, keys: number, minKeys: number): Reason {
  return {
    what: `${id} has ${keys} keys, and a backup of this cache has at least ${minKeys}`,
    mend: 'Check that the seed was started from the right dump and with the append-only file off (appendonly no).',
  };
}

function wouldOverwrite(id: string, keys: number): Reason {
  return {
    what: `${id} holds ${keys} keys, which the restore would replace`,
    mend: `Restore into an empty server beside it; or have a named person accept the risk "${overwriteCache}".`,
  };
}

function onElastiCache({ id, identifier }: ComponentOf<'elasticache-replication-group'>): Reason {
  return {
    what: `${id} is on ElastiCache, which takes no dump into a running cache`,
    mend: `Make a new cache from a snapshot of ${identifier} with elasticache.create, and repoint its clients.`,
  };
}
