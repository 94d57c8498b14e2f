import { describe, expect, it } from 'vitest';
import { action as create } from '../../../shared/actions/elasticache/create.ts';
import { action as createSnapshot } from '../../../shared/actions/elasticache/create-snapshot.ts';
import { action as remove } from '../../../shared/actions/elasticache/delete.ts';
import { action as describeCache } from '../../../shared/actions/elasticache/describe.ts';
import { action as failover } from '../../../shared/actions/elasticache/failover.ts';
import { action as failoverGlobal } from '../../../shared/actions/elasticache/failover-global.ts';
import { action as flush } from '../../../shared/actions/redis/flush.ts';
import { lastingState } from '../../../simulator/invariants/lasting-state.ts';
import { metricsOf } from '../../../simulator/world/metrics.ts';
import { nodeAt } from '../../../simulator/world/redis-nodes.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { type DataScene, inData } from '../../support/data-world.ts';

const cache = component('elasticache-replication-group', 'cache');
const standby = component('elasticache-replication-group', 'cache-recovery');
const target = component('elasticache-target', 'new-cache');
const name = 'app-new-20260310-3f9c1a';
const failure = (selfHealing: boolean) => ({
  type: 'failure' as const,
  component: cache,
  selfHealing,
  cause: 'crash' as const,
});
const modified = ({ world }: DataScene) => world.calls.get('elasticache.ModifyReplicationGroup') ?? 0;
const describeGroup = (scene: DataScene) => scene.step(describeCache, { cache });

describe('elasticache.describe', () => {
  it('says what there is, and takes "missing" and "unreachable" for answers', () =>
    inData(async scene => {
      expect(await describeGroup(scene)).toMatchObject({
        outputs: {
          status: 'available',
          primary: 'app-001',
          zone: `${primary}a`,
          nodes: 3,
          automaticFailover: 'enabled',
        },
      });
      const none = { ...cache, identifier: 'none' };
      expect(await scene.step(describeCache, { cache: none })).toMatchObject({
        outputs: { status: 'missing' },
      });
      scene.world.loseRegion(primary);
      const silent = await describeGroup(scene);
      expect(silent).toMatchObject({ outputs: { status: 'unreachable' } });
      expect(silent.seconds).toBeGreaterThanOrEqual(30);
    }));

  it('does not take one bad moment for silence', () =>
    inData(
      async scene =>
        expect(await describeGroup(scene)).toMatchObject({ outputs: { status: 'available', nodes: 3 } }),
      { faults: ['error5xx:elasticache.DescribeReplicationGroups'] },
    ));
});

describe('elasticache.create', () => {
  it('makes a cache with everything, and is done when a client can log in and write', () =>
    inData(async scene => {
      const outcome = await scene.step(create, { target });
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { group: name, port: 6379, endpoint: expect.stringContaining(name) },
        evidence: [{ what: expect.stringContaining('with 3 nodes; its primary takes writes') }],
      });
      expect(outcome.seconds).toBeGreaterThan(400);
      expect(JSON.stringify(scene.changes)).not.toContain('simulated-auth-token');
    }));

  it('asks once when the reply is lost, and is not misled by stale reads', () =>
    inData(
      async scene => {
        expect(await scene.step(create, { target })).toMatchObject({ status: 'done' });
        expect(scene.world.changes.filter(({ what }) => what.includes('is being made'))).toHaveLength(1);
      },
      { faults: ['lost-reply:elasticache.CreateReplicationGroup', 'stale-read:elasticache'] },
    ));

  it('undo leaves nothing behind in a drill', () =>
    inData(async scene => {
      const before = lastingState(scene.world);
      const outcome = await scene.step(create, { target }, 'drill');
      expect(await scene.undo(create, { target }, outcome, 'drill')).toMatchObject({ status: 'done' });
      expect(lastingState(scene.world)).toEqual(before);
    }));

  it.each([
    [
      'a missing subnet group',
      { ...target, subnetGroup: 'other' },
      undefined,
      'subnet group other does not exist',
    ],
    [
      'an empty cache where something durable was',
      { ...target, mayStartEmpty: false },
      undefined,
      'must not start empty',
    ],
    ['a snapshot that is not there', target, 'none', 'The snapshot none in ap-southeast-4 is not there'],
    ['AUTH without TLS', { ...target, tls: false }, undefined, 'AUTH only with TLS'],
    ['a secret of a user', { ...target, credentials: 'secret:app/db' }, undefined, 'names the user'],
  ])('refuses %s', (_name, given, snapshot, what) =>
    inData(async scene => {
      expect(await scene.prepare(create, { target: given, snapshot })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining(what) }],
      });
    }),
  );

  it('deletes only what a run has made', () => {
    const permissions = create.permissions({ target }, { primary, recovery });
    const destroying = permissions.filter(
      ({ actions, resources }) =>
        actions.includes('elasticache:DeleteReplicationGroup') &&
        resources.some(one => one.includes('replicationgroup')),
    );
    expect(destroying.map(({ conditions }) => conditions)).toEqual([
      { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } },
    ]);
    expect(permissions.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});

describe('elasticache.delete', () => {
  it('removes what this run made, with a final snapshot, and nothing else', () =>
    inData(async scene => {
      await scene.step(create, { target });
      expect(await scene.step(remove, { target, group: name })).toMatchObject({
        status: 'done',
        outputs: { group: name },
      });
      expect(scene.changes.at(-1)?.what).toContain('kept in snapshot');
      expect(await scene.step(remove, { target, group: name })).toMatchObject({ status: 'already-done' });
      expect(await scene.prepare(remove, { target, group: 'app-dr' })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('does not carry the tag') }],
      });
    }));
});

describe('elasticache.create-snapshot', () => {
  it('keeps what is in the cache: a whole flush and a new cache can rest on it', () =>
    inData(
      async scene => {
        const kept = await scene.step(createSnapshot, { cache: standby });
        expect(kept).toMatchObject({ status: 'done', outputs: { snapshot: 'app-dr-kept-20260310-3f9c1a' } });
        const snapshot = 'app-dr-kept-20260310-3f9c1a';
        const alone = nodeAt(scene.world, standby.endpoint);
        if (alone) alone.masterId = undefined;
        const whole = { cache: standby, whole: true, acceptedRisks: ['flush-whole-cache'] };
        expect(await scene.prepare(flush, { ...whole, snapshot: 'none' })).toMatchObject({
          status: 'refused',
        });
        expect(await scene.step(flush, { ...whole, snapshot })).toMatchObject({
          status: 'done',
          outputs: { left: 0 },
        });
        const made = await scene.step(create, { target: { ...target, mayStartEmpty: false }, snapshot });
        if (made.status !== 'done') throw new Error(JSON.stringify(made));
        expect(nodeAt(scene.world, String(made.outputs.endpoint))?.keys.has('queue:mails')).toBe(true);
        expect(await scene.undo(createSnapshot, { cache: standby }, kept)).toMatchObject({
          evidence: [{ what: expect.stringContaining('may be the only copy') }],
        });
      },
      { faults: ['lost-reply:elasticache.CreateSnapshot'] },
    ));

  it('goes again after a drill', () =>
    inData(async scene => {
      const before = lastingState(scene.world);
      const outcome = await scene.step(createSnapshot, { cache: standby }, 'drill');
      expect(await scene.undo(createSnapshot, { cache: standby }, outcome, 'drill')).toMatchObject({
        status: 'done',
      });
      expect(lastingState(scene.world)).toEqual(before);
    }));
});

describe('elasticache.failover', () => {
  it('leaves it to ElastiCache, which has time for it', () =>
    inData(async scene => {
      scene.strike(failure(true));
      expect(await scene.step(failover, { cache })).toMatchObject({
        status: 'done',
        outputs: { method: 'automatic', primaryBefore: 'app-001', primaryAfter: 'app-002' },
      });
      expect(modified(scene)).toBe(0);
    }));

  it('promotes a replica when nothing happens, and switches automatic failover on again', () =>
    inData(async scene => {
      scene.strike(failure(false));
      const outcome = await scene.step(failover, { cache });
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { method: 'forced', primaryAfter: 'app-002' },
      });
      expect(modified(scene)).toBe(3);
      expect(await describeGroup(scene)).toMatchObject({ outputs: { automaticFailover: 'enabled' } });
    }));

  it('makes no change twice when replies are lost', () =>
    inData(
      async scene => {
        scene.strike(failure(false));
        expect(await scene.step(failover, { cache })).toMatchObject({ status: 'done' });
        expect(scene.world.changes.filter(({ what }) => what === 'A change of app begins')).toHaveLength(3);
      },
      { faults: ['lost-reply:elasticache.ModifyReplicationGroup'] },
    ));

  it('refuses while the cache is well, unless it is planned; finds that it was done', () =>
    inData(async scene => {
      expect(await scene.prepare(failover, { cache })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('nothing to recover') }],
      });
      expect(await scene.step(failover, { cache }, 'planned')).toMatchObject({
        outputs: { method: 'forced' },
      });
      expect(await scene.step(failover, { cache })).toMatchObject({ status: 'already-done' });
    }));

  it('tries it out in a drill on the recovery side only, with TestFailover', () =>
    inData(async scene => {
      expect(await scene.prepare(failover, { cache }, 'drill')).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('This is a drill') }],
      });
      const made = await scene.step(create, { target }, 'drill');
      if (made.status !== 'done') throw new Error(JSON.stringify(made));
      const copy = { ...standby, identifier: name, endpoint: String(made.outputs.endpoint) };
      const outcome = await scene.step(failover, { cache: copy }, 'drill');
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { method: 'test', primaryAfter: `${name}-002` },
      });
      expect(scene.world.calls.get('elasticache.TestFailover')).toBe(1);
      expect(await scene.undo(failover, { cache: copy }, outcome, 'drill')).toMatchObject({ status: 'done' });
    }));

  it('refuses a secondary of a Global Datastore', () =>
    inData(async scene => {
      expect(await scene.prepare(failover, { cache: standby })).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining('elasticache.failover-global') }],
      });
    }));

  it('gives the settings back on undo when the step died between its changes', () =>
    inData(async scene => {
      const preparation = await scene.prepare(failover, { cache }, 'planned');
      if (preparation.status !== 'ready') throw new Error(preparation.status);
      await failover.act?.(scene.context('planned'), { cache }, preparation.baseline);
      await scene.wait(200);
      expect(await describeGroup(scene)).toMatchObject({ outputs: { automaticFailover: 'disabled' } });
      const outcome = { ...preparation, seconds: 0 };
      expect(await scene.undo(failover, { cache }, outcome, 'planned')).toMatchObject({ status: 'done' });
      await scene.wait(200);
      expect(await describeGroup(scene)).toMatchObject({ outputs: { automaticFailover: 'enabled' } });
    }));

  it('may change this cache only', () => {
    const changing = failover
      .permissions({ cache }, { primary, recovery })
      .filter(({ actions }) => actions.includes('elasticache:ModifyReplicationGroup'));
    expect(changing.flatMap(({ resources }) => resources)).toEqual([
      'arn:${AWS::Partition}:elasticache:ap-southeast-2:${AWS::AccountId}:replicationgroup:app',
    ]);
  });
});

describe('elasticache.failover-global', () => {
  const parameters = { store: component('elasticache-global-datastore', 'store'), to: standby, from: cache };

  it('makes the cache of the recovery region the primary, with the loss that can be told', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      await scene.wait(120);
      const outcome = await scene.step(failoverGlobal, { ...parameters, maxLoss: '5m' });
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { primary: 'app-dr', endpoint: standby.endpoint, lossSeconds: expect.any(Number) },
      });
      expect(await scene.step(failoverGlobal, parameters)).toMatchObject({ status: 'already-done' });
    }));

  it('refuses while the old primary takes writes, and when the loss is not known', () =>
    inData(async scene => {
      expect(await scene.prepare(failoverGlobal, parameters)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('still takes writes') }],
      });
      scene.world.loseRegion(primary);
      metricsOf(scene.world).length = 0;
      expect(await scene.prepare(failoverGlobal, { ...parameters, maxLoss: '5m' })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('an unknown amount') }],
      });
      const acceptedRisks = ['data-loss'];
      expect(await scene.step(failoverGlobal, { ...parameters, maxLoss: '5m', acceptedRisks })).toMatchObject(
        {
          status: 'done',
          outputs: { lossSeconds: -1 },
        },
      );
    }));

  it('asks once when the reply is lost, and goes back when it is planned', () =>
    inData(
      async scene => {
        expect(await scene.step(failoverGlobal, parameters, 'planned')).toMatchObject({ status: 'done' });
        expect(
          scene.world.changes.filter(({ what }) => what.startsWith('The failover of ldgnf-app')),
        ).toHaveLength(1);
        const back = { ...parameters, to: cache, from: standby };
        expect(await scene.step(failoverGlobal, back, 'planned')).toMatchObject({
          outputs: { primary: 'app' },
        });
      },
      { faults: ['lost-reply:elasticache.FailoverGlobalReplicationGroup'] },
    ));

  it('refuses what is no member, and goes no further than the checks in a drill', () =>
    inData(async scene => {
      const other = { ...standby, identifier: 'other' };
      expect(await scene.prepare(failoverGlobal, { ...parameters, to: other })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('no member') }],
      });
      expect(failoverGlobal.drill).toBe('prepare-only');
    }));
});
