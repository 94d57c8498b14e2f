import { describe, expect, it } from 'vitest';
import type { KubernetesRequest } from '../../../shared/ports.ts';
import {
  findCluster,
  onPodsReady,
  type ReadyPods,
  type SimulatedDeployment,
} from '../../../simulator/kubernetes/cluster.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { components } from '../../support/compute-plan.ts';
import { faultsOf, inWorld, type Scene } from '../../support/compute-world.ts';

const access = { cluster: 'shop-dr', region: 'ap-southeast-4' };
const path = '/apis/apps/v1/namespaces/shop/deployments/shop-app';
const get: KubernetesRequest = { method: 'GET', path };

function scale(scene: Scene, replicas: number, to = access) {
  return scene.drive(
    scene.context.kubernetes(to, { method: 'PATCH', path: `${path}/scale`, body: { spec: { replicas } } }),
  );
}

function deploymentOf({ world }: Scene): SimulatedDeployment {
  const [deployment] = findCluster(world, access.cluster, access.region)?.deployments ?? [];
  if (!deployment) throw new Error('no deployment');
  return deployment;
}

const readyOf = (scene: Scene) => deploymentOf(scene).pods.filter(pod => pod.ready).length;

describe('simulated Kubernetes', () => {
  it('runs the application in the primary region and none in the recovery region', () =>
    inWorld(async scene => {
      const primary = { cluster: 'shop-production', region: 'ap-southeast-2' };
      const running = await scene.drive(scene.context.kubernetes(primary, get));
      expect(running.body).toMatchObject({ spec: { replicas: 3 }, status: { readyReplicas: 3 } });
      const standby = await scene.drive(scene.context.kubernetes(access, get));
      expect(standby.body).toMatchObject({ spec: { replicas: 0 } });
      expect(standby.body).not.toHaveProperty('status.readyReplicas');
    }));

  it('puts two pods on a node and leaves the third pending until there is another node', () =>
    inWorld(async scene => {
      await scale(scene, 3);
      await scene.wait(120);
      expect(readyOf(scene)).toBe(2);
      const list = await scene.drive(
        scene.context.kubernetes(access, {
          method: 'GET',
          path: '/api/v1/namespaces/shop/pods?labelSelector=app%3Dshop-app',
        }),
      );
      const conditions = {
        conditions: expect.arrayContaining([expect.objectContaining({ reason: 'Unschedulable' })]),
      };
      expect(list.body).toMatchObject({ items: [{}, {}, { status: { phase: 'Pending', ...conditions } }] });
      findCluster(scene.world, access.cluster, access.region)?.nodes.push({
        name: 'new',
        nodegroup: 'general',
        ready: true,
        leaving: false,
      });
      await scale(scene, 4);
      await scene.wait(120);
      expect(readyOf(scene)).toBe(4);
    }));

  it('starts pods whose database does not answer, but they are ready only when it does', () =>
    inWorld(async scene => {
      const dependencies = appDependencies(scene.world);
      dependencies.secretValue = () => '{"DATABASE_URL":"postgresql://app:pw@new.example/shop"}';
      let up = false;
      dependencies.databaseAt = host => (up && host === 'new.example' ? { writable: true } : undefined);
      await scale(scene, 2);
      await scene.wait(300);
      expect(deploymentOf(scene).pods.map(pod => pod.phase)).toEqual(['Running', 'Running']);
      expect(readyOf(scene)).toBe(0);
      up = true;
      scene.world.changed('rds/new', 'The database is available');
      await scene.wait(11);
      expect(readyOf(scene)).toBe(2);
      up = false;
      scene.world.changed('rds/new', 'The database is gone');
      await scene.wait(29);
      expect(readyOf(scene)).toBe(2);
      await scene.wait(2);
      expect(readyOf(scene)).toBe(0);
    }));

  it('keeps the database that a pod read at its start until the pod is restarted', () =>
    inWorld(async scene => {
      const dependencies = appDependencies(scene.world);
      let host = 'old.example';
      dependencies.secretValue = () => `postgresql://app:pw@${host}/shop`;
      dependencies.databaseAt = at => (at === 'new.example' ? { writable: true } : undefined);
      await scale(scene, 1);
      await scene.wait(120);
      host = 'new.example';
      scene.world.changed('secret/shop', 'The secret names the new database');
      await scene.wait(600);
      expect(readyOf(scene)).toBe(0);
      await scene.drive(
        scene.context.kubernetes(access, {
          method: 'PATCH',
          path,
          contentType: 'application/strategic-merge-patch+json',
          body: { spec: { template: { metadata: { annotations: { restartedAt: 'now' } } } } },
        }),
      );
      await scene.wait(120);
      expect(readyOf(scene)).toBe(1);
    }));

  it('tells hooks which pods are ready, at once and at every change', () =>
    inWorld(async scene => {
      const told: ReadyPods[] = [];
      onPodsReady(scene.world, ready => told.push(ready));
      expect(new Map(told.map(({ cluster, addresses }) => [cluster, addresses.length]))).toEqual(
        new Map([
          ['shop-production', 3],
          ['shop-dr', 0],
        ]),
      );
      await scale(scene, 2);
      await scene.wait(120);
      await scale(scene, 0);
      await scene.wait(120);
      expect(told.slice(2).map(({ addresses }) => addresses.length)).toEqual([1, 2, 1, 0]);
    }));

  it('moves pods off nodes that leave', () =>
    inWorld(async scene => {
      await scale(scene, 2);
      await scene.wait(120);
      const cluster = findCluster(scene.world, access.cluster, access.region);
      const [node] = cluster?.nodes ?? [];
      if (!cluster || !node) throw new Error('no node');
      cluster.nodes.push({ ...node, name: 'other' });
      node.leaving = true;
      await scale(scene, 1);
      await scene.wait(120);
      expect(deploymentOf(scene).pods.map(pod => [pod.node, pod.ready])).toEqual([['other', true]]);
    }));

  it('does not answer from a lost region, and that takes ten seconds of virtual time at most', () =>
    inWorld(async scene => {
      scene.world.loseRegion('ap-southeast-4');
      const before = Date.now();
      await expect(scene.drive(scene.context.kubernetes(access, get))).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
      });
      expect(Date.now() - before).toBe(10_000);
    }));

  it.each([
    // A request is made three times when there is no room for it.
    ['throttle', 'ThrottledError', 3],
    ['error5xx', 'ServiceUnavailableError', 1],
    ['timeout', 'ServiceUnavailableError', 1],
  ] as const)('answers the fault %s as the real transport would', (fault, name, times) =>
    inWorld(
      async scene => {
        await expect(scene.drive(scene.context.kubernetes(access, get))).rejects.toMatchObject({ name });
        expect(await scene.drive(scene.context.kubernetes(access, get))).toMatchObject({ status: 200 });
        expect(scene.world.calls.get('kubernetes.GetDeployment')).toBe(times + 1);
      },
      { faults: faultsOf({ 'kubernetes.GetDeployment': Array(times).fill(fault) }) },
    ),
  );

  it('rejects a cluster that the plan does not know and a patch that is none', () =>
    inWorld(async scene => {
      const other = { ...access, cluster: 'other' };
      await expect(scene.drive(scene.context.kubernetes(other, get))).rejects.toMatchObject({
        name: 'RequestRejectedError',
      });
      const bad: KubernetesRequest = { method: 'PATCH', path: `${path}/scale`, body: { spec: {} } };
      await expect(scene.drive(scene.context.kubernetes(access, bad))).rejects.toMatchObject({
        name: 'RequestRejectedError',
        message: expect.stringContaining('400'),
      });
    }));

  it('answers 404 for what is not there', () =>
    inWorld(async scene => {
      const unknown: KubernetesRequest = { method: 'GET', path: path.replace('shop-app', 'other') };
      expect(await scene.drive(scene.context.kubernetes(components.app, unknown))).toMatchObject({
        status: 404,
      });
    }));
});
