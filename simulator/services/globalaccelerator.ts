import * as z from 'zod';
import { acceleratorRegion } from '../../shared/traffic/accelerators.ts';
import {
  type AcceleratorGroup,
  acceleratorsOf,
  type SimulatedAccelerator,
  watchEndpoints,
} from '../world/accelerators.ts';
import { keepHistory, seenState } from '../world/history.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

/** Until all edges have a change, and the accelerator is DEPLOYED again. Experience. */
const deployDuration = { minSeconds: 8, likelySeconds: 35, maxSeconds: 150 };

/** What the API answers from, which may be behind. */
type Shown = Pick<SimulatedAccelerator, 'arn' | 'dnsName' | 'enabled' | 'changes' | 'groups'>;

/** AWS Global Accelerator. Its control plane answers in us-west-2 only, and is gone when that region is. */
export const service: SimulatedService = {
  name: 'globalaccelerator',
  operations: {
    DescribeAccelerator: (world, call) => {
      const { arn, dnsName, enabled, changes } = acceleratorIn(shown(world, call), call);
      const Status = changes > 0 ? 'IN_PROGRESS' : 'DEPLOYED';
      return { Accelerator: { AcceleratorArn: arn, DnsName: dnsName, Enabled: enabled, Status } };
    },
    DescribeEndpointGroup: (world, call) => ({
      EndpointGroup: described(groupIn(shown(world, call), call).group),
    }),
    UpdateEndpointGroup: updateGroup,
  },
  arrange(world) {
    if (acceleratorsOf(world).length === 0) return;
    world.onChange(() => watchEndpoints(world));
    keepHistory(world, 'globalaccelerator', () => acceleratorsOf(world));
  },
  strike,
};

function shown(world: World, { region }: Call): readonly Shown[] {
  if (region !== acceleratorRegion) {
    throw new SimulatedAwsError('UnknownEndpoint', `Global Accelerator does not answer in ${region}`);
  }
  return seenState(world, 'globalaccelerator', acceleratorsOf(world));
}

function acceleratorIn(all: readonly Shown[], { input }: Call): Shown {
  const found = all.find(({ arn }) => arn === input.AcceleratorArn);
  if (found) return found;
  throw new SimulatedAwsError('AcceleratorNotFoundException', 'The accelerator does not exist.');
}

function groupIn<A extends Pick<Shown, 'groups'>>(all: readonly A[], { input }: Call) {
  for (const accelerator of all) {
    for (const side of ['primary', 'recovery'] as const) {
      const group = accelerator.groups[side];
      if (group.arn === input.EndpointGroupArn) return { accelerator, side, group };
    }
  }
  throw new SimulatedAwsError('EndpointGroupNotFoundException', 'The endpoint group does not exist.');
}

/** Of the account that the group is in, which the plan's ARN tells. */
function endpointId({ arn, balancer }: AcceleratorGroup): string {
  const account = arn.split(':')[4];
  return (balancer?.arn ?? '').replace(/:\d{12}:/, `:${account}:`);
}

function described(group: AcceleratorGroup) {
  const { arn, region, dial, weight, healthy } = group;
  const HealthState = healthy ? 'HEALTHY' : 'UNHEALTHY';
  const id = endpointId(group);
  return {
    EndpointGroupArn: arn,
    EndpointGroupRegion: region,
    TrafficDialPercentage: dial,
    EndpointDescriptions: [
      { EndpointId: id, Weight: weight, HealthState, ClientIPPreservationEnabled: true },
    ],
  };
}

const updateInput = z.object({
  EndpointGroupArn: z.string(),
  TrafficDialPercentage: z.number().min(0).max(100).optional(),
  EndpointConfigurations: z.array(z.object({ EndpointId: z.string(), Weight: z.number() })).optional(),
});

function updateGroup(world: World, call: Call): unknown {
  shown(world, call);
  const { TrafficDialPercentage, EndpointConfigurations } = updateInput.parse(call.input);
  const { accelerator, side, group } = groupIn(acceleratorsOf(world), call);
  const [endpoint] = EndpointConfigurations ?? [];
  if (endpoint && endpoint.EndpointId !== endpointId(group)) {
    throw new SimulatedAwsError(
      'InvalidArgumentException',
      `${endpoint.EndpointId} can not be an endpoint here`,
    );
  }
  group.dial = TrafficDialPercentage ?? group.dial;
  group.weight = endpoint?.Weight ?? group.weight;
  const { dial, weight } = group;
  const resource = `accelerator/${accelerator.id}`;
  accelerator.changes += 1;
  world.changed(resource, `${side}: dial ${dial} %, weight ${weight}`, 'lifeboat');
  const seconds = world.duration(deployDuration, `${resource}/${side}/${world.nowMs()}`);
  world.after(seconds, resource, `All edges know the dial of the ${side} side`, () => {
    accelerator.changes -= 1;
    accelerator.served[side] = { dial, weight };
  });
  return { EndpointGroup: described(group) };
}

/** Whatever happens to an accelerator itself, it takes in nobody afterwards. */
function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'accelerator' || (type !== 'failure' && type !== 'loss')) return undefined;
  const all = acceleratorsOf(world);
  const found = all.find(({ id }) => id === component.id);
  if (!found) return undefined;
  found.enabled = false;
  if (type === 'loss') all.splice(all.indexOf(found), 1);
  world.changed(`accelerator/${found.id}`, type === 'loss' ? 'It was deleted' : 'It was disabled', 'person');
  return () => !found.enabled;
}
