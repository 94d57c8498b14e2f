import { describe, expect, it } from 'vitest';
import { whereUsersGo } from '../../../simulator/world/traffic.ts';
import { inAws, permissionsOf } from '../../support/aws-world.ts';

const endpointRegions = ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-northeast-1', 'ap-southeast-2'];
const endpoints = endpointRegions.map(region => ({
  region,
  url: `https://abc123.route53-recovery-cluster.${region}.amazonaws.com/v1`,
}));
const control = (name: string, on: boolean) => ({
  type: 'routing-control',
  region: 'ap-southeast-4',
  arn: `arn:aws:route53-recovery-control::123456789012:controlpanel/p1/routingcontrol/${name}`,
  healthCheckId: `hc-${name}`,
  endpoints,
  on,
});
const components = {
  home: control('home', true),
  standby: control('standby', false),
  app: {
    type: 'dns-record',
    region: 'ap-southeast-4',
    name: 'app.shop.example',
    hostedZone: 'Z0SHOP',
    recordType: 'CNAME',
    primaryTarget: 'one.shop.example',
    recoveryTarget: 'two.shop.example',
    routing: 'failover',
    primaryHealthCheck: 'hc-home',
    recoveryHealthCheck: 'hc-standby',
    resolvers: ['1.1.1.1'],
  },
};
const given = { on: 'standby', off: 'home' };

describe('arc.routing-control', () => {
  it('moves users through the data plane alone, is read back from another endpoint, and goes back', () =>
    inAws(components, async ({ play, world, wait }) => {
      const { seen, undo } = await play('arc.routing-control', given);
      expect(seen).toMatchObject({ status: 'done', outputs: { on: 'standby', readBackFrom: 'us-west-2' } });
      await wait(90);
      expect(whereUsersGo(world, 'app')).toBe('recovery');
      expect([...world.calls.keys()].every(name => name.startsWith('route53-recovery-cluster.'))).toBe(true);
      expect(await undo()).toMatchObject({ status: 'done' });
      await wait(90);
      expect(whereUsersGo(world, 'app')).toBe('primary');
    }));

  it('works while the region that was lost, and us-east-1, are silent', () =>
    inAws(components, async ({ play, world }) => {
      world.loseRegion('ap-southeast-2');
      world.loseRegion('us-east-1');
      const { seen } = await play('arc.routing-control', given);
      expect(seen).toMatchObject({ status: 'done', outputs: { readBackFrom: 'us-west-2' } });
    }));

  it('says which safety rule refuses, and overrides none', () =>
    inAws({ ...components, standby: control('standby', false) }, async ({ play, call }) => {
      const entry = { RoutingControlArn: components.home.arn, RoutingControlState: 'Off' };
      await expect(
        call('route53-recovery-cluster.UpdateRoutingControlStates', {
          UpdateRoutingControlStateEntries: [entry],
        }),
      ).rejects.toMatchObject({ name: 'ConflictException' });
      // The last state of a control counts: off and on in one request leaves nobody anywhere.
      await expect(play('arc.routing-control', { on: 'home', off: 'home' })).rejects.toMatchObject({
        name: 'StepFailedError',
        message: expect.stringContaining('safety rule "at-least-one-region"'),
        nextStep: expect.stringContaining('by hand with SafetyRulesToOverride'),
      });
    }));

  it('asks once more after a lost reply, and has nothing to do afterwards', () =>
    inAws(
      components,
      async ({ play, changes }) => {
        expect((await play('arc.routing-control', given)).seen).toMatchObject({ status: 'done' });
        expect(changes).toHaveLength(1);
        expect((await play('arc.routing-control', given)).preparation.status).toBe('already-done');
      },
      { faults: { 'route53-recovery-cluster.UpdateRoutingControlStates': ['lost-reply'] } },
    ));

  it('throws what may be tried again when no endpoint answers', () =>
    inAws(components, async ({ play, world }) => {
      for (const region of endpointRegions) world.loseRegion(region);
      await expect(play('arc.routing-control', given)).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
      });
    }));

  it('may change these two controls only', async () => {
    const permissions = await permissionsOf('arc.routing-control', components, given);
    expect(permissions.map(line => line.split('/').at(-1))).toEqual(['standby', 'home', 'standby', 'home']);
  });
});
