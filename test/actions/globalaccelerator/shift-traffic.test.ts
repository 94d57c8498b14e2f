import {
  DescribeAcceleratorCommand,
  DescribeEndpointGroupCommand,
  GlobalAcceleratorClient,
  UpdateEndpointGroupCommand,
} from '@aws-sdk/client-global-accelerator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/globalaccelerator/shift-traffic.ts';
import { trafficSides } from '../../../simulator/invariants/truths.ts';
import { acceleratorsOf } from '../../../simulator/world/accelerators.ts';
import { setTargets } from '../../../simulator/world/load-balancing.ts';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { contextOf } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';

const [home, away] = ['ap-southeast-2', 'ap-southeast-4'];
const arn = 'arn:aws:globalaccelerator::123456789012:accelerator/0a1b2c3d';
const groupArn = (side: string) => `${arn}/listener/1f/endpoint-group/${side}`;
const balancer = (region: string) => ({
  type: 'load-balancer',
  region,
  name: 'gates',
  dnsName: `gates.${region}.elb.amazonaws.com`,
  hostedZoneId: 'Z1',
});
const targets = (region: string) => ({
  type: 'target-group',
  region,
  arn: `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/gates/0123456789abcdef`,
});
const components = {
  'lb-home': balancer(home),
  'lb-away': balancer(away),
  'targets-home': targets(home),
  'targets-away': targets(away),
  gates: {
    type: 'accelerator',
    region: away,
    arn,
    dnsName: 'a0a1b2c3d4e5f6071.awsglobalaccelerator.com',
    hostname: 'gates.example',
    primary: { arn: groupArn('home'), loadBalancer: 'lb-home' },
    recovery: { arn: groupArn('away'), loadBalancer: 'lb-away', weight: 0 },
  },
  health: { type: 'endpoint', region: home, url: 'https://gates.example/health' },
};
const toRecovery = { accelerator: 'gates', to: 'recovery', url: 'https://gates.example/health' };

/** The standby has a healthy target, and Global Accelerator knows it. */
async function bringUp({ world, wait }: AwsScene): Promise<void> {
  setTargets(world, targets(away).arn, ['10.1.1.10']);
  await wait(200);
}
const goes = ({ world }: AwsScene) => trafficSides(world).get('gates')?.goes;
const dials = ({ world }: AwsScene) =>
  acceleratorsOf(world).map(({ groups: { primary, recovery } }) => [
    [primary.dial, primary.weight],
    [recovery.dial, recovery.weight],
  ])[0];

describe('globalaccelerator.shift-traffic', () => {
  it.each([
    {},
    { faults: { 'globalaccelerator.UpdateEndpointGroup': ['lost-reply' as const] } },
    { stale: 'globalaccelerator' },
  ])('opens the standby, closes the other side, and puts both back, under %o', options =>
    inAws(
      components,
      async scene => {
        await bringUp(scene);
        expect(goes(scene)).toBe('primary');
        const { seen, undo } = await scene.play('globalaccelerator.shift-traffic', toRecovery);
        expect(seen).toMatchObject({
          status: 'done',
          outputs: {
            to: 'recovery',
            dials: 'primary: dial 0 %, weights 0; recovery: dial 100 %, weights 128',
          },
        });
        expect(goes(scene)).toBe('recovery');
        const again = await scene.play('globalaccelerator.shift-traffic', toRecovery);
        expect(again.preparation.status).toBe('already-done');
        expect(await undo()).toMatchObject({ status: 'done' });
        expect(dials(scene)).toEqual([
          [100, 128],
          [0, 0],
        ]);
        expect(goes(scene)).toBe('primary');
      },
      options,
    ),
  );

  it('is done when every edge has it, not when the API shows it', () =>
    inAws(components, async scene => {
      await bringUp(scene);
      const { seen } = await scene.play('globalaccelerator.shift-traffic', toRecovery, { forSeconds: 5 });
      expect(seen).toEqual({ status: 'pending', note: 'The edges do not all have it yet (IN_PROGRESS).' });
    }));

  it('moves a share, and leaves the other side open for the rest', () =>
    inAws(components, async scene => {
      await bringUp(scene);
      await scene.play('globalaccelerator.shift-traffic', { ...toRecovery, percent: 20 });
      expect(dials(scene)).toEqual([
        [80, 128],
        [100, 128],
      ]);
    }));

  it('can not be undone by the health of the region that was left', () =>
    inAws(components, async scene => {
      const { world, wait, play } = scene;
      await bringUp(scene);
      await play('globalaccelerator.shift-traffic', toRecovery);
      setTargets(world, targets(away).arn, []);
      await wait(120);
      // Both are closed or ill: the standby keeps its users, who see that it is ill.
      expect(trafficSides(world).get('gates')).toEqual({ goes: 'recovery', ready: false });
    }));

  it.each([
    [0, 'primary'],
    [128, 'recovery'],
  ])('a standby of the weight %i makes a lost region send its users to the %s side', (weight, side) =>
    inAws(
      { ...components, gates: { ...components.gates, recovery: { ...components.gates.recovery, weight } } },
      async scene => {
        await bringUp(scene);
        scene.world.loseRegion(home);
        await scene.wait(120);
        expect(goes(scene)).toBe(side);
      },
    ),
  );

  it('sends nobody where nothing is healthy, and moves them as soon as something is', () =>
    inAws(components, async scene => {
      setTimeout(() => setTargets(scene.world, targets(away).arn, ['10.1.1.10']), 100_000);
      const { preparation, seen } = await scene.play('globalaccelerator.shift-traffic', toRecovery);
      expect(preparation.evidence[0]?.what).toMatch(/; 0 healthy endpoints in ap-southeast-4\.$/);
      expect(seen).toMatchObject({ status: 'done' });
      const [opened] = scene.changes;
      const healthy = scene.world.changes.find(({ what }) => what.endsWith('counts as healthy'));
      const moved = scene.world.changes.find(({ by }) => by === 'lifeboat');
      expect(opened?.what).toContain('dial 0 % to 100 %, weights 0 to 128');
      expect(moved?.atMs).toBeGreaterThanOrEqual(healthy?.atMs ?? Number.POSITIVE_INFINITY);
    }));

  it('fails after five minutes without a healthy endpoint, with nothing changed', () =>
    inAws(components, async scene => {
      const { seen } = await scene.play('globalaccelerator.shift-traffic', toRecovery);
      expect(reasonsOf(seen)).toBe(
        'No endpoint in ap-southeast-4 is healthy for Global Accelerator: who is sent there waits for nothing.',
      );
      expect(scene.changes).toEqual([]);
    }));

  it.each([
    ['failure', 'The accelerator gates is disabled: it takes in nobody.'],
    ['loss', `There is no accelerator ${arn}.`],
  ] as const)('refuses after a %s of the accelerator', (type, reason) =>
    inAws(components, async ({ play, strike }) => {
      const holds = strike({ type }, 'gates');
      const { preparation } = await play('globalaccelerator.shift-traffic', toRecovery);
      expect(reasonsOf(preparation)).toBe(reason);
      expect(holds()).toBe(true);
    }),
  );

  it('does not answer while us-west-2 is lost', () =>
    inAws(components, async ({ play, world }) => {
      world.loseRegion('us-west-2');
      await expect(play('globalaccelerator.shift-traffic', toRecovery)).rejects.toThrow(/did not answer/);
    }));

  it('changes these two groups only, and prepares only in a drill', async () => {
    const lines = await permissionsOf('globalaccelerator.shift-traffic', components, toRecovery);
    expect(lines.filter(line => line.includes('Update'))).toEqual([
      `globalaccelerator:UpdateEndpointGroup ${groupArn('home')}`,
      `globalaccelerator:UpdateEndpointGroup ${groupArn('away')}`,
    ]);
    expect(openChanges(lines)).toEqual([]);
    expect(action.drill).toBe('prepare-only');
  });
});

describe('globalaccelerator.shift-traffic against Global Accelerator', () => {
  const mockAccelerator = () => mockClient(GlobalAcceleratorClient);
  let mock: ReturnType<typeof mockAccelerator>;
  const parameters = action.parameters.parse({
    accelerator: { ...components.gates, id: 'gates' },
    to: 'recovery',
  });
  const context = contextOf({
    aws: { client: () => new GlobalAcceleratorClient({ region: 'us-west-2' }) as never },
  });
  const endpoint = (EndpointId: string, Weight: number) => ({
    EndpointId,
    Weight,
    HealthState: 'HEALTHY' as const,
    ClientIPPreservationEnabled: false,
  });

  beforeEach(() => {
    mock = mockAccelerator();
    mock.on(DescribeAcceleratorCommand).resolves({ Accelerator: { Enabled: true, Status: 'DEPLOYED' } });
    mock.on(UpdateEndpointGroupCommand).resolves({});
    given('home', home, [endpoint('i-1', 10), endpoint('i-2', 30)], 100);
  });
  afterEach(() => mock.restore());

  function given(
    side: string,
    EndpointGroupRegion: string,
    EndpointDescriptions: object[],
    dial: number,
  ): void {
    mock.on(DescribeEndpointGroupCommand, { EndpointGroupArn: groupArn(side) }).resolves({
      EndpointGroup: { EndpointGroupRegion, EndpointDescriptions, TrafficDialPercentage: dial },
    });
  }
  const sent = () => mock.commandCalls(UpdateEndpointGroupCommand).map(({ args: [{ input }] }) => input);

  it('opens before it closes, and keeps what it does not change', async () => {
    given('away', away, [endpoint('i-3', 0)], 0);
    await action.act?.(context, parameters, {});
    expect(sent()).toEqual([
      {
        EndpointGroupArn: groupArn('away'),
        TrafficDialPercentage: 100,
        EndpointConfigurations: [{ EndpointId: 'i-3', Weight: 128, ClientIPPreservationEnabled: false }],
      },
      expect.objectContaining({ EndpointGroupArn: groupArn('home'), TrafficDialPercentage: 0 }),
    ]);
  });

  it('replaces no endpoints where no weight changes', async () => {
    given('away', away, [endpoint('i-3', 7), endpoint('i-4', 0)], 0);
    await action.act?.(context, { ...parameters, closeOther: false }, {});
    expect(sent()).toEqual([
      { EndpointGroupArn: groupArn('away'), TrafficDialPercentage: 100 },
      { EndpointGroupArn: groupArn('home'), TrafficDialPercentage: 0 },
    ]);
  });

  it('refuses to touch the weight of an endpoint of another account, and a group of another region', async () => {
    const theirs = 'arn:aws:elasticloadbalancing:ap-southeast-4:999999999999:loadbalancer/app/a/1';
    given('away', away, [endpoint(theirs, 0)], 0);
    expect(reasonsOf(await action.prepare(context, parameters))).toBe(
      `The weight of ${theirs}, of another account, can not be changed without its attachment.`,
    );
    given('away', 'eu-west-1', [endpoint('i-3', 0)], 0);
    expect(reasonsOf(await action.prepare(context, parameters))).toBe(
      'The endpoint group of the recovery side is in eu-west-1, not in ap-southeast-4.',
    );
  });

  it('leaves an endpoint that was added meanwhile as it is on undo', async () => {
    const before = {
      primary: { dial: 100, endpoints: [{ id: 'i-1', weight: 10, keepsClientAddress: false }] },
      recovery: { dial: 0, endpoints: [{ id: 'i-3', weight: 0, keepsClientAddress: false }] },
    };
    given('away', away, [endpoint('i-3', 128), endpoint('i-5', 128)], 100);
    await action.undo?.(context, parameters, { before }, {});
    const away_ = sent().find(({ EndpointGroupArn }) => EndpointGroupArn === groupArn('away'));
    expect(away_?.EndpointConfigurations).toMatchObject([
      { EndpointId: 'i-3', Weight: 0 },
      { EndpointId: 'i-5', Weight: 128 },
    ]);
  });
});
