import { describe, expect, it } from 'vitest';
import { action as create } from '../../../shared/actions/k8s/create-secret.ts';
import { action as remove } from '../../../shared/actions/k8s/delete-secret.ts';
import { action as setEnv } from '../../../shared/actions/k8s/patch.ts';
import { action as restart } from '../../../shared/actions/k8s/rollout-restart.ts';
import { service as kubernetes } from '../../../simulator/services/kubernetes.ts';
import { faultsOf } from '../../support/compute-world.ts';
import { inCluster, type K8sScene, parts, perform, prepare, refusalOf, undo } from './k8s-world.ts';

const parameters = { secret: parts.keys, from: 'secret:shop/keys' };

function valuesOf(scene: K8sScene): Record<string, string> | undefined {
  const data = scene.object('v1', 'secrets', 'shop-keys')?.data as Record<string, string> | undefined;
  if (!data) return undefined;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)]));
}

/** Lets the application read its key from the Secret. */
async function readFromSecret(scene: K8sScene): Promise<void> {
  const env = [{ name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'shop-keys', key: 'API_KEY' } } }];
  await perform(scene, setEnv, {
    cluster: parts.cluster,
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'shop-app' },
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name: 'app', env }] } } } },
  });
}
const keysInPods = (scene: K8sScene) =>
  scene
    .workload('shop-app')
    .pods.filter(({ phase }) => phase === 'Running')
    .map(({ env }) => env?.API_KEY);

describe('k8s.create-secret', () => {
  it.each([0, 1])('replaces the values and undo brings the old ones back (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const { seen, baseline } = await perform(scene, create, parameters, { lostReplies });
        expect(seen).toMatchObject({ status: 'done', outputs: { keys: ['API_KEY', 'EXTRA'] } });
        expect(valuesOf(scene)).toEqual({ API_KEY: 'second', EXTRA: 'more' });
        expect(await prepare(scene, create, parameters)).toMatchObject({ status: 'already-done' });
        expect(await undo(scene, create, parameters, baseline)).toMatchObject({ status: 'done' });
        expect(valuesOf(scene)).toEqual({ API_KEY: 'first-API_KEY' });
      },
      { faults: faultsOf({ 'kubernetes.ReplaceSecret': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('shows no value in evidence, outputs, changes or kept files', () =>
    inCluster(async scene => {
      const preparation = await prepare(scene, create, parameters);
      const { seen, baseline } = await perform(scene, create, parameters);
      const shown = JSON.stringify([preparation, seen, baseline, scene.changes]);
      expect(shown).not.toMatch(/second|first-|c2Vjb25k/);
    }));

  it('makes one that is not there, and undo deletes it', () =>
    inCluster(async scene => {
      const fresh = { ...parameters, secret: { ...parts.keys, name: 'fresh', keys: undefined } };
      const { baseline } = await perform(scene, create, fresh);
      expect(scene.object('v1', 'secrets', 'fresh')).toBeDefined();
      await undo(scene, create, fresh, baseline);
      expect(scene.object('v1', 'secrets', 'fresh')).toBeUndefined();
    }));

  it('refuses to leave out a key that consumers read', () =>
    inCluster(async scene => {
      const values = { OTHER: 'secret:shop/keys#EXTRA' };
      expect(await refusalOf(scene, create, { secret: parts.keys, values })).toContain('API_KEY');
    }));

  it('fails when something else writes the Secret again', () =>
    inCluster(async scene => {
      const baseline = { existed: true };
      const later = { ...scene.context, elapsedSeconds: 61 };
      const seen = await scene.drive(
        create.observe(later, create.parameters.parse(parameters) as never, baseline),
      );
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ mend: expect.stringContaining('External Secrets') }],
      });
    }));

  it('reaches running pods only when they are restarted', () =>
    inCluster(async scene => {
      await readFromSecret(scene);
      await perform(scene, create, parameters);
      expect(keysInPods(scene)).toEqual(['first-API_KEY', 'first-API_KEY']);
      await perform(scene, restart, { deployment: parts.app });
      await scene.wait(60);
      expect(keysInPods(scene)).toEqual(['second', 'second']);
    }));

  it('ends an intrusion, which deleting the Secret does not', () =>
    inCluster(async scene => {
      const component = parts.keys as never;
      const holds = kubernetes.strike?.(scene.world, { type: 'intrusion', component });
      await perform(scene, remove, { secret: parts.keys });
      expect(holds?.()).toBe(true);
      await perform(scene, create, parameters);
      expect(holds?.()).toBe(false);
    }));

  it('may read the references and keep copies, nothing else', () => {
    const permissions = create.permissions(create.parameters.parse(parameters) as never, {
      primary: 'ap-southeast-2',
      recovery: 'ap-southeast-4',
    });
    const arn = 'arn:${AWS::Partition}:secretsmanager:ap-southeast-4:${AWS::AccountId}:secret:';
    expect(permissions.slice(1).map(({ resources }) => resources)).toEqual([
      [`${arn}shop/keys-??????`],
      [`${arn}lifeboat/kept/*-??????`],
    ]);
  });
});

describe('k8s.delete-secret', () => {
  const only = { secret: parts.keys };

  it.each([0, 1])('keeps an encrypted copy first, and undo makes it again (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const { seen, baseline } = await perform(scene, remove, only, { lostReplies });
        expect(seen).toMatchObject({
          status: 'done',
          outputs: { copy: 'lifeboat/kept/20260310-3f9c1a/the-step/shop/shop-keys' },
        });
        expect(valuesOf(scene)).toBeUndefined();
        expect(await prepare(scene, remove, only)).toMatchObject({ status: 'already-done' });
        expect(await undo(scene, remove, only, baseline)).toMatchObject({ status: 'done' });
        expect(valuesOf(scene)).toEqual({ API_KEY: 'first-API_KEY' });
      },
      { faults: faultsOf({ 'kubernetes.DeleteSecret': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('refuses while a workload reads it, unless the plan accepts that', () =>
    inCluster(async scene => {
      await readFromSecret(scene);
      expect(await refusalOf(scene, remove, only)).toContain('Deployment shop-app read Secret shop-keys');
      expect(await prepare(scene, remove, { ...only, evenIfUsed: true })).toMatchObject({ status: 'ready' });
    }));

  it('refuses Secrets that are no credential of the application', () =>
    inCluster(async scene => {
      const secret = scene.object('v1', 'secrets', 'shop-keys');
      if (secret) secret.type = 'kubernetes.io/tls';
      expect(await refusalOf(scene, remove, only)).toContain('cert-manager');
    }));

  it('leaves new pods without their environment', () =>
    inCluster(async scene => {
      await readFromSecret(scene);
      await perform(scene, remove, { ...only, evenIfUsed: true });
      const pod = scene.workload('shop-app').pods.find(({ phase }) => phase === 'Running');
      await scene.drive(
        scene.context.kubernetes(parts.app, {
          method: 'DELETE',
          path: `/api/v1/namespaces/shop/pods/${pod?.name}`,
        }),
      );
      await scene.wait(120);
      expect(scene.workload('shop-app').pods.map(({ missingSecret }) => missingSecret)).toContain(
        'shop-keys',
      );
    }));
});
