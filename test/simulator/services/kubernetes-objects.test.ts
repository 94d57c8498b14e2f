import { describe, expect, it } from 'vitest';
import { action as scale } from '../../../shared/actions/k8s/scale.ts';
import type { Json } from '../../../shared/json.ts';
import { service as kubernetes } from '../../../simulator/services/kubernetes.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { inCluster, type K8sScene, parts, perform } from '../../actions/k8s/k8s-world.ts';

const send = (scene: K8sScene, method: 'GET' | 'PUT' | 'PATCH' | 'POST', path: string, body?: Json) =>
  scene.drive(scene.context.kubernetes(parts.app, { method, path, body }));
const ready = (scene: K8sScene) => scene.workload('shop-app').pods.filter(pod => pod.ready).length;
const crash = { type: 'failure', cause: 'crash', component: parts.app as never } as const;

describe('simulated workloads', () => {
  it('are Ready only while what they use answers, and a database in the cluster answers while its pod is Ready', () =>
    inCluster(async scene => {
      const { app } = scene.world.plan.components;
      if (app?.type === 'k8s-deployment') app.uses = ['database'];
      const { host } = parts.database.database;
      const up = () => appDependencies(scene.world).databaseAt(host);
      expect(up()).toEqual({ writable: true });
      await perform(scene, scale, { deployment: parts.database, replicas: 0 });
      expect(up()).toBeUndefined();
      await scene.wait(60);
      expect(ready(scene)).toBe(0);
      await perform(scene, scale, { deployment: parts.database, replicas: 1 });
      await scene.wait(30);
      expect(ready(scene)).toBe(2);
    }));

  it.each([
    [true, 2],
    [false, 0],
  ])('run again by themselves after a crash only if they heal (selfHealing: %s)', (selfHealing, wanted) =>
    inCluster(async scene => {
      const holds = kubernetes.strike?.(scene.world, { ...crash, selfHealing });
      await scene.wait(40);
      expect(ready(scene)).toBeLessThan(2);
      await scene.wait(300);
      expect(ready(scene)).toBe(wanted);
      expect(holds?.()).toBe(!selfHealing);
    }),
  );
});

describe('simulated API server', () => {
  it('refuses to overwrite what was changed since it was read', () =>
    inCluster(async scene => {
      const path = '/api/v1/namespaces/shop/secrets/shop-keys';
      const { body } = await send(scene, 'GET', path);
      expect((await send(scene, 'PUT', path, body)).status).toBe(200);
      expect((await send(scene, 'PUT', path, body)).status).toBe(409);
    }));

  it('keeps the status of an object that is written anew: only controllers write it', () =>
    inCluster(async scene => {
      const path = '/api/v1/namespaces/fresh';
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } };
      await send(scene, 'POST', '/api/v1/namespaces', object);
      await send(scene, 'PUT', path, { ...object, status: { phase: 'Terminating' } });
      await send(scene, 'PUT', path, object);
      expect((await send(scene, 'GET', path)).body).toMatchObject({ status: { phase: 'Active' } });
    }));

  it('lets Velero say when a backup began and ends, and remove it when its time is over', () =>
    inCluster(async scene => {
      const backups = '/apis/velero.io/v1/namespaces/velero/backups';
      const make = (name: string, ttl: string) =>
        send(scene, 'POST', backups, {
          apiVersion: 'velero.io/v1',
          kind: 'Backup',
          metadata: { name, namespace: 'velero' },
          spec: { includedNamespaces: ['shop'], ttl },
        });
      await make('short', '2h0m0s');
      const begun = scene.world.now().toISOString();
      await scene.wait(3600);
      expect((await send(scene, 'GET', `${backups}/short`)).body).toMatchObject({
        status: { phase: 'Completed', startTimestamp: begun },
      });
      await scene.wait(3601);
      await make('next', '2h0m0s');
      expect((await send(scene, 'GET', `${backups}/short`)).status).toBe(404);
    }));

  it('says what a group serves, and that another one is not there', () =>
    inCluster(async scene => {
      const served = await send(scene, 'GET', '/apis/velero.io/v1');
      expect(served.body).toMatchObject({
        resources: expect.arrayContaining([{ name: 'backups', kind: 'Backup', namespaced: true }]),
      });
      expect((await send(scene, 'GET', '/apis/other.example/v1')).status).toBe(404);
    }));

  it('takes no object into a namespace that is not there, and none twice', () =>
    inCluster(async scene => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
      const at = (namespace: string) =>
        send(scene, 'POST', `/api/v1/namespaces/${namespace}/configmaps`, object);
      expect((await at('other')).status).toBe(404);
      expect((await at('shop')).status).toBe(201);
      expect((await at('shop')).status).toBe(409);
    }));
});
