import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../../shared/actions/contract.ts';
import { action as events } from '../../../shared/actions/k8s/events.ts';
import { action as get } from '../../../shared/actions/k8s/get.ts';
import { action as logs } from '../../../shared/actions/k8s/logs.ts';
import { action as top } from '../../../shared/actions/k8s/top.ts';
import { readKeptFile } from '../../../shared/aws/kept-files.ts';
import { storeObject } from '../../../simulator/kubernetes/store.ts';
import { given, inCluster, type K8sScene, parts } from './k8s-world.ts';

const cluster = parts.cluster;
const look = (scene: K8sScene, action: Action, parameters: object) =>
  scene.drive(action.observe(scene.context, given(action, parameters), {}));
const kept = (scene: K8sScene, name: string) => scene.drive(readKeptFile(scene.context, name));

describe('k8s.get', () => {
  it('counts what is Ready, not what is Running, and leaves ended Jobs out', () =>
    inCluster(async scene => {
      const [pod] = scene.workload('shop-app').pods;
      if (pod) pod.ready = false;
      const parameters = { cluster, namespaces: ['shop'] };
      expect(await look(scene, get, parameters)).toMatchObject({
        status: 'done',
        outputs: { api: 'up', healthy: false, readyNodes: 4, readyPods: 2, unreadyPods: 1 },
      });
      const waiting = await look(scene, get, { ...parameters, expect: 'healthy' });
      expect(waiting).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('2 of 3 pods are Ready'),
      });
    }));

  it('says which objects are missing that have to be there', () =>
    inCluster(async scene => {
      const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' };
      const parameters = { cluster, namespaces: ['shop'], objects: [object] };
      expect(await look(scene, get, parameters)).toMatchObject({
        outputs: { healthy: false, problems: 'there is no ConfigMap shop/settings' },
      });
      storeObject(scene.world, scene.cluster, 'configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings', namespace: 'shop' },
      });
      expect(await look(scene, get, parameters)).toMatchObject({
        outputs: { healthy: true, problems: '' },
        evidence: [{ what: expect.stringContaining('; 1 of 1 objects are there') }],
      });
    }));

  it('does not call an empty namespace healthy', () =>
    inCluster(async scene => {
      expect(await look(scene, get, { cluster, namespaces: ['other'] })).toMatchObject({
        outputs: { healthy: false, problems: 'no pod runs in namespace other' },
      });
    }));
});

describe('k8s.logs', () => {
  it('keeps the logs of all pods, also of the container before, each with its hash', () =>
    inCluster(async scene => {
      const [pod] = scene.workload('shop-app').pods;
      if (pod) pod.restarts = 1;
      const parameters = { cluster, namespace: 'shop', contains: 'fatal' };
      expect(await look(scene, logs, parameters)).toMatchObject({
        outputs: { files: 4, pods: 3, matches: 1 },
      });
      const text = (await kept(scene, 'shop-app-1-1.app.previous.log')) ?? '';
      expect(text).toContain('fatal: the process ends');
      const manifest = JSON.parse((await kept(scene, 'manifest.json')) ?? '{}');
      const sha256 = createHash('sha256').update(text).digest('hex');
      expect(manifest.files).toContainEqual(
        expect.objectContaining({ name: 'shop-app-1-1.app.previous.log', sha256 }),
      );
    }));

  it('says which pods it could not read, and fails when there is nothing at all', () =>
    inCluster(async scene => {
      const [pod] = scene.workload('shop-app').pods;
      if (pod) pod.phase = 'Starting';
      const seen = await look(scene, logs, { cluster, namespace: 'shop' });
      expect(JSON.stringify(seen)).toContain('is waiting to start');
      expect(await look(scene, logs, { cluster, namespace: 'other' })).toMatchObject({ status: 'failed' });
    }));
});

describe('k8s.events', () => {
  it('keeps what happened in the last hour, and no longer', () =>
    inCluster(async scene => {
      const [pod] = scene.workload('shop-app').pods;
      const path = `/api/v1/namespaces/shop/pods/${pod?.name}`;
      await scene.drive(scene.context.kubernetes(parts.app, { method: 'DELETE', path }));
      await scene.wait(120);
      const parameters = { cluster, namespace: 'shop', reason: 'Killing' };
      expect(await look(scene, events, parameters)).toMatchObject({ outputs: { count: 1, warnings: 0 } });
      expect(await kept(scene, 'events.json')).toContain('Stopping container app');
      await scene.wait(3600);
      expect(await look(scene, events, parameters)).toMatchObject({ outputs: { count: 0 } });
    }));
});

describe('k8s.top', () => {
  it('adds up what nodes or pods use', () =>
    inCluster(async scene => {
      expect(await look(scene, top, { cluster })).toMatchObject({ outputs: { available: true, count: 4 } });
      const pods = await look(scene, top, { cluster, namespace: 'shop' });
      expect(pods).toMatchObject({
        outputs: { count: 3, busiest: expect.stringMatching(/shop-app|timescaledb/) },
      });
    }));

  it('takes the absence of a metrics server for an answer', () =>
    inCluster(async scene => {
      const context = { ...scene.context, kubernetes: async () => ({ status: 404, body: null }) };
      const seen = await top.observe(context, top.parameters.parse({ cluster }), {});
      expect(seen).toMatchObject({ status: 'done', outputs: { available: false } });
    }));
});
