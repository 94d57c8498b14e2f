import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/eks/connect.ts';
import { RequestRejectedError } from '../../../shared/errors.ts';
import { service as eks } from '../../../simulator/services/eks.ts';
import { given, inCluster, type K8sScene, parts } from '../k8s/k8s-world.ts';

const observe = (scene: K8sScene, parameters: object = {}, context = scene.context) =>
  scene.drive(action.observe(context, given(action, { cluster: parts.cluster, ...parameters }), {}));

describe('eks.connect', () => {
  it('is done when the API server is ready and lets Lifeboat in', () =>
    inCluster(async scene => {
      expect(await observe(scene)).toMatchObject({ status: 'done', outputs: { api: 'up', version: '1.34' } });
      expect(scene.world.calls.get('kubernetes.CreateSelfSubjectAccessReview')).toBe(1);
    }));

  it.each([
    ['up', { status: 'pending', note: expect.stringContaining('no answer in time') }],
    ['report', { status: 'done', outputs: { api: 'down' } }],
  ])('takes silence as %s wants it', (expected, answer) =>
    inCluster(async scene => {
      eks.strike?.(scene.world, {
        type: 'failure',
        cause: 'crash',
        selfHealing: false,
        component: parts.cluster as never,
      });
      const hasty = await observe(scene, { expect: expected });
      expect(hasty).toMatchObject({ status: 'pending' });
      const later = { ...scene.context, elapsedSeconds: 30 };
      expect(await observe(scene, { expect: expected }, later)).toMatchObject(answer);
    }),
  );

  it('fails for a cluster that is gone', () =>
    inCluster(async scene => {
      eks.strike?.(scene.world, { type: 'loss', component: parts.cluster as never });
      expect(await observe(scene)).toMatchObject({
        status: 'failed',
        reasons: [{ what: 'There is no cluster shop-dr in ap-southeast-4.' }],
      });
      // Whoever asks in order to decide gets it as an answer.
      expect(await observe(scene, { expect: 'report' })).toMatchObject({
        status: 'done',
        outputs: { api: 'missing' },
      });
    }));

  it('names what the role may not do', () =>
    inCluster(async scene => {
      const review = { status: 201, body: { status: { allowed: false } } };
      const context = {
        ...scene.context,
        kubernetes: async (_access: unknown, { path }: { path: string }) =>
          path.endsWith('reviews') ? review : { status: 200, body: 'ok' },
      };
      const rights = [{ verb: 'create', resource: 'pods/exec', namespace: 'shop' }];
      expect(await observe(scene, { rights }, context)).toMatchObject({
        status: 'failed',
        reasons: [{ what: 'In cluster shop-dr Lifeboat may not: create pods/exec in shop.' }],
      });
    }));

  it('says how to let the role in when the cluster does not know it', () =>
    inCluster(async scene => {
      const refused = new RequestRejectedError('GET /readyz was answered with 401', {
        nextStep: 'Make an access entry',
      });
      const context = { ...scene.context, kubernetes: () => Promise.reject(refused) };
      expect(await observe(scene, {}, context)).toMatchObject({
        status: 'failed',
        reasons: [{ mend: 'Make an access entry' }],
      });
    }));
});
