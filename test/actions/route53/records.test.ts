import { describe, expect, it } from 'vitest';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const regions = { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' };
const primaryTarget = 'shop-1.ap-southeast-2.elb.amazonaws.com';
const recoveryTarget = 'shop-dr-2.ap-southeast-4.elb.amazonaws.com';
const record = {
  type: 'dns-record',
  region: regions.recovery,
  name: 'app.shop.example',
  hostedZone: 'Z0SHOP',
  recordType: 'A',
  primaryTarget,
  primaryTargetHostedZone: 'ZELB2',
  recoveryTarget,
  recoveryTargetHostedZone: 'ZELB4',
  resolvers: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
};
const balancer = (region: string, name: string, dnsName: string, hostedZoneId: string) => ({
  type: 'load-balancer',
  region,
  name,
  dnsName,
  hostedZoneId,
});
const components = {
  app: record,
  share: { ...record, name: 'api.shop.example', routing: 'weighted' },
  lb: balancer(regions.primary, 'shop', primaryTarget, 'ZELB2'),
  'lb-dr': balancer(regions.recovery, 'shop-dr', recoveryTarget, 'ZELB4'),
  site: { type: 'endpoint', region: regions.primary, url: 'https://app.shop.example/health' },
  check: {
    type: 'health-check',
    region: regions.recovery,
    healthCheckId: 'hc-app',
    watches: 'https://app.shop.example/health',
  },
};

const sets = async ({ call }: AwsScene, name: string) => {
  const { ResourceRecordSets } = await call(
    'route53.ListResourceRecordSets',
    { HostedZoneId: 'Z0SHOP' },
    'us-east-1',
  );
  return (ResourceRecordSets as { Name: string }[]).filter(set => set.Name === `${name}.`);
};

describe('route53.upsert', () => {
  it('is done when name servers and most resolvers answer the new target and the old TTL has passed', () =>
    inAws(components, async scene => {
      const begun = scene.world.nowMs();
      const { seen } = await scene.play('route53.upsert', { record: 'app' });
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { previousTarget: primaryTarget, previousTtlSeconds: 60 },
      });
      expect(scene.world.nowMs() - begun).toBeGreaterThan(60_000);
      expect(await sets(scene, 'app.shop.example')).toMatchObject([
        { AliasTarget: { HostedZoneId: 'ZELB4', DNSName: `${recoveryTarget}.`, EvaluateTargetHealth: true } },
      ]);
      expect(scene.changes.map(({ what }) => what)).toEqual([
        `Pointed app.shop.example from ${primaryTarget} to ${recoveryTarget}.`,
      ]);
      expect((await scene.play('route53.upsert', { record: 'app' })).preparation.status).toBe('already-done');
    }));

  it('is safe after lost replies and under stale reads, and puts the old record back', async () => {
    for (const options of [
      { faults: { 'route53.ChangeResourceRecordSets': ['lost-reply' as const, 'timeout' as const] } },
      { stale: 'route53' },
    ]) {
      await inAws(
        components,
        async scene => {
          const { seen, undo } = await scene.play('route53.upsert', { record: 'app' });
          expect(seen).toMatchObject({ status: 'done' });
          expect(await undo()).toMatchObject({ status: 'done' });
          await scene.wait(30);
          expect(await sets(scene, 'app.shop.example')).toMatchObject([
            { AliasTarget: { DNSName: `${primaryTarget}.` } },
          ]);
        },
        options,
      );
    }
  });

  it('writes a record that is gone, and deletes its own on undo', () =>
    inAws(components, async scene => {
      const holds = scene.strike({ type: 'loss' }, 'app');
      const { seen, undo } = await scene.play('route53.upsert', { record: 'app', to: 'primary' });
      expect(seen).toMatchObject({ status: 'done', outputs: { previousTarget: '' } });
      expect(holds()).toBe(false);
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(await sets(scene, 'app.shop.example')).toEqual([]);
    }));

  it('refuses a type that Route 53 would refuse, and a routing policy', () =>
    inAws(components, async ({ play }) => {
      const cname = { ...record, id: 'x', recordType: 'CNAME', recoveryTargetHostedZone: undefined };
      expect(reasonsOf((await play('route53.upsert', { record: cname as never })).preparation)).toContain(
        'is of type A',
      );
      expect(reasonsOf((await play('route53.upsert', { record: 'share' })).preparation)).toContain(
        'routing policy (share-',
      );
    }));

  it('refuses a target that was made up', () =>
    inAws(components, async ({ play }) => {
      const made = { ...record, id: 'x', recoveryTarget: 'dr-alb.ap-southeast-4.elb.amazonaws.com' };
      const { preparation } = await play('route53.upsert', { record: made as never });
      expect(reasonsOf(preparation)).toBe(
        'The target dr-alb.ap-southeast-4.elb.amazonaws.com has no address, so users would be sent nowhere.',
      );
    }));

  it('fails when somebody else writes the old record back', () =>
    inAws(components, async ({ play, world }) => {
      world.after(40, 'test', 'external-dns writes the record back', () => {
        const set = {
          Name: 'app.shop.example.',
          Type: 'A',
          AliasTarget: { HostedZoneId: 'ZELB2', DNSName: primaryTarget },
        };
        const input = {
          HostedZoneId: 'Z0SHOP',
          ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: set }] },
        };
        void world.call({
          service: 'route53',
          operation: 'ChangeResourceRecordSets',
          region: 'us-east-1',
          input,
        });
      });
      const { seen } = await play('route53.upsert', { record: 'app' });
      expect(reasonsOf(seen)).toContain('was changed by somebody else after this step');
    }));
});

describe('route53.shift-weight', () => {
  it('moves a share, and then the rest', () =>
    inAws(components, async scene => {
      const some = await scene.play('route53.shift-weight', { record: 'share', recoveryPercent: 10 });
      expect(some.seen).toMatchObject({
        status: 'done',
        outputs: { recoveryPercent: 10, previousPercent: 0 },
      });
      expect(await sets(scene, 'api.shop.example')).toMatchObject([{ Weight: 90 }, { Weight: 10 }]);
      const all = await scene.play('route53.shift-weight', { record: 'share', recoveryPercent: 100 });
      expect(all.seen).toMatchObject({ status: 'done', outputs: { previousPercent: 10 } });
      const { whereUsersGo } = await import('../../../simulator/world/traffic.ts');
      expect(whereUsersGo(scene.world, 'share')).toBe('recovery');
      expect(await all.undo()).toMatchObject({ status: 'done' });
      expect(await sets(scene, 'api.shop.example')).toMatchObject([{ Weight: 90 }, { Weight: 10 }]);
    }));

  it('writes once after a lost reply, and refuses a name without weights', () =>
    inAws(
      components,
      async ({ play }) => {
        const { seen } = await play('route53.shift-weight', { record: 'share', recoveryPercent: 50 });
        expect(seen).toMatchObject({ status: 'done' });
        const { preparation } = await play('route53.shift-weight', { record: 'app', recoveryPercent: 50 });
        expect(reasonsOf(preparation)).toContain('does not have exactly two weighted records');
      },
      { faults: { 'route53.ChangeResourceRecordSets': ['lost-reply'] } },
    ));
});

describe('route53.health-check', () => {
  it('tells by most checkers, and waits while they find something else', () =>
    inAws(components, async ({ play, strike, wait }) => {
      const well = await play('route53.health-check', { healthCheck: 'check' });
      expect(well.seen).toMatchObject({ status: 'done', outputs: { healthy: 16, asked: 16 } });
      strike({ type: 'failure' }, 'lb');
      await wait(120);
      const ill = await play('route53.health-check', { healthCheck: 'check' }, { forSeconds: 10 });
      expect(ill.seen).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('0 of 16 checkers find it well'),
      });
      const expected = await play('route53.health-check', { healthCheck: 'check', expect: 'unhealthy' });
      expect(expected.seen).toMatchObject({ status: 'done' });
    }));

  it('refuses a check that is not there', () =>
    inAws(components, async ({ play }) => {
      const gone = { ...components.check, id: 'x', healthCheckId: 'gone' };
      expect(reasonsOf((await play('route53.health-check', { healthCheck: gone })).preparation)).toContain(
        'does not exist',
      );
    }));
});

describe('route53.move-health-check', () => {
  const moved = { healthCheck: 'check', url: `https://${recoveryTarget}/health` };

  it('is done when checkers that looked since find the new address well, and goes back', () =>
    inAws(
      components,
      async ({ play, call, strike, wait }) => {
        strike({ type: 'failure' }, 'lb');
        await wait(120);
        const { seen, undo } = await play('route53.move-health-check', moved);
        expect(seen).toMatchObject({ status: 'done', outputs: { previous: 'app.shop.example:443/health' } });
        expect(await undo()).toMatchObject({ status: 'done' });
        expect(await call('route53.GetHealthCheck', { HealthCheckId: 'hc-app' }, 'us-east-1')).toMatchObject({
          HealthCheck: { HealthCheckConfig: { FullyQualifiedDomainName: 'app.shop.example' } },
        });
      },
      { faults: { 'route53.UpdateHealthCheck': ['lost-reply'] } },
    ));

  it('refuses another protocol', () =>
    inAws(components, async ({ play }) => {
      const { preparation } = await play('route53.move-health-check', { ...moved, url: 'http://a.example/' });
      expect(reasonsOf(preparation)).toContain('Route 53 changes neither the type');
    }));
});

it('may change the records of this name and nothing else', async () => {
  const kinds = {
    'route53.upsert': { record: 'app' },
    'route53.shift-weight': { record: 'share', recoveryPercent: 1 },
    'route53.move-health-check': { healthCheck: 'check', url: 'https://a.example/' },
  };
  for (const [kind, given] of Object.entries(kinds)) {
    expect(openChanges(await permissionsOf(kind, components, given))).toEqual([]);
  }
  const action = await inAws(components, ({ action: load }) => load('route53.upsert'));
  const [, change] = action.permissions({ record: { ...record, id: 'app' } } as never, regions);
  expect(change?.conditions).toMatchObject({
    'ForAllValues:StringEquals': {
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['app.shop.example'],
    },
  });
});
