import type { Instance, InstanceStatus } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { fleetOf, type SimulatedInstance, setAnswers } from '../../world/fleet.ts';
import { seenState } from '../../world/history.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

/** From the request until the operating system is back, experience: 1 to 3 min. */
const rebootDuration = { minSeconds: 40, likelySeconds: 75, maxSeconds: 150 };

const filtersSchema = z.array(z.object({ Name: z.string(), Values: z.array(z.string()) })).default([]);

function matches(
  instance: SimulatedInstance,
  { Name, Values }: z.infer<typeof filtersSchema>[number],
): boolean {
  if (Name === 'instance-id') return Values.includes(instance.id);
  if (Name === 'instance-state-name') return Values.includes(instance.state);
  if (Name.startsWith('tag:')) return Values.includes(instance.tags[Name.slice('tag:'.length)] ?? '');
  throw new SimulatedAwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
}

/** Instances as a read sees them, which is the past while reads are stale. */
function seenFleet(world: World, region: string): SimulatedInstance[] {
  return seenState(world, 'ec2', fleetOf(world)).filter(instance => instance.region === region);
}

export function describeInstances(world: World, call: Call) {
  const filters = filtersSchema.parse(call.input.Filters);
  const found = seenFleet(world, call.region).filter(instance =>
    filters.every(filter => matches(instance, filter)),
  );
  return { Reservations: found.map(instance => ({ Instances: [shown(instance)] })) };
}

function shown(instance: SimulatedInstance): Instance {
  const groups = instance.securityGroups.map(GroupId => ({ GroupId }));
  return {
    InstanceId: instance.id,
    State: { Name: instance.state },
    Placement: { AvailabilityZone: `${instance.region}${instance.zone}` },
    Tags: Object.entries(instance.tags).map(([Key, Value]) => ({ Key, Value })),
    SecurityGroups: groups,
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeId: instance.volume } }],
    NetworkInterfaces: [{ NetworkInterfaceId: instance.networkInterface, Groups: groups }],
  };
}

export function describeInstanceStatus(world: World, call: Call) {
  const ids = z.array(z.string()).parse(call.input.InstanceIds);
  const found = ids.map(id => existing(seenFleet(world, call.region), id));
  const status = (well: boolean) => ({ Status: well ? ('ok' as const) : ('impaired' as const) });
  return {
    InstanceStatuses: found.map(
      (instance): InstanceStatus => ({
        InstanceId: instance.id,
        InstanceState: { Name: instance.state },
        InstanceStatus: status(instance.answers && instance.hostWorks),
        SystemStatus: status(instance.hostWorks),
      }),
    ),
  };
}

function existing(fleet: readonly SimulatedInstance[], id: string): SimulatedInstance {
  const found = fleet.find(instance => instance.id === id && instance.state !== 'terminated');
  if (found) return found;
  throw new SimulatedAwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
}

/** A reboot mends what hangs. A host that is broken stays so, and so does a release that is. */
export function rebootInstances(world: World, call: Call): unknown {
  const fleet = fleetOf(world).filter(({ region }) => region === call.region);
  const found = z
    .array(z.string())
    .parse(call.input.InstanceIds)
    .map(id => existing(fleet, id));
  for (const instance of found) {
    const hopeless = badReleases(world).has(instance.id) || world.faults.has('reboot-in-vain');
    setAnswers(world, instance, false, 'The instance is being rebooted');
    world.after(
      world.duration(rebootDuration, `reboot/${instance.id}/${world.nowMs()}`),
      `ec2/${instance.id}`,
      'The operating system is back',
      () => {
        if (!hopeless) setAnswers(world, instance, true, 'The instance answers again');
      },
    );
  }
  return {};
}

/** Instances whose software never comes up, however often they are rebooted. */
export function badReleases(world: World): Set<string> {
  return world.state('ec2-bad-releases', () => new Set<string>());
}

/** Changes the security groups of one network interface. */
export function modifyNetworkInterface(world: World, call: Call): unknown {
  const { NetworkInterfaceId, Groups } = z
    .object({ NetworkInterfaceId: z.string(), Groups: z.array(z.string()).min(1) })
    .parse(call.input);
  const instance = fleetOf(world).find(
    one => one.region === call.region && one.networkInterface === NetworkInterfaceId,
  );
  if (!instance) {
    const message = `The networkInterface ID '${NetworkInterfaceId}' does not exist`;
    throw new SimulatedAwsError('InvalidNetworkInterfaceID.NotFound', message);
  }
  instance.securityGroups = Groups;
  world.changed(`ec2/${instance.id}`, `Security groups are ${Groups.join(', ')}`, 'lifeboat');
  return {};
}
