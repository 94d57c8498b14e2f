import { describe, expect, it } from 'vitest';
import { action as cordon } from '../../../shared/actions/k8s/cordon.ts';
import { action as deletePod } from '../../../shared/actions/k8s/delete-pod.ts';
import { action as drain } from '../../../shared/actions/k8s/drain.ts';
import { action as get } from '../../../shared/actions/k8s/get.ts';
import { RequestRejectedError } from '../../../shared/errors.ts';
import { storeObject } from '../../../simulator/kubernetes/store.ts';
import { service as eks } from '../../../simulator/services/eks.ts';
import { service as kubernetes } from '../../../simulator/services/kubernetes.ts';
import { faultsOf } from '../../support/compute-world.ts';
import {
  begin,
  given,
  inCluster,
  type K8sScene,
  parts,
  perform,
  prepare,
  refusalOf,
  undo,
} from './k8s-world.ts';

const cluster = parts.cluster;

/** The node that the first pod of the application is on. */
const busyNode = (scene: K8sScene) => scene.workload('shop-app').pods[0]?.node ?? '';
const closed = (scene: K8sScene) =>
  scene.cluster.nodes.filter(node => node.unschedulable).map(({ name }) => name);

function barePod(scene: K8sScene, name: string): void {
  storeObject(scene.world, scene.cluster, 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: 'shop-app' } },
    spec: { nodeName: busyNode(scene), containers: [{ name: 'main' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] },
  });
}

function budget(scene: K8sScene, minAvailable: number): void {
  storeObject(scene.world, scene.cluster, 'poddisruptionbudgets', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'shop-app', namespace: 'shop' },
    spec: { minAvailable, selector: { matchLabels: { app: 'shop-app' } } },
  });
}

describe('k8s.delete-pod', () => {
  it.each([0, 1])('is done when the workload has all its pods Ready again (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        kubernetes.strike?.(scene.world, {
          type: 'failure',
          cause: 'crash',
          selfHealing: false,
          component: parts.app as never,
        });
        await scene.wait(60);
        const { seen } = await perform(scene, deletePod, { workload: parts.app }, { lostReplies });
        expect(seen).toMatchObject({
          status: 'done',
          outputs: { deleted: ['shop-app-1-1', 'shop-app-1-2'], readyReplicas: 2 },
        });
        expect(await prepare(scene, deletePod, { workload: parts.app })).toMatchObject({
          status: 'already-done',
        });
      },
      { faults: faultsOf({ 'kubernetes.DeletePod': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('waits for a new pod under the same name of a stateful set', () =>
    inCluster(async scene => {
      const before = scene.workload('timescaledb').pods[0]?.uid;
      const { seen } = await perform(scene, deletePod, { workload: parts.database, pod: 'timescaledb-0' });
      expect(seen).toMatchObject({ status: 'done', outputs: { deleted: ['timescaledb-0'] } });
      expect(scene.workload('timescaledb').pods).toMatchObject([{ name: 'timescaledb-0', ready: true }]);
      expect(scene.workload('timescaledb').pods[0]?.uid).not.toBe(before);
    }));

  it('refuses a bare pod and one that is not there', () =>
    inCluster(async scene => {
      barePod(scene, 'by-hand');
      const refusal = (pod: string) => refusalOf(scene, deletePod, { workload: parts.app, pod });
      expect(await refusal('by-hand')).toContain('nothing would make it again');
      expect(await refusal('gone')).toContain('There is no pod gone');
    }));
});

describe('k8s.cordon', () => {
  it.each([0, 1])('closes nodes, and undo opens those that it closed (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const [first, second] = scene.cluster.nodes.map(({ name }) => name);
        if (scene.cluster.nodes[1]) scene.cluster.nodes[1].unschedulable = true;
        const parameters = { cluster, nodes: [first, second] };
        const { seen, baseline } = await perform(scene, cordon, parameters, { lostReplies });
        expect(seen).toMatchObject({ status: 'done', outputs: { nodes: [first, second] } });
        expect(closed(scene)).toEqual([first, second]);
        expect(await undo(scene, cordon, parameters, baseline)).toMatchObject({ status: 'done' });
        expect(closed(scene)).toEqual([second]);
      },
      { faults: faultsOf({ 'kubernetes.PatchNode': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('closes nodes that are not Ready, finds none of them well, and refuses unknown names', () =>
    inCluster(async scene => {
      const parameters = { cluster, nodes: 'not-ready' };
      expect(await prepare(scene, cordon, parameters)).toMatchObject({ status: 'already-done' });
      const [node] = scene.cluster.nodes;
      if (node) node.ready = false;
      expect((await perform(scene, cordon, parameters)).seen).toMatchObject({
        outputs: { nodes: [node?.name] },
      });
      expect(await refusalOf(scene, cordon, { cluster, nodes: ['gone'] })).toContain('has no node gone');
    }));
});

describe('k8s.drain', () => {
  it('moves all pods away, keeps the others serving, and undo opens the node', () =>
    inCluster(async scene => {
      const node = busyNode(scene);
      const parameters = { cluster, nodes: [node] };
      const { seen, baseline } = await perform(scene, drain, parameters);
      expect(seen).toMatchObject({ status: 'done', outputs: { nodes: [node] } });
      expect(scene.cluster.deployments.flatMap(({ pods }) => pods).some(pod => pod.node === node)).toBe(
        false,
      );
      await undo(scene, drain, parameters, baseline);
      expect(closed(scene)).toEqual([]);
    }));

  it('asks again while a disruption budget holds a pod, and says so', () =>
    inCluster(async scene => {
      const node = busyNode(scene);
      budget(scene, 2);
      const baseline = await begin(scene, drain, { cluster, nodes: [node] });
      const input = given(drain, { cluster, nodes: [node] });
      await scene.wait(120);
      const seen = await scene.drive(drain.observe(scene.context, input, baseline));
      expect(seen).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('a disruption budget holds shop-app'),
      });
    }));

  it('leaves pods of a namespace that is being deleted to that', () =>
    inCluster(async scene => {
      const node = busyNode(scene);
      let refusedOnce = false;
      const ending: typeof scene.context.kubernetes = (access, request) => {
        if (refusedOnce || !request.path.endsWith('/eviction'))
          return scene.context.kubernetes(access, request);
        refusedOnce = true;
        const said = 'unable to create new content in namespace shop because it is being terminated';
        return Promise.reject(new RequestRejectedError(said, { nextStep: 'Nothing.' }));
      };
      const context = { ...scene.context, kubernetes: ending };
      const { seen } = await perform({ ...scene, context }, drain, { cluster, nodes: [node] });
      expect(refusedOnce).toBe(true);
      expect(seen).toMatchObject({ status: 'done' });
    }));

  it('refuses to evict what nothing would make again', () =>
    inCluster(async scene => {
      barePod(scene, 'by-hand');
      expect(await refusalOf(scene, drain, { cluster, nodes: [busyNode(scene)] })).toContain(
        'Move it by hand',
      );
    }));
});

describe('disasters of nodes', () => {
  const look = (scene: K8sScene, elapsedSeconds = 0) =>
    scene.drive(
      get.observe({ ...scene.context, elapsedSeconds }, given(get, { cluster, namespaces: ['shop'] }), {}),
    );

  it('a zone takes its nodes along, and their pods are moved after five minutes', () =>
    inCluster(async scene => {
      const holds = kubernetes.loseZone?.(scene.world, 'ap-southeast-4', 'a');
      await scene.wait(60);
      expect(holds?.()).toBe(true);
      expect(await look(scene)).toMatchObject({ outputs: { unreadyNodes: 2, healthy: false } });
      await scene.wait(420);
      const lost = scene.cluster.nodes.filter(node => !node.ready).map(({ name }) => name);
      const on = scene.workload('shop-app').pods.map(({ node = '' }) => node);
      expect(on.some(node => lost.includes(node))).toBe(false);
    }));

  it.each([
    [true, false],
    [false, true],
  ])('nodes of a group come back by themselves only if they heal (selfHealing: %s)', (selfHealing, damaged) =>
    inCluster(async scene => {
      const component = parts.nodes as never;
      const holds = eks.strike?.(scene.world, { type: 'failure', cause: 'crash', selfHealing, component });
      await scene.wait(1200);
      expect(holds?.()).toBe(damaged);
      expect(await look(scene)).toMatchObject({ outputs: { healthy: selfHealing } });
    }),
  );

  it('a silent control plane is an answer, and what runs goes on', () =>
    inCluster(async scene => {
      const component = parts.cluster as never;
      const holds = eks.strike?.(scene.world, {
        type: 'failure',
        cause: 'crash',
        selfHealing: true,
        component,
      });
      // One request without an answer says nothing yet.
      expect(await look(scene)).toMatchObject({ status: 'pending' });
      const seen = await look(scene, 30);
      expect(seen).toMatchObject({ status: 'done', outputs: { api: 'down', healthy: false } });
      // What nobody could count is not nothing.
      expect(seen).not.toHaveProperty('outputs.unreadyPods');
      expect(scene.workload('shop-app').pods.every(({ ready }) => ready)).toBe(true);
      await scene.wait(1200);
      expect(holds?.()).toBe(false);
      expect(await look(scene)).toMatchObject({ outputs: { api: 'up', healthy: true } });
    }));
});
