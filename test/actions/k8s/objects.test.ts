import { createHash } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { action as apply } from '../../../shared/actions/k8s/apply.ts';
import { action as createNamespace } from '../../../shared/actions/k8s/create-namespace.ts';
import { action as remove } from '../../../shared/actions/k8s/delete.ts';
import { action as suspend } from '../../../shared/actions/k8s/suspend-cronjobs.ts';
import type { JsonObject } from '../../../shared/json.ts';
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
const configMap = (value: string, namespace = 'shop') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data: { value },
});
const deployment = (name: string, namespace = 'shop') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'x:1' }] } },
  },
});
const namespaceObject = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

describe('k8s.apply', () => {
  it('applies what depends on nothing first, and is done when what it starts runs', () =>
    inCluster(async scene => {
      const objects = [deployment('web', 'fresh'), configMap('1', 'fresh'), namespaceObject('fresh')];
      const { seen } = await perform(scene, apply, { cluster, objects });
      expect(seen).toMatchObject({ status: 'done', outputs: { applied: 3, made: 3 } });
      expect(scene.workload('web').pods.map(pod => pod.ready)).toEqual([true]);
      expect(scene.changes.map(({ resource }) => resource)).toEqual([
        'shop-dr/Namespace/fresh',
        'shop-dr/fresh/ConfigMap/settings',
        'shop-dr/fresh/Deployment/web',
      ]);
    }));

  it('says why pods of a workload are not there yet', () =>
    inCluster(async scene => {
      const web = deployment('web');
      const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'absent', key: 'key' } } }];
      web.spec.template.spec.containers = [{ name: 'main', image: 'x:1', env } as never];
      const parameters = { cluster, objects: [web] };
      const baseline = await begin(scene, apply, parameters);
      await scene.wait(120);
      expect(await scene.drive(apply.observe(scene.context, given(apply, parameters), baseline))).toEqual({
        status: 'pending',
        note: 'Deployment shop/web: 0 of 1 new pods available; 1 pod CreateContainerConfigError (secret "absent" not found)',
      });
    }));

  it('undoes by deleting what it made and putting back what it replaced', () =>
    inCluster(async scene => {
      await perform(scene, apply, { cluster, objects: [configMap('before')] });
      const mine = { ...scene.context, step: { ...scene.context.step, id: 'second' } };
      const second = { ...scene, context: mine };
      const parameters = { cluster, objects: [configMap('after'), deployment('web')] };
      const { seen, baseline } = await perform(second, apply, parameters);
      expect(seen).toMatchObject({ outputs: { applied: 2, made: 1 } });
      expect(await undo(second, apply, parameters, baseline)).toMatchObject({ status: 'done' });
      expect(scene.object('v1', 'configmaps', 'settings')?.data).toEqual({ value: 'before' });
      expect(() => scene.workload('web')).toThrow('no workload');
    }));

  it('goes on after a lost reply, and undo still knows what was there before the first attempt', () =>
    inCluster(
      async scene => {
        const parameters = { cluster, objects: [configMap('1'), deployment('web')] };
        const { seen, baseline } = await perform(scene, apply, parameters, { lostReplies: 1 });
        expect(seen).toMatchObject({ status: 'done', outputs: { made: 2 } });
        await undo(scene, apply, parameters, baseline);
        expect(scene.object('v1', 'configmaps', 'settings')).toBeUndefined();
      },
      // The first two are the server's trial in prepare.
      { faults: faultsOf({ 'kubernetes.PatchDeployment': [undefined as never, 'lost-reply'] }) },
    ));

  it('refuses Secrets, the same object twice, and what the server would refuse', () =>
    inCluster(async scene => {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' } };
      const say = (objects: object[]) => refusalOf(scene, apply, { cluster, objects });
      expect(await say([secret])).toContain('k8s.create-secret');
      expect(await say([configMap('1'), configMap('2')])).toContain('twice');
      const empty = { ...deployment('web'), spec: { template: {} } };
      expect(await say([empty])).toContain('would refuse Deployment shop/web');
      expect(scene.changes).toEqual([]);
    }));

  it('puts a test into its own namespace, and nothing into the whole cluster', () =>
    inCluster(async scene => {
      await perform(scene, createNamespace, { cluster, name: 'trial' });
      const parameters = { cluster, objects: [deployment('web')], rewriteNamespace: 'trial' };
      await perform(scene, apply, parameters);
      expect(scene.workload('web').namespace).toBe('trial');
      const whole = { ...parameters, objects: [namespaceObject('other')] };
      expect(await refusalOf(scene, apply, whole)).toContain('whole cluster');
    }));

  describe('from a bundle', () => {
    const text = `${JSON.stringify(configMap('1'))}\n---\n${JSON.stringify({ kind: 'List', items: [deployment('web')] })}\n`;
    const sha256 = createHash('sha256').update(text).digest('hex');
    const bundle = { bucket: 'lifeboat-shop-reports', key: 'shop.yaml', region: 'ap-southeast-4', sha256 };
    const put = ({ drive, context }: K8sScene, Body = text) =>
      drive(
        context.aws
          .client(S3Client, 'ap-southeast-4')
          .send(new PutObjectCommand({ Bucket: bundle.bucket, Key: bundle.key, Body })),
      );

    it('applies all documents and lists of the file', () =>
      inCluster(async scene => {
        await put(scene);
        const { seen } = await perform(scene, apply, { cluster, bundle });
        expect(seen).toMatchObject({ status: 'done', outputs: { applied: 2 } });
      }));

    it('refuses another file than the one that the plan names', () =>
      inCluster(async scene => {
        await put(scene, `${text}# changed`);
        await expect(prepare(scene, apply, { cluster, bundle })).rejects.toThrow('is not the file');
      }));

    it('may read this file only', () => {
      const parameters = apply.parameters.parse({ cluster, bundle }) as never;
      const permissions = apply.permissions(parameters, { primary: 'a', recovery: 'b' });
      expect(permissions.flatMap(({ resources }) => resources)).toContain(
        'arn:${AWS::Partition}:s3:::lifeboat-shop-reports/shop.yaml',
      );
    });
  });
});

describe('k8s.delete', () => {
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    namespace: 'shop',
    name: 'shop',
  };
  const parameters = { cluster, objects: [ingress] };
  const read = (scene: K8sScene) => scene.object(ingress.apiVersion, 'ingresses', 'shop');

  it.each([0, 1])(
    'keeps the manifest first, and undo makes the object again (%i replies lost)',
    lostReplies =>
      inCluster(
        async scene => {
          const before = read(scene)?.spec;
          const { seen, baseline } = await perform(scene, remove, parameters, { lostReplies });
          expect(seen).toMatchObject({ status: 'done', outputs: { deleted: ['Ingress shop/shop'] } });
          expect(read(scene)).toBeUndefined();
          expect(await undo(scene, remove, parameters, baseline)).toMatchObject({ status: 'done' });
          expect(read(scene)?.spec).toEqual(before);
        },
        { faults: faultsOf({ 'kubernetes.DeleteIngress': lostReplies ? ['lost-reply'] : [] }) },
      ),
  );

  it('names the finalizer that holds an object', () =>
    inCluster(async scene => {
      const body = read(scene) as { metadata: JsonObject };
      body.metadata.finalizers = ['ingress.k8s.aws/resources'];
      const baseline = await begin(scene, remove, parameters);
      const input = remove.parameters.parse(parameters);
      const seen = await scene.drive(remove.observe(scene.context, input, baseline));
      expect(seen).toEqual({
        status: 'pending',
        note: 'Ingress shop/shop is still there, held by ingress.k8s.aws/resources',
      });
    }));

  it.each([
    ['Secret', 'v1', 'shop-keys', 'k8s.delete-secret'],
    ['Namespace', 'v1', 'shop', 'not made by this run'],
  ])('does not delete a %s', (kind, apiVersion, name, why) =>
    inCluster(async scene => {
      const object =
        kind === 'Secret' ? { apiVersion, kind, namespace: 'shop', name } : { apiVersion, kind, name };
      expect(await refusalOf(scene, remove, { cluster, objects: [object] })).toContain(why);
    }),
  );

  it('has nothing to do when the object is gone', () =>
    inCluster(async scene => {
      const objects = [{ ...ingress, name: 'other' }];
      expect(await prepare(scene, remove, { cluster, objects })).toMatchObject({ status: 'already-done' });
    }));
});

describe('k8s.create-namespace', () => {
  const parameters = { cluster, name: 'shop-test' };
  const read = (scene: K8sScene) => scene.object('v1', 'namespaces', 'shop-test');

  it.each([0, 1])('makes it, and undo takes it away with all that is in it (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const { seen, baseline } = await perform(scene, createNamespace, parameters, { lostReplies });
        expect(seen).toMatchObject({ status: 'done', outputs: { made: true } });
        await perform(scene, apply, { cluster, objects: [configMap('1', 'shop-test')] });
        expect(await undo(scene, createNamespace, parameters, baseline)).toMatchObject({ status: 'done' });
        expect(read(scene)).toBeUndefined();
        expect(scene.cluster.objects.some(({ plural }) => plural === 'configmaps')).toBe(false);
      },
      { faults: faultsOf({ 'kubernetes.CreateNamespace': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('leaves one alone that was there before, also in undo', () =>
    inCluster(async scene => {
      const there = { cluster, name: 'shop' };
      expect(await prepare(scene, createNamespace, there)).toMatchObject({
        status: 'already-done',
        outputs: { made: false },
      });
      expect(await undo(scene, createNamespace, there, {})).toMatchObject({ status: 'done' });
      expect(scene.object('v1', 'namespaces', 'shop')).toBeDefined();
    }));

  it('refuses one that is still being deleted', () =>
    inCluster(async scene => {
      const { baseline } = await perform(scene, createNamespace, parameters);
      await scene.drive(
        Promise.resolve(createNamespace.undo?.(scene.context, parameters as never, baseline, {})),
      );
      expect(await refusalOf(scene, createNamespace, parameters)).toContain('Terminating');
    }));
});

describe('k8s.suspend-cronjobs', () => {
  const parameters = { cluster, namespace: 'shop' };
  const suspended = (scene: K8sScene) =>
    (scene.object('batch/v1', 'cronjobs', 'cleanup')?.spec as JsonObject | undefined)?.suspend;

  it.each([0, 1])('suspends all that run, and undo lets the same run again (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const { seen, baseline } = await perform(scene, suspend, parameters, { lostReplies });
        expect(seen).toMatchObject({ status: 'done', outputs: { changed: ['cleanup'] } });
        expect(suspended(scene)).toBe(true);
        expect(await prepare(scene, suspend, parameters)).toMatchObject({ status: 'already-done' });
        expect(await undo(scene, suspend, parameters, baseline)).toMatchObject({ status: 'done' });
        expect(suspended(scene)).toBe(false);
      },
      { faults: faultsOf({ 'kubernetes.PatchCronJob': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('refuses a name that is not there', () =>
    inCluster(async scene => {
      expect(await refusalOf(scene, suspend, { ...parameters, names: ['clean'] })).toContain(
        'no CronJob clean',
      );
    }));
});
