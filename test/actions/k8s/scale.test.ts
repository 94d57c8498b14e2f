import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/k8s/scale.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { findCluster, type SimulatedCluster } from '../../../simulator/kubernetes/cluster.ts';
import type { World } from '../../../simulator/world/world.ts';
import { components } from '../../support/compute-plan.ts';
import { faultsOf, inWorld, run, type Scene } from '../../support/compute-world.ts';

const parameters = { deployment: components.app, replicas: 2 };

function clusterOf(world: World): SimulatedCluster {
  const cluster = findCluster(world, 'shop-dr', 'ap-southeast-4');
  if (!cluster) throw new Error('no cluster');
  return cluster;
}

/** Observes every five seconds until it is no longer pending. */
async function settle({ context, drive, wait }: Scene, given: typeof parameters, baseline: JsonObject) {
  for (let looks = 0; looks < 100; looks++) {
    const seen = await drive(action.observe(context, given, baseline));
    if (seen.status !== 'pending') return seen;
    await wait(5);
  }
  throw new Error('still pending');
}

async function prepareAndAct({ context, drive }: Scene, given = parameters): Promise<JsonObject> {
  const preparation = await drive(action.prepare(context, given));
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  await drive(Promise.resolve(action.act?.(context, given, preparation.baseline)));
  return preparation.baseline;
}

describe('k8s.scale', () => {
  it('is done when all wanted pods are ready, and tells what there was before', () =>
    inWorld(async scene => {
      const baseline = await prepareAndAct(scene);
      const first = await scene.drive(action.observe(scene.context, parameters, baseline));
      expect(first.status).toBe('pending');
      const seen = await settle(scene, parameters, baseline);
      expect(seen).toMatchObject({ status: 'done', outputs: { previousReplicas: 0, readyReplicas: 2 } });
      expect(scene.changes).toEqual([
        {
          call: 'kubernetes.PatchDeploymentScale',
          region: 'ap-southeast-4',
          resource: 'shop-dr/shop/shop-app',
          what: 'Replicas of deployment shop-app changed from 0 to 2',
        },
      ]);
    }));

  it('says that the nodes have no room instead of claiming success', () =>
    inWorld(async scene => {
      const three = { ...parameters, replicas: 3 };
      const baseline = await prepareAndAct(scene, three);
      await scene.wait(300);
      const seen = await scene.drive(action.observe(scene.context, three, baseline));
      expect(seen).toEqual({
        status: 'pending',
        note: '2 of 3 pods ready; 1 pod Unschedulable (no node has room for more than 2 pods)',
      });
    }));

  it('answers already-done when the wanted pods are ready', () =>
    inWorld(async scene => {
      await settle(scene, parameters, await prepareAndAct(scene));
      const again = await scene.drive(action.prepare(scene.context, parameters));
      expect(again).toMatchObject({ status: 'already-done', outputs: { readyReplicas: 2 } });
    }));

  it('counts 0 replicas as reached only when no pod is left', () =>
    inWorld(async scene => {
      await settle(scene, parameters, await prepareAndAct(scene));
      const none = { ...parameters, replicas: 0 };
      const baseline = await prepareAndAct(scene, none);
      await scene.wait(1.5);
      const early = await scene.drive(action.observe(scene.context, none, baseline));
      expect(early).toEqual({ status: 'pending', note: 'pods are still ending; 2 pods ending' });
      const seen = await settle(scene, none, baseline);
      expect(seen).toMatchObject({ status: 'done', outputs: { previousReplicas: 2, readyReplicas: 0 } });
      expect(clusterOf(scene.world).deployments.flatMap(({ pods }) => pods)).toEqual([]);
    }));

  it('goes back to the previous replicas on undo', () =>
    inWorld(async scene => {
      const baseline = await prepareAndAct(scene);
      await settle(scene, parameters, baseline);
      let seen = await scene.drive(Promise.resolve(action.undo?.(scene.context, parameters, baseline, {})));
      expect(seen?.status).toBe('pending');
      await scene.wait(60);
      seen = await scene.drive(Promise.resolve(action.undo?.(scene.context, parameters, baseline, {})));
      expect(seen?.status).toBe('done');
      expect(clusterOf(scene.world).deployments[0]?.pods).toEqual([]);
      expect(scene.changes.map(({ what }) => what)).toEqual([
        'Replicas of deployment shop-app changed from 0 to 2',
        'Replicas of deployment shop-app changed from 2 to 0',
      ]);
    }));

  it('refuses when an autoscaler allows fewer replicas', () =>
    inWorld(async scene => {
      clusterOf(scene.world).autoscalers.push({
        namespace: 'shop',
        name: 'shop-hpa',
        deployment: 'shop-app',
        minReplicas: 1,
        maxReplicas: 1,
      });
      const preparation = await scene.drive(action.prepare(scene.context, parameters));
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: 'Autoscaler shop-hpa allows 1 replicas at most, 2 are wanted.' }],
      });
      expect(scene.changes).toEqual([]);
    }));

  it('refuses a deployment that does not exist', () =>
    inWorld(async scene => {
      const unknown = { ...parameters, deployment: { ...components.app, name: 'shop-web' } };
      const preparation = await scene.drive(action.prepare(scene.context, unknown));
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: 'There is no deployment shop-web in namespace shop of cluster shop-dr.' }],
      });
    }));

  it('leaves the primary region alone in a drill', () =>
    inWorld(async scene => {
      const context = { ...scene.context, run: { ...run, mode: 'drill' as const } };
      const production = { ...parameters, deployment: components.primaryApp };
      const preparation = await scene.drive(action.prepare(context, production));
      expect(preparation.status).toBe('refused');
    }));

  it('makes its change once when the reply to it is lost', () =>
    inWorld(
      async scene => {
        await expect(prepareAndAct(scene)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
        await scene.drive(
          Promise.resolve(
            action.act?.(scene.context, parameters, { previousReplicas: 0, autoscaled: false }),
          ),
        );
        const seen = await settle(scene, parameters, { previousReplicas: 0, autoscaled: false });
        expect(seen).toMatchObject({ status: 'done', outputs: { previousReplicas: 0 } });
        expect(clusterOf(scene.world).deployments[0]?.generation).toBe(2);
      },
      { faults: faultsOf({ 'kubernetes.PatchDeploymentScale': ['lost-reply'] }) },
    ));

  it('takes a stale read for not done yet, also on the way down', () =>
    inWorld(
      async scene => {
        await scene.wait(30);
        await settle(scene, parameters, await prepareAndAct(scene));
        const one = { ...parameters, replicas: 1 };
        const baseline = await prepareAndAct(scene, one);
        await scene.wait(3);
        const early = await scene.drive(action.observe(scene.context, one, baseline));
        expect(early).toMatchObject({
          status: 'pending',
          note: expect.stringContaining('the cluster says 2 replicas, 1 are wanted'),
        });
        expect(await settle(scene, one, baseline)).toMatchObject({ status: 'done' });
      },
      { faults: { ...faultsOf(), has: name => name === 'stale-read:kubernetes' } },
    ));

  it('needs no IAM permission but reading the cluster', () => {
    const permissions = action.permissions(parameters, {
      primary: 'ap-southeast-2',
      recovery: 'ap-southeast-4',
    });
    expect(permissions).toEqual([
      {
        actions: ['eks:DescribeCluster'],
        resources: ['arn:${AWS::Partition}:eks:ap-southeast-4:${AWS::AccountId}:cluster/shop-dr'],
      },
    ]);
  });
});
