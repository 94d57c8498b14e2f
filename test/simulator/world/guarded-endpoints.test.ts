import { describe, expect, it } from 'vitest';
import { findCluster } from '../../../simulator/kubernetes/cluster.ts';
import { secrets } from '../../../simulator/services/secretsmanager/state.ts';
import { letsIn } from '../../../simulator/world/guarded-endpoints.ts';
import { type AwsScene, inAws } from '../../support/aws-world.ts';

const region = 'ap-southeast-2';
const url = 'https://api.shop.example/key-check';
const arn = `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/api/1`;
const components = {
  cluster: { type: 'eks-cluster', region, name: 'shop' },
  targets: { type: 'target-group', region, arn },
  api: {
    id: 'api',
    type: 'k8s-deployment',
    region,
    cluster: 'shop',
    namespace: 'shop',
    name: 'api',
    container: 'api',
    targetGroup: 'targets',
  },
  signing: { type: 'secret', region, name: 'shop/signing', keys: ['signing-key'] },
  check: {
    type: 'endpoint',
    region,
    url,
    servedBy: 'targets',
    guardedBy: { secret: 'signing', key: 'signing-key' },
  },
};
const keyOf = ({ world }: AwsScene) => {
  const secret = secrets(world).get(`${region}/shop/signing`);
  return JSON.parse(secret?.versions.get(secret.current) ?? '{}')['signing-key'];
};
const answers = ({ world }: AwsScene, key: string) =>
  letsIn(world, { url, headers: { authorization: `Bearer ${key}` } });

describe('an endpoint that asks for a key', () => {
  it('goes by the old key until its pods are restarted, and by the new one from then on', () =>
    inAws(components, async scene => {
      const old = keyOf(scene);
      expect([answers(scene, old), answers(scene, 'made up'), letsIn(scene.world, { url })]).toEqual([
        true,
        false,
        false,
      ]);
      await scene.wait(60);
      await scene.play('secrets.rotate', {
        secret: 'signing',
        generate: ['signing-key'],
        oldFails: 'after-restart',
      });
      const fresh = keyOf(scene);
      expect(fresh).not.toBe(old);
      expect([answers(scene, old), answers(scene, fresh)]).toEqual([true, false]);
      const [deployment] = findCluster(scene.world, 'shop', region)?.deployments ?? [];
      for (const pod of deployment?.pods ?? []) pod.startedAtMs = scene.world.nowMs();
      expect([answers(scene, old), answers(scene, fresh)]).toEqual([false, true]);
    }));

  it('leaves every other address alone', () =>
    inAws(components, async scene => {
      expect(letsIn(scene.world, { url: 'https://api.shop.example/health' })).toBe(true);
    }));
});
