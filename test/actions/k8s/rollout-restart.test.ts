import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/k8s/rollout-restart.ts';
import { findCluster, type SimulatedDeployment } from '../../../simulator/kubernetes/cluster.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { components } from '../../support/compute-plan.ts';
import { inWorld, type Scene } from '../../support/compute-world.ts';

const parameters = { deployment: components.primaryApp };

function deploymentOf({ world }: Scene): SimulatedDeployment {
  const [deployment] = findCluster(world, 'shop-production', 'ap-southeast-2')?.deployments ?? [];
  if (!deployment) throw new Error('no deployment');
  return deployment;
}

async function begin({ context, drive }: Scene) {
  const preparation = await drive(action.prepare(context, parameters));
  if (preparation.status !== 'ready') throw new Error('not ready');
  await drive(Promise.resolve(action.act?.(context, parameters, preparation.baseline)));
  return preparation.baseline;
}

describe('k8s.rollout-restart', () => {
  it('is done when every pod was replaced and is available, never going below the wanted number', () =>
    inWorld(async scene => {
      const before = deploymentOf(scene).pods.map(pod => pod.name);
      // Room for the pod that a rolling update adds.
      findCluster(scene.world, 'shop-production', 'ap-southeast-2')?.nodes.push({
        name: 'spare',
        nodegroup: 'default',
        ready: true,
        leaving: false,
      });
      const baseline = await begin(scene);
      let fewest = 3;
      for (;;) {
        fewest = Math.min(fewest, deploymentOf(scene).pods.filter(pod => pod.ready).length);
        const seen = await scene.drive(action.observe(scene.context, parameters, baseline));
        if (seen.status !== 'pending') {
          expect(seen).toMatchObject({ status: 'done', outputs: { replicas: 3 } });
          break;
        }
        await scene.wait(2);
      }
      expect(fewest).toBe(3);
      const after = deploymentOf(scene)
        .pods.filter(pod => pod.phase !== 'Ending')
        .map(pod => pod.name);
      expect(after).toHaveLength(3);
      expect(after.filter(name => before.includes(name))).toEqual([]);
    }));

  it('refuses to report a restart of a deployment that has no pods', () =>
    inWorld(async scene => {
      deploymentOf(scene).replicas = 0;
      const preparation = await scene.drive(action.prepare(scene.context, parameters));
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [
          { what: expect.stringContaining('0 replicas'), mend: expect.stringContaining('k8s.scale') },
        ],
      });
    }));

  it('asks for one restart however often it is repeated', () =>
    inWorld(async scene => {
      const baseline = await begin(scene);
      await scene.wait(5);
      await scene.drive(Promise.resolve(action.act?.(scene.context, parameters, baseline)));
      expect(deploymentOf(scene).revision).toBe(2);
    }));

  it('restarts again when a person retries the step', () =>
    inWorld(async scene => {
      await begin(scene);
      await scene.wait(5);
      await begin(scene);
      expect(deploymentOf(scene).revision).toBe(3);
    }));

  it('fails with the reason when the new pods never become ready', () =>
    inWorld(async scene => {
      const dependencies = appDependencies(scene.world);
      dependencies.secretValue = () => 'postgresql://app:pw@gone.example/shop';
      dependencies.databaseAt = () => undefined;
      const recovery = { deployment: { ...components.app } };
      const cluster = findCluster(scene.world, 'shop-dr', 'ap-southeast-4');
      await scene.drive(
        scene.context.kubernetes(components.app, {
          method: 'PATCH',
          path: '/apis/apps/v1/namespaces/shop/deployments/shop-app/scale',
          contentType: 'application/merge-patch+json',
          body: { spec: { replicas: 1 } },
        }),
      );
      const preparation = await scene.drive(action.prepare(scene.context, recovery));
      if (preparation.status !== 'ready') throw new Error('not ready');
      const { baseline } = preparation;
      await scene.drive(Promise.resolve(action.act?.(scene.context, recovery, baseline)));
      await scene.wait(200);
      const early = await scene.drive(action.observe(scene.context, recovery, baseline));
      expect(early.status).toBe('pending');
      await scene.wait(500);
      const seen = await scene.drive(action.observe(scene.context, recovery, baseline));
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [
          {
            what: expect.stringMatching(
              /exceeded its progress deadline.*not ready \(containers with unready status: \[app\]; readiness probe: no database answers at gone.example\)/,
            ),
          },
        ],
      });
      expect(cluster?.deployments[0]?.pods.some(pod => pod.ready)).toBe(false);
    }));

  it('notices that something else replaced the pod template', () =>
    inWorld(async scene => {
      const baseline = await begin(scene);
      deploymentOf(scene).annotations = {};
      const early = await scene.drive(action.observe(scene.context, parameters, baseline));
      expect(early).toEqual({ status: 'pending', note: 'the cluster does not show the restart yet' });
      const later = { ...scene.context, elapsedSeconds: 60 };
      const seen = await scene.drive(action.observe(later, parameters, baseline));
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('Something replaced the pod template') }],
      });
    }));

  it('refuses a paused deployment', async () => {
    const body = {
      metadata: { name: 'shop-app', generation: 1 },
      spec: { replicas: 3, paused: true, selector: { matchLabels: { app: 'shop-app' } }, template: {} },
    };
    await inWorld(async scene => {
      const context = { ...scene.context, kubernetes: async () => ({ status: 200, body }) };
      const preparation = await action.prepare(context, parameters);
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: 'Deployment shop-app is paused, so it would take no restart.' }],
      });
    });
  });
});
