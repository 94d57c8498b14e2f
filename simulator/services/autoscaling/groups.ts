import type { Activity } from '@aws-sdk/client-auto-scaling';
import { fleetOf, works } from '../../world/fleet.ts';
import type { World } from '../../world/world.ts';

export type SimulatedGroup = {
  name: string;
  region: string;
  min: number;
  desired: number;
  max: number;
  targetGroupArn?: string;
  /** EKS cluster whose nodes its instances are. */
  cluster?: string;
  activities: Activity[];
  instancesMade: number;
  /** Whether it replaces what fails by itself; a group whose health check is too shallow does not. */
  replaces: boolean;
};

export const autoScalingGroups = (world: World) => world.state<SimulatedGroup[]>('auto-scaling', () => []);

/** What instances of a group serve, whether or not anybody has noticed that they do not answer. */
export const servingOf = (world: World, { name, region }: SimulatedGroup) =>
  fleetOf(world).filter(one => one.group === name && one.region === region && one.state === 'running');

/** Whether a group has as many instances as it wants, and all of them work. */
export function groupServes(world: World, group: SimulatedGroup): boolean {
  const working = servingOf(world, group).filter(works).length;
  return !world.isLost(group.region) && group.desired > 0 && working >= group.desired;
}
