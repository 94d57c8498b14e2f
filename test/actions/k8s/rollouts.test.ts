import { describe, expect, it } from 'vitest';
import { action as autoscale } from '../../../shared/actions/k8s/autoscale.ts';
import { action as patch } from '../../../shared/actions/k8s/patch.ts';
import { action as restart } from '../../../shared/actions/k8s/rollout-restart.ts';
import { action as rolloutStatus } from '../../../shared/actions/k8s/rollout-status.ts';
import { action as scale } from '../../../shared/actions/k8s/scale.ts';
import { action as setEnv } from '../../../shared/actions/k8s/set-env.ts';
import { action as setImage } from '../../../shared/actions/k8s/set-image.ts';
import { action as wait } from '../../../shared/actions/k8s/wait.ts';
import { storeObject } from '../../../simulator/kubernetes/store.ts';
import { service as kubernetes } from '../../../simulator/services/kubernetes.ts';
import { faultsOf } from '../../support/compute-world.ts';
import { inCluster, type K8sScene, parts, perform, prepare, refusalOf, undo } from './k8s-world.ts';

const image = 'registry.example/shop@sha256:2222222222222222222222222222222222222222222222222222222222222222';
const envOf = (scene: K8sScene, name = 'shop-app') =>
  scene
    .workload(name)
    .pods.filter(pod => pod.phase === 'Running')
    .map(pod => pod.env);

/** What each of these does to the workload, and how to see in its pods that it is in effect. */
const changes = [
  {
    name: 'k8s.set-image',
    action: setImage,
    parameters: { workload: parts.app, image },
    inEffect: (scene: K8sScene) =>
      scene
        .workload('shop-app')
        .pods.every(pod => pod.phase === 'Ending' || (pod.image === image && pod.ready)),
  },
  {
    name: 'k8s.set-env',
    action: setEnv,
    parameters: { workload: parts.app, env: { TRADING_ENABLED: 'false' } },
    inEffect: (scene: K8sScene) => envOf(scene).every(env => env?.TRADING_ENABLED === 'false'),
  },
  {
    name: 'k8s.patch',
    action: patch,
    parameters: {
      cluster: parts.cluster,
      object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'shop-app' },
      type: 'strategic',
      patch: {
        spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'A', value: '1' }] }] } } },
      },
    },
    inEffect: (scene: K8sScene) => envOf(scene).every(env => env?.A === '1'),
  },
];

describe.each(changes)('$name', ({ action, parameters, inEffect }) => {
  it('is done when every pod runs with the change, and undo brings back what was before', () =>
    inCluster(async scene => {
      const before = [scene.workload('shop-app').image, envOf(scene)];
      const { seen, baseline } = await perform(scene, action, parameters);
      expect(seen).toMatchObject({ status: 'done' });
      expect(inEffect(scene)).toBe(true);
      expect(await prepare(scene, action, parameters)).toMatchObject({ status: 'already-done' });
      expect(await undo(scene, action, parameters, baseline)).toMatchObject({ status: 'done' });
      await scene.wait(60);
      expect([scene.workload('shop-app').image, envOf(scene)]).toEqual(before);
    }));

  it('rolls out once when the reply is lost', () =>
    inCluster(
      async scene => {
        const { revision } = scene.workload('shop-app');
        const { seen } = await perform(scene, action, parameters, { lostReplies: 1 });
        expect(seen).toMatchObject({ status: 'done' });
        expect(scene.workload('shop-app').revision).toBe(revision + 1);
      },
      { faults: faultsOf({ 'kubernetes.PatchDeployment': ['lost-reply'] }) },
    ));

  it('refuses what is not there, and production in a drill', () =>
    inCluster(
      async scene => {
        const workload = { ...parts.app, name: 'other' };
        const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'other' };
        const missing = 'workload' in parameters ? { ...parameters, workload } : { ...parameters, object };
        expect(await refusalOf(scene, action, missing)).toMatch(/There is no/);
        const production =
          'workload' in parameters
            ? { ...parameters, workload: parts.primaryApp }
            : { ...parameters, cluster: parts.primaryCluster };
        expect(await refusalOf(scene, action, production)).toMatch(/This is a drill/);
        expect(scene.changes).toEqual([]);
      },
      { mode: 'drill' },
    ));
});

describe('k8s.set-image', () => {
  it('fails with the reason when the new image never becomes ready', () =>
    inCluster(async scene => {
      scene.workload('shop-app').badImages = [image];
      const { seen } = await perform(scene, setImage, { workload: parts.app, image });
      expect(JSON.stringify(seen)).toMatch(/exceeded its progress deadline.*CrashLoopBackOff/);
    }));

  it('ends a bad release by going back to the image that the plan knows to be good', () =>
    inCluster(async scene => {
      const holds = kubernetes.strike?.(scene.world, {
        type: 'failure',
        cause: 'bad-release',
        selfHealing: false,
        component: parts.app as never,
      });
      await scene.wait(60);
      expect(holds?.()).toBe(true);
      const { seen } = await perform(scene, setImage, { workload: parts.app, image: parts.app.image });
      expect(seen).toMatchObject({ outputs: { previousImage: 'registry.example/shop:next' } });
      expect(holds?.()).toBe(false);
    }));

  it('says that a tag is no promise', () =>
    inCluster(async scene => {
      const preparation = await prepare(scene, setImage, {
        workload: parts.app,
        image: 'registry.example/shop:v2',
      });
      expect(JSON.stringify(preparation.evidence)).toContain('names no digest');
    }));
});

describe('k8s.set-env', () => {
  it('refuses a connection string with a password in it', () =>
    inCluster(async scene => {
      const env = { DATABASE_URL: 'postgres://app:hunter2@db.example/shop' };
      const said = await refusalOf(scene, setEnv, { workload: parts.app, env });
      expect(said).toContain('DATABASE_URL');
      expect(said).not.toContain('hunter2');
    }));

  it('removes a variable, and undo sets it again', () =>
    inCluster(async scene => {
      await perform(scene, setEnv, { workload: parts.app, env: { MODE: 'normal' } });
      const remove = { workload: parts.app, env: { MODE: null } };
      const { seen, baseline } = await perform(scene, setEnv, remove);
      expect(seen).toMatchObject({ outputs: { previous: { MODE: 'normal' } } });
      expect(envOf(scene)).toEqual([{}, {}]);
      await undo(scene, setEnv, remove, baseline);
      await scene.wait(60);
      expect(envOf(scene)).toEqual([{ MODE: 'normal' }, { MODE: 'normal' }]);
    }));

  it('reads a variable from its Secret again after undo', () =>
    inCluster(async scene => {
      const env = [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'shop-keys', key: 'API_KEY' } } }];
      await perform(scene, patch, {
        cluster: parts.cluster,
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'shop-app' },
        type: 'strategic',
        patch: { spec: { template: { spec: { containers: [{ name: 'app', env }] } } } },
      });
      const given = { workload: parts.app, env: { API_KEY: 'none' } };
      const { baseline } = await perform(scene, setEnv, given);
      expect(envOf(scene)).toEqual([{ API_KEY: 'none' }, { API_KEY: 'none' }]);
      await undo(scene, setEnv, given, baseline);
      await scene.wait(60);
      expect(envOf(scene)).toEqual([{ API_KEY: 'first-API_KEY' }, { API_KEY: 'first-API_KEY' }]);
    }));
});

describe('k8s.scale of a stateful set', () => {
  it('is done at 0 when no pod is left, and tells how many there were', () =>
    inCluster(async scene => {
      const { seen } = await perform(scene, scale, { deployment: parts.database, replicas: 0 });
      expect(seen).toMatchObject({ status: 'done', outputs: { previousReplicas: 1, readyReplicas: 0 } });
      expect(scene.workload('timescaledb').pods).toEqual([]);
    }));

  it('restarts its pods under their own names', () =>
    inCluster(async scene => {
      await perform(scene, scale, { deployment: parts.database, replicas: 2 });
      const { seen } = await perform(scene, restart, { deployment: parts.database });
      expect(seen).toMatchObject({ status: 'done' });
      expect(
        scene
          .workload('timescaledb')
          .pods.map(pod => pod.name)
          .sort(),
      ).toEqual(['timescaledb-0', 'timescaledb-1']);
    }));
});

describe('k8s.scale with a ramp', () => {
  const parameters = { deployment: parts.app, replicas: 6, ramp: { step: 2, every: '2m' } };

  it('adds a few pods at a time, the next ones only after the time between', () =>
    inCluster(async scene => {
      const started = Date.now();
      const { seen } = await perform(scene, scale, parameters);
      expect(seen).toMatchObject({ status: 'done', outputs: { previousReplicas: 2, readyReplicas: 6 } });
      expect(Date.now() - started).toBeGreaterThan(120_000);
      expect(scene.changes.map(({ what }) => what)).toEqual([
        'Replicas of deployment shop-app changed from 2 to 4',
        'Replicas of deployment shop-app changed from 4 to 6',
      ]);
    }));

  it('stays where it is when a container was started again', () =>
    inCluster(async scene => {
      const preparation = await prepare(scene, scale, parameters);
      if (preparation.status !== 'ready') throw new Error('not ready');
      for (const pod of scene.workload('shop-app').pods) pod.restarts = 1;
      const seen = await scene.drive(
        scale.observe(scene.context, scale.parameters.parse(parameters), preparation.baseline),
      );
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('started again 2 times') }],
      });
    }));
});

describe('k8s.autoscale', () => {
  const parameters = { workload: parts.app, min: 4, max: 8 };
  const givenAutoscaler = ({ cluster }: K8sScene) =>
    cluster.autoscalers.push({
      namespace: 'shop',
      name: 'hpa',
      deployment: 'shop-app',
      minReplicas: 1,
      maxReplicas: 5,
    });

  it('waits until the autoscaler has the pods that it wants, and undo sets its limits back', () =>
    inCluster(async scene => {
      givenAutoscaler(scene);
      const { seen, baseline } = await perform(scene, autoscale, parameters);
      expect(seen).toMatchObject({ outputs: { previousMin: 1, previousMax: 5, replicas: 4 } });
      expect(await undo(scene, autoscale, parameters, baseline)).toMatchObject({ status: 'done' });
      expect(scene.cluster.autoscalers).toMatchObject([{ minReplicas: 1, maxReplicas: 5 }]);
    }));

  it('refuses a workload that nothing scales', () =>
    inCluster(async scene => {
      expect(await refusalOf(scene, autoscale, parameters)).toContain('No HorizontalPodAutoscaler');
    }));

  it('does not wait for pods of a workload with 0 replicas', () =>
    inCluster(async scene => {
      givenAutoscaler(scene);
      await perform(scene, scale, { deployment: parts.app, replicas: 0 });
      const { seen } = await perform(scene, autoscale, parameters);
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ mend: expect.stringContaining('k8s.scale') }],
      });
    }));
});

describe('waiting', () => {
  it('k8s.rollout-status waits for a workload that is not there yet, and k8s.wait for its pods', () =>
    inCluster(async scene => {
      const app = scene.workload('shop-app');
      scene.cluster.deployments = scene.cluster.deployments.filter(other => other !== app);
      const pods = { cluster: parts.cluster, namespace: 'shop', labels: { app: 'shop-app' }, atLeast: 2 };
      setTimeout(() => scene.cluster.deployments.push(app), 30_000);
      const status = await perform(scene, rolloutStatus, { workload: parts.app });
      expect(status.notes[0]).toContain('There is no deployment shop-app');
      expect(status.seen).toMatchObject({ status: 'done', outputs: { readyReplicas: 2 } });
      const waited = await perform(scene, wait, pods);
      expect(waited.seen).toMatchObject({ status: 'done', outputs: { count: 2 } });
    }));

  it('k8s.wait does not count a pod that runs and is not Ready', () =>
    inCluster(async scene => {
      for (const pod of scene.workload('shop-app').pods) pod.ready = false;
      const parameters = wait.parameters.parse({
        cluster: parts.cluster,
        namespace: 'shop',
        labels: { app: 'shop-app' },
      });
      const seen = await scene.drive(wait.observe(scene.context, parameters, {}));
      expect(seen).toEqual({ status: 'pending', note: 'Ready holds for 0 of 2 Pod objects' });
    }));
});

describe('k8s.patch of a DaemonSet', () => {
  it('waits until the pods of all nodes are new and available', () =>
    inCluster(async scene => {
      const agent = (updated: number) => ({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'agent', namespace: 'shop', generation: 2 },
        spec: { updateStrategy: { type: 'RollingUpdate' } },
        status: {
          observedGeneration: 2,
          desiredNumberScheduled: 3,
          updatedNumberScheduled: updated,
          numberAvailable: 3,
        },
      });
      storeObject(scene.world, scene.cluster, 'daemonsets', agent(1));
      const parameters = {
        cluster: parts.cluster,
        object: { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'shop', name: 'agent' },
        patch: { spec: { minReadySeconds: 5 } },
      };
      await expect(perform(scene, patch, parameters)).rejects.toThrow('1 of 3 pods are new, 3 are available');
      storeObject(scene.world, scene.cluster, 'daemonsets', {
        ...agent(3),
        spec: { updateStrategy: { type: 'RollingUpdate' }, minReadySeconds: 5 },
      });
      expect(await prepare(scene, patch, parameters)).toMatchObject({ status: 'already-done' });
    }));
});
