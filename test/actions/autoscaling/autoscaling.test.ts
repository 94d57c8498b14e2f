import { describe, expect, it } from 'vitest';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const components = {
  group: { type: 'auto-scaling-group', region, name: 'shop-workers', standbySize: 2 },
  home: { type: 'auto-scaling-group', region: 'ap-southeast-2', name: 'shop-workers', standbySize: 2 },
};
const grow = { group: 'group', desired: 4 };

describe('autoscaling.set-desired', () => {
  it('is done when as many instances are in service, and raises the limit where it is in the way', () =>
    inAws(components, async ({ play, changes }) => {
      const { seen } = await play('autoscaling.set-desired', grow);
      expect(seen).toMatchObject({ status: 'done', outputs: { before: 2, inService: 4 } });
      expect(changes.map(({ what }) => what)).toEqual([
        'Desired capacity of shop-workers changed from 2 to 4, its limits to 0 and 4.',
      ]);
    }));

  it('asks once when the reply is lost, and is not misled by stale reads', async () => {
    for (const options of [
      { faults: { 'autoscaling.UpdateAutoScalingGroup': ['lost-reply' as const] } },
      { stale: 'autoscaling' },
    ]) {
      await inAws(
        components,
        async ({ play, world }) => {
          const { seen } = await play('autoscaling.set-desired', grow);
          expect(seen).toMatchObject({ status: 'done', outputs: { inService: 4 } });
          expect(
            world.changes.filter(({ what }) => what === 'The desired capacity is 4').length,
          ).toBeLessThan(3);
        },
        options,
      );
    }
  });

  it('leaves a bigger group as it is unless it may shrink', () =>
    inAws(components, async ({ play, changes }) => {
      const kept = await play('autoscaling.set-desired', { group: 'group', desired: 1 });
      expect(kept.preparation).toMatchObject({ status: 'already-done', outputs: { inService: 2 } });
      const { seen } = await play('autoscaling.set-desired', { group: 'group', desired: 1, mayShrink: true });
      expect(seen).toMatchObject({ status: 'done', outputs: { before: 2, inService: 1 } });
      expect(changes).toHaveLength(1);
    }));

  it('goes back to the size and the limits before', () =>
    inAws(components, async ({ play, call }) => {
      const { undo } = await play('autoscaling.set-desired', grow);
      expect(await undo()).toMatchObject({ status: 'done' });
      const reply = await call('autoscaling.DescribeAutoScalingGroups', {
        AutoScalingGroupNames: ['shop-workers'],
      });
      expect(reply.AutoScalingGroups).toMatchObject([{ MinSize: 0, DesiredCapacity: 2, MaxSize: 2 }]);
    }));

  it('fails when something sets the size back', () =>
    inAws(components, async ({ play, world }) => {
      world.after(30, 'test', 'a pipeline sets the size back', () => {
        const input = { AutoScalingGroupName: 'shop-workers', MinSize: 0, DesiredCapacity: 2, MaxSize: 2 };
        void world.call({ service: 'autoscaling', operation: 'UpdateAutoScalingGroup', region, input });
      });
      const { seen } = await play('autoscaling.set-desired', grow);
      expect(reasonsOf(seen)).toBe(
        'Something set shop-workers back to 2 instances after it was scaled to 4.',
      );
    }));

  it('refuses a group that does not exist, and production in a drill', () =>
    inAws(components, async ({ play }) => {
      const nobody = { ...components.group, id: 'x', name: 'nobody' };
      const missing = await play('autoscaling.set-desired', { group: nobody, desired: 1 });
      expect(reasonsOf(missing.preparation)).toBe(`There is no Auto Scaling group nobody in ${region}.`);
      const drill = await play('autoscaling.set-desired', { group: 'home', desired: 4 }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
    }));
});

describe('autoscaling.replace-instance', () => {
  it('replaces what is unhealthy without lowering the capacity', () =>
    inAws(components, async ({ play, strike, changes }) => {
      const holds = strike({ type: 'failure' }, 'group');
      const { seen } = await play('autoscaling.replace-instance', { group: 'group' });
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { inService: 2, replaced: [expect.stringMatching(/^i-/)] },
      });
      expect(holds()).toBe(false);
      expect(changes).toHaveLength(1);
    }));

  it('ends an instance once although the reply is lost', () =>
    inAws(
      components,
      async ({ play, strike, world }) => {
        strike({ type: 'failure' }, 'group');
        expect((await play('autoscaling.replace-instance', { group: 'group' })).seen).toMatchObject({
          status: 'done',
        });
        expect(world.changes.filter(({ what }) => what.endsWith('is being ended'))).toHaveLength(1);
      },
      { faults: { 'autoscaling.TerminateInstanceInAutoScalingGroup': ['lost-reply'] } },
    ));

  it('does nothing when all are healthy, and refuses more at once than it may', () =>
    inAws(components, async ({ play, strike }) => {
      expect((await play('autoscaling.replace-instance', { group: 'group' })).preparation.status).toBe(
        'already-done',
      );
      strike({ type: 'failure', cause: 'bad-release' }, 'group');
      const { preparation } = await play('autoscaling.replace-instance', { group: 'group' });
      expect(reasonsOf(preparation)).toBe(
        '2 instances of shop-workers are to be replaced at once, and atMost is 1.',
      );
    }));

  it('refuses an instance of another group', () =>
    inAws(components, async ({ play }) => {
      const given = { group: 'group', instances: ['i-0123456789abcdef0'] };
      const { preparation } = await play('autoscaling.replace-instance', given);
      expect(reasonsOf(preparation)).toBe(
        'i-0123456789abcdef0 is not in the Auto Scaling group shop-workers.',
      );
    }));
});

describe('autoscaling.describe', () => {
  it('reads sizes, and waits for instances in service', () =>
    inAws(components, async ({ play, strike }) => {
      const { seen } = await play('autoscaling.describe', { group: 'group' });
      expect(seen).toMatchObject({ outputs: { desired: 2, min: 0, max: 2, inService: 2, unhealthy: [] } });
      strike({ type: 'failure' }, 'group');
      const waiting = await play(
        'autoscaling.describe',
        { group: 'group', inService: 2 },
        { forSeconds: 60 },
      );
      expect(waiting.seen).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('1 in service'),
      });
    }));
});

it('may change this group and no other', async () => {
  for (const [kind, given] of Object.entries({
    'set-desired': grow,
    'replace-instance': { group: 'group' },
  })) {
    const permissions = await permissionsOf(`autoscaling.${kind}`, components, given);
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions.filter(line => /Update|Terminate/.test(line))).toEqual([
      expect.stringContaining(
        `:autoscaling:${region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/shop-workers`,
      ),
    ]);
  }
});
