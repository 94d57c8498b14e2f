import { setSick } from './load-balancing.ts';
import type { World } from './world.ts';

/** An EC2 instance, its network interface and its volumes, as far as anybody asks about them. */
export type SimulatedInstance = {
  id: string;
  region: string;
  /** Letter of its Availability Zone. */
  zone: string;
  state: 'pending' | 'running' | 'shutting-down' | 'terminated';
  /** Whether the software on it answers; a reboot brings it back unless the release itself is bad. */
  answers: boolean;
  /** Whether the host below it works; a reboot keeps the host. */
  hostWorks: boolean;
  /** Whether somebody uses it who should not. */
  intruded: boolean;
  tags: Record<string, string>;
  volume: string;
  networkInterface: string;
  securityGroups: string[];
  /** Auto Scaling group that it belongs to. */
  group?: string;
};

const zoneLetters = ['a', 'b', 'c'];

/** All instances of the world, those that are gone as well. */
export function fleetOf(world: World): SimulatedInstance[] {
  return world.state<SimulatedInstance[]>('fleet', () => []);
}

/** An id in AWS's form that depends on the seed and the key alone. */
export function resourceId(world: World, prefix: string, key: string): string {
  const part = (n: number, digits: number) =>
    Math.floor(world.random(`id/${prefix}/${key}/${n}`) * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${prefix}-${part(1, 8)}${part(2, 8)}${part(3, 1)}`;
}

/** Makes an instance in the zone that its number falls on, leaving out zones that are lost. */
export function addInstance(
  world: World,
  instance: Pick<SimulatedInstance, 'region' | 'state'> & {
    key: string;
    number: number;
  } & Partial<SimulatedInstance>,
): SimulatedInstance {
  const { key, number, ...given } = instance;
  const zones = zoneLetters.filter(zone => !lostZones(world).has(`${given.region}${zone}`));
  const made: SimulatedInstance = {
    id: resourceId(world, 'i', key),
    zone: zones[number % zones.length] ?? 'a',
    answers: true,
    hostWorks: true,
    intruded: false,
    tags: {},
    volume: resourceId(world, 'vol', key),
    networkInterface: resourceId(world, 'eni', key),
    securityGroups: ['sg-0123456789abcdef0'],
    ...given,
  };
  fleetOf(world).push(made);
  return made;
}

/** Zones that were lost, such as `eu-west-1a`; nothing is launched there. */
export function lostZones(world: World): Set<string> {
  return world.state('lost-zones', () => new Set<string>());
}

/** Whether an instance does its work: it runs, answers, and is not cut off. */
export function works(instance: SimulatedInstance): boolean {
  return instance.state === 'running' && instance.answers && instance.hostWorks;
}

/** Makes an instance stop or begin to answer, and lets the load balancers find out. */
export function setAnswers(world: World, instance: SimulatedInstance, answers: boolean, what: string): void {
  instance.answers = answers;
  setSick(world, instance.id, !works(instance));
  world.changed(`ec2/${instance.id}`, what);
}
