import { describe, expect, it } from 'vitest';
import { fleetOf, setAnswers } from '../../../simulator/world/fleet.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const components = {
  hosts: { type: 'ec2-instances', region, tag: { key: 'role', value: 'signer' }, count: 2 },
  one: { type: 'ec2-instances', region, ids: ['i-0aaaaaaaaaaaaaaa1'] },
  quarantine: { type: 'security-group', region, groupId: 'sg-0fffffffffffffff1' },
  web: {
    type: 'security-group',
    region,
    groupId: 'sg-0fffffffffffffff2',
    ingress: [
      { port: 443, cidr: '0.0.0.0/0' },
      { port: 22, cidr: '198.51.100.0/24' },
    ],
  },
  acl: { type: 'network-acl', region, aclId: 'acl-0eeeeeeeeeeeeeee1' },
  home: { type: 'network-acl', region: 'ap-southeast-2', aclId: 'acl-0eeeeeeeeeeeeeee2' },
};
const kmsKey = 'arn:aws:kms:ap-southeast-2:999999999999:key/evidence';

describe('ec2.reboot', () => {
  it('is done when both status checks pass after the reboot', () =>
    inAws(components, async ({ play, strike, world }) => {
      const holds = strike({ type: 'failure' }, 'hosts');
      const { seen } = await play('ec2.reboot', { instances: 'hosts' });
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { instances: [expect.any(String), expect.any(String)] },
      });
      expect(holds()).toBe(false);
      expect(world.calls.get('ec2.RebootInstances')).toBe(1);
    }));

  it('leaves those alone that pass both status checks, if only failing ones are meant', () =>
    inAws(components, async ({ play, wait, world }) => {
      const [broken, well] = fleetOf(world).filter(({ tags }) => tags.role === 'signer');
      if (broken) setAnswers(world, broken, false, 'it hangs');
      await wait(60);
      const { seen } = await play('ec2.reboot', { instances: 'hosts', which: 'failing' });
      expect(seen).toMatchObject({ status: 'done', outputs: { instances: [broken?.id] } });
      const again = await play('ec2.reboot', { instances: 'hosts', which: 'failing' });
      expect(again.preparation).toMatchObject({ status: 'already-done', outputs: { instances: [] } });
      expect(JSON.stringify(again.preparation)).toContain(well?.id);
      expect(world.calls.get('ec2.RebootInstances')).toBe(1);
    }));

  it('is not done by status checks of before the reboot', () =>
    inAws(components, async ({ play }) => {
      const { seen } = await play('ec2.reboot', { instances: 'one' }, { forSeconds: 100 });
      expect(seen).toMatchObject({ status: 'pending' });
    }));

  it('refuses an instance whose host is broken, which a reboot would keep', () =>
    inAws(components, async ({ play, world }) => {
      const [host] = fleetOf(world);
      if (host) host.hostWorks = false;
      const { preparation } = await play('ec2.reboot', { instances: 'hosts' });
      expect(reasonsOf(preparation)).toMatch(/^The system status check of i-[0-9a-f]+ fails/);
    }));

  it('refuses instances that do not exist', () =>
    inAws(components, async ({ play }) => {
      const nobody = { ...components.hosts, id: 'x', tag: { key: 'role', value: 'nobody' } } as never;
      const { preparation } = await play('ec2.reboot', { instances: nobody });
      expect(reasonsOf(preparation)).toBe(`No instance with the tag role=nobody exists in ${region}.`);
    }));
});

describe('ec2.snapshot-volumes', () => {
  const given = { instances: 'hosts', copy: { region: 'ap-southeast-2', kmsKey } };

  it('keeps every volume, and a copy under another key', () =>
    inAws(components, async ({ play, call }) => {
      const { seen } = await play('ec2.snapshot-volumes', given);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: {
          snapshots: [expect.any(String), expect.any(String)],
          copies: [expect.any(String), expect.any(String)],
        },
      });
      const { Snapshots } = await call('ec2.DescribeSnapshots', {}, 'ap-southeast-2');
      expect(Snapshots).toMatchObject([{ KmsKeyId: kmsKey, State: 'completed' }, { KmsKeyId: kmsKey }]);
      // Evidence has the run's tag, and no time after which a sweeper would take it.
      const tags = (Snapshots as { Tags: { Key: string }[] }[]).flatMap(({ Tags }) =>
        Tags.map(({ Key }) => Key),
      );
      expect(tags).toContain('lifeboat:run');
      expect(tags).not.toContain('lifeboat:expires-at');
    }));

  it('takes no second snapshot when act is called again', () =>
    inAws(
      components,
      async ({ play, world }) => {
        expect((await play('ec2.snapshot-volumes', { instances: 'one' })).seen).toMatchObject({
          status: 'done',
        });
        expect(world.changes.filter(({ what }) => what.startsWith('A snapshot'))).toHaveLength(1);
      },
      // Longer than the SDK's own attempts: the step machine calls act again, which finds the first one by its tag.
      { faults: { 'ec2.CreateSnapshots': ['timeout', 'timeout', 'timeout', 'timeout'] } },
    ));

  it('fails when a snapshot does', () =>
    inAws(components, async ({ play, world }) => {
      const { snapshotsOf } = await import('../../../simulator/services/ec2/snapshots.ts');
      world.after(20, 'test', 'the key is disabled', () => {
        for (const one of snapshotsOf(world))
          Object.assign(one, { State: 'error', StateMessage: 'key disabled' });
      });
      const { seen } = await play('ec2.snapshot-volumes', { instances: 'one' });
      expect(reasonsOf(seen)).toMatch(/failed: key disabled$/);
    }));
});

describe('ec2.quarantine', () => {
  const given = { instances: 'hosts', quarantine: 'quarantine' };

  it('leaves every interface with the quarantine group alone, and ends an intrusion', () =>
    inAws(components, async ({ play, strike, world, changes }) => {
      const holds = strike({ type: 'intrusion' }, 'hosts');
      const { seen } = await play('ec2.quarantine', given);
      expect(seen).toMatchObject({ status: 'done' });
      expect(holds()).toBe(false);
      expect(
        fleetOf(world)
          .filter(({ tags }) => tags.role)
          .map(({ securityGroups }) => securityGroups),
      ).toEqual([['sg-0fffffffffffffff1'], ['sg-0fffffffffffffff1']]);
      expect(changes).toHaveLength(2);
      expect((await play('ec2.quarantine', given)).preparation.status).toBe('already-done');
    }));

  it('gives the interfaces their groups back on undo', () =>
    inAws(components, async ({ play, world }) => {
      const before = fleetOf(world).map(({ securityGroups }) => securityGroups);
      const { undo } = await play('ec2.quarantine', given);
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(fleetOf(world).map(({ securityGroups }) => securityGroups)).toEqual(before);
    }));

  it('refuses a group that has a rule: it would isolate nobody', () =>
    inAws(components, async ({ play }) => {
      const { preparation } = await play('ec2.quarantine', { instances: 'hosts', quarantine: 'web' });
      expect(reasonsOf(preparation)).toContain('tcp 443 from 0.0.0.0/0');
    }));

  it('says that an Auto Scaling group may end what is isolated', () =>
    inAws(components, async ({ play, world }) => {
      for (const one of fleetOf(world)) one.tags['aws:autoscaling:groupName'] = 'workers';
      const { preparation } = await play('ec2.quarantine', given);
      expect(JSON.stringify(preparation.evidence)).toContain(
        'which may end it once it answers no health check',
      );
    }));
});

describe('ec2.revoke-ingress and ec2.restore-ingress', () => {
  it('takes the rules of a source away, keeps them, and brings them back', () =>
    inAws(components, async ({ play, call }) => {
      const rulesNow = async () => {
        const Filters = [{ Name: 'group-id', Values: ['sg-0fffffffffffffff2'] }];
        const { SecurityGroupRules } = await call('ec2.DescribeSecurityGroupRules', { Filters });
        return (SecurityGroupRules as { FromPort: number }[]).map(({ FromPort }) => FromPort).sort();
      };
      const { seen } = await play('ec2.revoke-ingress', { group: 'web', from: ['0.0.0.0/0'] });
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { rules: [{ cidr: '0.0.0.0/0', fromPort: 443 }] },
      });
      expect(await rulesNow()).toEqual([22]);
      const { rules = [] } = seen?.status === 'done' ? seen.outputs : {};
      const restored = await play('ec2.restore-ingress', { group: 'web', rules });
      expect(restored.seen).toMatchObject({ status: 'done', outputs: { restored: 1 } });
      expect(await rulesNow()).toEqual([22, 443]);
      expect((await play('ec2.restore-ingress', { group: 'web', rules })).preparation.status).toBe(
        'already-done',
      );
      expect(await restored.undo()).toMatchObject({ status: 'done' });
      expect(await rulesNow()).toEqual([22]);
    }));

  it('survives lost replies, stale reads and undo', async () => {
    for (const options of [
      { faults: { 'ec2.RevokeSecurityGroupIngress': ['lost-reply' as const] } },
      { stale: 'ec2' },
    ]) {
      await inAws(
        components,
        async ({ play }) => {
          const { seen, undo } = await play('ec2.revoke-ingress', { group: 'web' });
          expect(seen).toMatchObject({ status: 'done', outputs: { rules: [{}, {}] } });
          expect(await undo()).toMatchObject({ status: 'done' });
        },
        options,
      );
    }
  });

  it('has nothing to do where nobody is let in', () =>
    inAws(components, async ({ play }) => {
      expect((await play('ec2.revoke-ingress', { group: 'web', ports: [80] })).preparation.status).toBe(
        'already-done',
      );
    }));
});

describe('ec2.block-address', () => {
  const given = { acl: 'acl', addresses: ['203.0.113.7', '192.0.2.0/24'] };

  it('denies before anything is allowed, and removes its own rules only', () =>
    inAws(components, async ({ play, call }) => {
      const entries = async () => {
        const { NetworkAcls } = await call('ec2.DescribeNetworkAcls', {
          NetworkAclIds: ['acl-0eeeeeeeeeeeeeee1'],
        });
        const [acl] = NetworkAcls as {
          Entries: { RuleNumber: number; CidrBlock: string; Egress: boolean }[];
        }[];
        return acl?.Entries.filter(({ Egress }) => !Egress)
          .map(one => `${one.RuleNumber} ${one.CidrBlock}`)
          .sort();
      };
      const { seen, undo } = await play('ec2.block-address', given);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { blocked: ['203.0.113.7/32', '192.0.2.0/24'] },
      });
      expect(await entries()).toEqual([
        '1 203.0.113.7/32',
        '100 0.0.0.0/0',
        '2 192.0.2.0/24',
        '32767 0.0.0.0/0',
      ]);
      expect((await play('ec2.block-address', given)).preparation.status).toBe('already-done');
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(await entries()).toEqual(['100 0.0.0.0/0', '32767 0.0.0.0/0']);
    }));

  it('makes each rule once although replies are lost', () =>
    inAws(
      components,
      async ({ play }) => {
        expect((await play('ec2.block-address', given)).seen).toMatchObject({ status: 'done' });
      },
      { faults: { 'ec2.CreateNetworkAclEntry': ['lost-reply', 'lost-reply'] } },
    ));

  it('refuses ranges that would shut out everybody, and production in a drill', async () => {
    for (const bad of ['0.0.0.0/0', '10.0.0.0/7', 'nonsense', '2001:db8::/16', '1.2.3.4/33']) {
      await expect(
        inAws(components, ({ play }) => play('ec2.block-address', { acl: 'acl', addresses: [bad] })),
      ).rejects.toThrow();
    }
    await inAws(components, async ({ play }) => {
      const drill = await play('ec2.block-address', { ...given, acl: 'home' }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
    });
  });

  it('refuses when no rule number is free before the first allow rule', () =>
    inAws(components, async ({ play, call }) => {
      const entry = {
        NetworkAclId: 'acl-0eeeeeeeeeeeeeee1',
        Egress: false,
        RuleAction: 'allow',
        Protocol: '6',
        CidrBlock: '10.0.0.0/8',
      };
      await call('ec2.CreateNetworkAclEntry', { ...entry, RuleNumber: 2 });
      const { preparation } = await play('ec2.block-address', given);
      expect(reasonsOf(preparation)).toContain('has 1 free rule numbers');
    }));
});

it('may change what the plan names and nothing else', async () => {
  const kinds = {
    'ec2.reboot': { instances: 'hosts' },
    'ec2.snapshot-volumes': { instances: 'one', copy: { kmsKey } },
    'ec2.quarantine': { instances: 'hosts', quarantine: 'quarantine' },
    'ec2.revoke-ingress': { group: 'web' },
    'ec2.restore-ingress': { group: 'web', rules: [] },
    'ec2.block-address': { acl: 'acl', addresses: ['203.0.113.7'] },
  };
  for (const [kind, given] of Object.entries(kinds)) {
    expect(openChanges(await permissionsOf(kind, components, given))).toEqual([]);
  }
  expect(await permissionsOf('ec2.reboot', components, { instances: 'one' })).toContain(
    `ec2:RebootInstances arn:\${AWS::Partition}:ec2:${region}:\${AWS::AccountId}:instance/i-0aaaaaaaaaaaaaaa1`,
  );
});
