import { describe, expect, it } from 'vitest';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const components = {
  set: { type: 'ip-set', region, name: 'blocked', ipSetId: 'a1b2c3d4' },
  edge: { type: 'ip-set', region, name: 'blocked-edge', ipSetId: 'e5f6', scope: 'CLOUDFRONT' },
};
const given = { ipSet: 'set', addresses: ['203.0.113.7'] };

/** Of a set that nobody has changed yet. */
const firstToken = '00000000-0000-4000-8000-000000000001';

describe('wafv2.block-addresses', () => {
  it('adds to the set, once, and takes back what it added on undo', () =>
    inAws(
      components,
      async ({ play, call }) => {
        const input = { Name: 'blocked', Id: 'a1b2c3d4', Scope: 'REGIONAL' };
        await call('wafv2.UpdateIPSet', { ...input, LockToken: firstToken, Addresses: ['192.0.2.0/24'] });
        const { seen, undo } = await play('wafv2.block-addresses', given);
        expect(seen).toMatchObject({ status: 'done', outputs: { added: ['203.0.113.7/32'] } });
        expect(await call('wafv2.GetIPSet', input)).toMatchObject({
          IPSet: { Addresses: ['192.0.2.0/24', '203.0.113.7/32'] },
        });
        expect((await play('wafv2.block-addresses', given)).preparation.status).toBe('already-done');
        expect(await undo()).toMatchObject({ status: 'done' });
        expect(await call('wafv2.GetIPSet', input)).toMatchObject({ IPSet: { Addresses: ['192.0.2.0/24'] } });
      },
      { faults: { 'wafv2.UpdateIPSet': [undefined as never, 'lost-reply'] } },
    ));

  it('writes anew when somebody else changed the set in between', () =>
    inAws(components, async ({ play, world, drive }) => {
      let meddled = false;
      world.onCall(({ operation }) => {
        if (operation !== 'UpdateIPSet' || meddled) return;
        meddled = true;
        const input = {
          Name: 'blocked',
          Id: 'a1b2c3d4',
          LockToken: firstToken,
          Addresses: ['198.51.100.1/32'],
        };
        void world.call({ service: 'wafv2', operation: 'UpdateIPSet', region, input });
      });
      expect((await play('wafv2.block-addresses', given)).seen).toMatchObject({ status: 'done' });
      const call = world.call({
        service: 'wafv2',
        operation: 'GetIPSet',
        region,
        input: { Name: 'blocked', Id: 'a1b2c3d4' },
      });
      expect(await drive(call)).toMatchObject({
        IPSet: { Addresses: ['198.51.100.1/32', '203.0.113.7/32'] },
      });
    }));

  it('refuses a set that does not exist, and addresses of the other version', () =>
    inAws(components, async ({ play }) => {
      const gone = { ...components.set, id: 'x', name: 'gone' } as never;
      expect(
        reasonsOf((await play('wafv2.block-addresses', { ...given, ipSet: gone })).preparation),
      ).toContain('There is no IP set gone');
      const six = await play('wafv2.block-addresses', { ipSet: 'set', addresses: ['2001:db8::1'] });
      expect(reasonsOf(six.preparation)).toContain('is for IPv4');
    }));

  it('may change this set only, in us-east-1 for CloudFront', async () => {
    const permissions = await permissionsOf('wafv2.block-addresses', components, { ...given, ipSet: 'edge' });
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toContain(
      'wafv2:UpdateIPSet arn:${AWS::Partition}:wafv2:us-east-1:${AWS::AccountId}:global/ipset/blocked-edge/e5f6',
    );
  });
});
