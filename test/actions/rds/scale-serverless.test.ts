import { describe, expect, it } from 'vitest';
import { clusterState } from '../../../simulator/services/rds/clusters.ts';
import { metricsOf } from '../../../simulator/world/metrics.ts';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const orders = {
  type: 'rds-cluster',
  region,
  identifier: 'orders-dr',
  engine: 'aurora-postgresql',
  database: 'orders',
  credentials: 'secret:orders/db',
  writeProbe: 'SELECT 1',
  instances: 2,
  serverless: { min: 0.5, max: 64 },
};
const components = { orders };
const kind = 'rds.scale-serverless';
const given = { database: 'orders', min: 8, max: 64 };

const rangeIn = ({ world }: AwsScene) =>
  clusterState(world).clusters.get(`${region}/orders-dr`)?.shown.ServerlessV2ScalingConfiguration;
const modify = (scene: AwsScene, MinCapacity: number, MaxCapacity: number) =>
  scene.call('rds.ModifyDBCluster', {
    DBClusterIdentifier: 'orders-dr',
    ServerlessV2ScalingConfiguration: { MinCapacity, MaxCapacity },
  });

describe('rds.scale-serverless', () => {
  it('is done when every instance has the capacity, not when the range is set; undo brings the range back', () =>
    inAws(components, async scene => {
      await scene.wait(300);
      const { preparation, seen, undo } = await scene.play(kind, given);
      expect(preparation).toMatchObject({
        status: 'ready',
        evidence: [{ data: { min: 0.5, max: 64, capacity: 0.5 } }],
      });
      expect(seen).toMatchObject({ status: 'done', outputs: { min: 8, max: 64, capacity: 8 } });
      // CloudWatch has a minute when it is over and a minute old.
      expect(scene.world.nowMs() - Date.parse('2026-03-10T16:47:00Z')).toBeGreaterThan(60_000);
      expect((await scene.play(kind, given)).preparation.status).toBe('already-done');
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(rangeIn(scene)).toEqual({ MinCapacity: 0.5, MaxCapacity: 64 });
    }));

  it('makes a range bigger and never smaller, unless it may', () =>
    inAws(components, async scene => {
      await modify(scene, 16, 32);
      await scene.wait(600);
      expect((await scene.play(kind, given)).seen).toMatchObject({ outputs: { min: 16, max: 64 } });
      const back = { database: 'orders', min: 0.5, max: 16, mayShrink: true };
      expect((await scene.play(kind, back)).seen).toMatchObject({ status: 'done' });
      expect(rangeIn(scene)).toEqual({ MinCapacity: 0.5, MaxCapacity: 16 });
    }));

  it('is not misled by a lost reply, nor by stale reads', async () => {
    const options = { faults: { 'rds.ModifyDBCluster': ['lost-reply' as const] }, stale: 'rds' };
    await inAws(
      components,
      async scene => {
        await scene.wait(60);
        const { preparation, seen } = await scene.play(kind, given);
        expect(reasonsOf(preparation)).toBe('');
        expect(seen).toMatchObject({ status: 'done' });
        expect(rangeIn(scene)).toEqual({ MinCapacity: 8, MaxCapacity: 64 });
      },
      options,
    );
  });

  it('waits while nobody knows the capacity', () =>
    inAws(components, async scene => {
      metricsOf(scene.world).length = 0;
      expect((await scene.play(kind, given, { forSeconds: 1800 })).seen).toEqual({
        status: 'pending',
        note: 'CloudWatch has no capacity yet of every instance of orders-dr',
      });
    }));

  it('fails when somebody sets another range, and leaves that one on undo', () =>
    inAws(components, async scene => {
      const played = scene.play(kind, given);
      const changed = scene.wait(8).then(() => modify(scene, 1, 2));
      const [{ seen, undo }] = await Promise.all([played, changed]);
      expect(reasonsOf(seen)).toBe('Somebody has changed the capacity of orders-dr meanwhile: 1 to 2 ACU');
      expect(await undo()).toMatchObject({
        status: 'done',
        evidence: [{ what: expect.stringMatching(/somebody else has set/) }],
      });
      expect(rangeIn(scene)).toEqual({ MinCapacity: 1, MaxCapacity: 2 });
    }));

  it('refuses a cluster without serverless instances, and one that is not there', () => {
    const { serverless: _, ...provisioned } = orders;
    return inAws({ orders: provisioned }, async ({ play }) => {
      const reasons = reasonsOf((await play(kind, given)).preparation);
      expect(reasons).toContain('no instance of the class db.serverless');
      const gone = { ...orders, id: 'x', identifier: 'gone' };
      const missing = await play(kind, { ...given, database: gone });
      expect(reasonsOf(missing.preparation)).toBe(`There is no cluster gone in ${region}`);
    });
  });

  it('refuses what the engine does not take, and changes that would be made with it', () =>
    inAws(components, async scene => {
      const { shown } = clusterState(scene.world).clusters.get(`${region}/orders-dr`) ?? {};
      Object.assign(shown ?? {}, { PendingModifiedValues: { EngineVersion: '17.1' }, EngineVersion: '13.9' });
      const reasons = reasonsOf((await scene.play(kind, { ...given, min: 0 })).preparation);
      expect(reasons).toContain(
        'aurora-postgresql 13.9 takes 0.5 to 128 ACU, and the step asks for 0 to 64 ACU',
      );
      expect(reasons).toContain('would be made at once with this one: EngineVersion');
    }));

  it('touches nothing of the primary region in a drill', () =>
    inAws({ orders: { ...orders, region: 'ap-southeast-2' } }, async ({ play, changes }) => {
      expect(reasonsOf((await play(kind, given, { mode: 'drill' })).preparation)).toContain(
        'This is a drill',
      );
      expect(changes).toEqual([]);
    }));

  it('says without any world that a least capacity above the most is none', async () => {
    await inAws(components, async ({ action }) => {
      const { parameters, contradictions } = await action(kind);
      const parsed = parameters.parse({ ...given, database: { ...orders, id: 'orders' }, min: 65 });
      expect(contradictions?.(parsed as never)).toMatchObject([
        { what: expect.stringContaining('above the most') },
      ]);
      expect(parameters.safeParse({ ...parsed, min: 0.7 }).success).toBe(false);
    });
  });

  it('may change this cluster only', async () => {
    const permissions = await permissionsOf(kind, components, given);
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toContain(
      `rds:ModifyDBCluster arn:\${AWS::Partition}:rds:${region}:\${AWS::AccountId}:cluster:orders-dr`,
    );
  });
});
