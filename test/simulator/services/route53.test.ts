import { describe, expect, it } from 'vitest';
import { whereUsersGo } from '../../../simulator/world/traffic.ts';
import { aliasName, appName, primaryTarget, recovery, recoveryTarget } from '../../support/traffic-plan.ts';
import { inTraffic, type TrafficScene } from '../../support/traffic-world.ts';

const global = 'us-east-1';
const gate = { Bucket: 'shop-gate', Key: 'app-on-recovery' };
const openGate = (scene: TrafficScene) => scene.call('s3.PutObject', recovery, { ...gate, Body: 'open' });
const ask = (scene: TrafficScene, resolver: string, name = appName.name, type: 'A' | 'CNAME' = 'CNAME') =>
  scene.drive(scene.internet.dns({ name, type, resolver, timeoutMs: 1000 }));

/** Seconds until a condition holds, looked at every second; at most `most`. */
async function secondsUntil(scene: TrafficScene, holds: () => Promise<boolean>, most = 600): Promise<number> {
  for (let seconds = 0; seconds <= most; seconds++) {
    if (await holds()) return seconds;
    await scene.wait(1);
  }
  throw new Error(`not within ${most} s`);
}

describe('the data plane', () => {
  it('answers the primary as long as the gate is closed', () =>
    inTraffic(async scene => {
      await scene.wait(3600);
      expect(await ask(scene, 'authoritative')).toEqual({ values: [primaryTarget], ttlSeconds: 60 });
      expect(whereUsersGo(scene.world, 'app-name')).toBe('primary');
    }));

  it.each([1, 2, 3])('answers the secondary after three checks of an open gate (seed %i)', seed =>
    inTraffic(
      async scene => {
        await openGate(scene);
        const moved = await secondsUntil(
          scene,
          async () => (await ask(scene, 'authoritative')).values[0] === recoveryTarget,
        );
        // Two whole intervals of 30 s after the first check that saw it, which falls into the first interval.
        expect(moved).toBeGreaterThanOrEqual(60);
        expect(moved).toBeLessThanOrEqual(92);
      },
      { seed },
    ),
  );

  it('lets resolvers hold the old answer until its TTL ends, each from its own moment', () =>
    inTraffic(async scene => {
      await openGate(scene);
      const at = async (resolver: string) => (await ask(scene, resolver)).values[0] === recoveryTarget;
      await secondsUntil(scene, () => at('authoritative'));
      const held = await Promise.all(appName.resolvers.map(resolver => ask(scene, resolver)));
      expect(held.some(answer => answer.values[0] === primaryTarget)).toBe(true);
      for (const { values, ttlSeconds } of held) {
        expect(ttlSeconds).toBeLessThanOrEqual(60);
        expect(values).toHaveLength(1);
      }
      await scene.wait(61);
      for (const resolver of appName.resolvers) expect(await at(resolver)).toBe(true);
      expect(whereUsersGo(scene.world, 'app-name')).toBe('recovery');
      // The other name has a gate of its own.
      expect(whereUsersGo(scene.world, 'alias-name')).toBe('primary');
    }));

  it('tells the world when the zone answers something else and when a resolver follows', () =>
    inTraffic(async scene => {
      await openGate(scene);
      await scene.wait(200);
      const resources = scene.world.changes.map(change => change.resource);
      expect(resources).toContain(`dns/${appName.name}`);
      for (const resolver of appName.resolvers)
        expect(resources).toContain(`resolver/${resolver}/${appName.name}`);
    }));

  it('comes back when the gate is closed again', () =>
    inTraffic(async scene => {
      await openGate(scene);
      await scene.wait(200);
      await scene.call('s3.DeleteObject', recovery, gate);
      await scene.wait(200);
      expect(whereUsersGo(scene.world, 'app-name')).toBe('primary');
    }));

  it('does not move for a gate that was open for a moment only', () =>
    inTraffic(async scene => {
      await openGate(scene);
      await scene.wait(20);
      await scene.call('s3.DeleteObject', recovery, gate);
      await scene.wait(300);
      expect(scene.world.changes.some(change => change.resource === `dns/${appName.name}`)).toBe(false);
    }));

  it('answers an alias with the addresses of the load balancer', () =>
    inTraffic(async scene => {
      const answer = await ask(scene, 'authoritative', aliasName.name, 'A');
      const target = await ask(scene, '1.1.1.1', primaryTarget, 'A');
      expect(answer).toEqual({ values: target.values, ttlSeconds: 60 });
      expect(answer.values.length).toBeGreaterThan(0);
    }));

  it('moves without the control plane', () =>
    inTraffic(async scene => {
      scene.world.loseRegion(global);
      await openGate(scene);
      await scene.wait(200);
      expect(whereUsersGo(scene.world, 'app-name')).toBe('recovery');
    }));
});

describe('the control plane', () => {
  const list = (scene: TrafficScene, input: object = {}) =>
    scene.call('route53.ListResourceRecordSets', global, { HostedZoneId: 'Z0SHOP', ...input });
  const change = (scene: TrafficScene, Action: string, ResourceRecordSet: object) =>
    scene.call('route53.ChangeResourceRecordSets', global, {
      HostedZoneId: 'Z0SHOP',
      ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
    });
  const primarySet = {
    Name: appName.name,
    Type: 'CNAME',
    SetIdentifier: 'app-name-primary',
    Failover: 'PRIMARY',
    HealthCheckId: 'check-app',
    TTL: 60,
    ResourceRecords: [{ Value: recoveryTarget }],
  };

  it('lists both sets of a name, and no name that sorts before', () =>
    inTraffic(async scene => {
      const { ResourceRecordSets: sets } = await list(scene, { StartRecordName: 'www.shop.example' });
      expect(sets).toMatchObject([
        { Name: 'www.shop.example.', Type: 'A', Failover: 'PRIMARY', HealthCheckId: 'check-www' },
        { Name: 'www.shop.example.', Failover: 'SECONDARY', AliasTarget: { HostedZoneId: 'ZELB4' } },
      ]);
    }));

  it('pages', () =>
    inTraffic(async scene => {
      const first = await list(scene, { MaxItems: 1 });
      expect(first).toMatchObject({ IsTruncated: true, NextRecordName: 'app.shop.example.' });
      const next = await list(scene, {
        MaxItems: 3,
        StartRecordName: first.NextRecordName,
        StartRecordType: first.NextRecordType,
        StartRecordIdentifier: first.NextRecordIdentifier,
      });
      expect(next.ResourceRecordSets).toHaveLength(3);
      expect(next.IsTruncated).toBe(false);
    }));

  it('answers a changed record only when the change is INSYNC, within 60 s', () =>
    inTraffic(async scene => {
      const { ChangeInfo: info } = (await change(scene, 'UPSERT', primarySet)) as {
        ChangeInfo: { Id: string };
      };
      const status = async () =>
        (
          (await scene.call('route53.GetChange', global, { Id: info.Id })) as {
            ChangeInfo: { Status: string };
          }
        ).ChangeInfo.Status;
      expect(await status()).toBe('PENDING');
      expect((await ask(scene, 'authoritative')).values).toEqual([primaryTarget]);
      expect(await secondsUntil(scene, async () => (await status()) === 'INSYNC')).toBeLessThanOrEqual(60);
      expect((await ask(scene, 'authoritative')).values).toEqual([recoveryTarget]);
    }));

  it.each([
    ['an A record beside a CNAME', 'CREATE', { ...primarySet, Type: 'A' }],
    ['a primary without a health check', 'UPSERT', { ...primarySet, HealthCheckId: undefined }],
    [
      'a simple record beside a failover pair',
      'CREATE',
      { ...primarySet, Failover: undefined, SetIdentifier: undefined },
    ],
    ['deleting what is not there', 'DELETE', { ...primarySet, SetIdentifier: 'other' }],
    ['creating what exists', 'CREATE', primarySet],
    ['a record without TTL', 'UPSERT', { ...primarySet, TTL: undefined }],
  ])('refuses %s and changes nothing', (_, action, set) =>
    inTraffic(async scene => {
      const before = await list(scene);
      await expect(change(scene, action, set)).rejects.toMatchObject({ name: 'InvalidChangeBatch' });
      expect(await list(scene)).toEqual(before);
    }),
  );

  it('knows the inverted check of the gate', () =>
    inTraffic(async scene => {
      const reply = await scene.call('route53.GetHealthCheck', global, { HealthCheckId: 'check-app' });
      expect(reply).toMatchObject({
        HealthCheck: {
          HealthCheckConfig: {
            Inverted: true,
            FullyQualifiedDomainName: `shop-gate.s3.${recovery}.amazonaws.com`,
            ResourcePath: '/app-on-recovery',
          },
        },
      });
      const unknown = scene.call('route53.GetHealthCheck', global, { HealthCheckId: 'nope' });
      await expect(unknown).rejects.toMatchObject({ name: 'NoSuchHealthCheck' });
    }));

  it('finds an endpoint ill after its region was lost', () =>
    inTraffic(async scene => {
      const status = async () =>
        JSON.stringify(
          await scene.call('route53.GetHealthCheckStatus', global, { HealthCheckId: 'endpoint-status' }),
        );
      expect(await status()).toContain('Success');
      scene.world.loseRegion('ap-southeast-2');
      await scene.wait(100);
      expect(await status()).toContain('Failure');
    }));

  it('is silent when its region is lost', () =>
    inTraffic(async scene => {
      scene.world.loseRegion(global);
      await expect(list(scene)).rejects.toMatchObject({ name: 'TimeoutError' });
    }));

  it('uses the health of an alias target when that is asked for', () =>
    inTraffic(async scene => {
      const sets = (await list(scene)).ResourceRecordSets as { Name: string; AliasTarget?: object }[];
      for (const set of sets.filter(one => one.Name === 'www.shop.example.')) {
        await change(scene, 'UPSERT', {
          ...set,
          AliasTarget: { ...set.AliasTarget, EvaluateTargetHealth: true },
        });
      }
      await scene.wait(61);
      scene.world.loseRegion('ap-southeast-2');
      // Both ill: the primary is answered.
      expect(whereUsersGo(scene.world, 'alias-name')).toBe('primary');
      const recoveryGroup = scene.world.plan.components.targets as { arn: string };
      const { setTargets } = await import('../../../simulator/services/elasticloadbalancing.ts');
      setTargets(scene.world, recoveryGroup.arn, ['10.1.0.1']);
      await scene.wait(120);
      expect(whereUsersGo(scene.world, 'alias-name')).toBe('recovery');
    }));
});
