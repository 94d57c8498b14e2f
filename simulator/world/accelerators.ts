import type { ComponentOf } from '../../shared/plan/components.ts';
import { componentsOf, plainName } from './addresses.ts';
import { balancerServes, type LoadBalancer, loadBalancers } from './load-balancing.ts';
import type { World } from './world.ts';

/**
 * Until Global Accelerator has found out that an endpoint is ill or well again. It takes a load balancer's own health
 * checks over within some seconds; three checks at 10 s each for others (Developer Guide, endpoint groups).
 */
const noticeDuration = { minSeconds: 10, likelySeconds: 25, maxSeconds: 60 };

type Side = 'primary' | 'recovery';
export type AcceleratorGroup = {
  arn: string;
  region: string;
  balancer: LoadBalancer | undefined;
  dial: number;
  weight: number;
  /** What Global Accelerator knows, and what is so. */
  healthy: boolean;
  answers: boolean;
};
export type SimulatedAccelerator = {
  id: string;
  arn: string;
  names: string[];
  dnsName: string;
  enabled: boolean;
  /** Changes that not all edges have yet. */
  changes: number;
  groups: Record<Side, AcceleratorGroup>;
  /** What the edges go by, until a change has reached them. */
  served: Record<Side, { dial: number; weight: number }>;
};

export const acceleratorsOf = (world: World) =>
  world.state<SimulatedAccelerator[]>('accelerators', () =>
    componentsOf(world.plan, 'accelerator').map(component => arrange(world, component)),
  );

function arrange(world: World, component: ComponentOf<'accelerator'>): SimulatedAccelerator {
  const groupOf = (side: Side): AcceleratorGroup => {
    const { arn, loadBalancer, dial, weight } = component[side];
    const declared = world.plan.components[loadBalancer];
    const balancer =
      declared?.type === 'load-balancer' ? loadBalancers(world).get(plainName(declared.dnsName)) : undefined;
    const answers = balancer !== undefined && balancerServes(world, balancer);
    const region = balancer?.region ?? world.plan.regions[side];
    return { arn, region, balancer, dial, weight, answers, healthy: answers };
  };
  const groups = { primary: groupOf('primary'), recovery: groupOf('recovery') };
  const { id, arn, dnsName, hostname } = component;
  const names = [dnsName, ...(hostname === undefined ? [] : [hostname])].map(plainName);
  const served = { primary: { ...groups.primary }, recovery: { ...groups.recovery } };
  return { id, arn, names, dnsName, enabled: true, changes: 0, groups, served };
}

/** Lets Global Accelerator find out what changed behind it. Called at every change of the world. */
export function watchEndpoints(world: World): void {
  for (const accelerator of acceleratorsOf(world)) {
    for (const group of Object.values(accelerator.groups)) {
      const answers = group.balancer !== undefined && balancerServes(world, group.balancer);
      if (answers === group.answers) continue;
      group.answers = answers;
      const seconds = world.duration(noticeDuration, `accelerator/${group.arn}/${world.nowMs()}`);
      const said = `Its endpoint in ${group.region} counts as ${answers ? 'healthy' : 'unhealthy'}`;
      world.after(seconds, `accelerator/${accelerator.id}`, said, () => {
        if (group.answers === answers) group.healthy = answers;
      });
    }
  }
}

/**
 * The side that most users are sent to: the one whose dial is further open, if it is well and has a weight; then the
 * other, whatever its dial says; and where neither is well the first again (Developer Guide, "How failover works for
 * unhealthy endpoints").
 */
export function sideOf({ groups, served }: SimulatedAccelerator): Side {
  const first: Side = served.primary.dial >= served.recovery.dial ? 'primary' : 'recovery';
  const second: Side = first === 'primary' ? 'recovery' : 'primary';
  const takes = (side: Side) => groups[side].healthy && served[side].weight > 0;
  return takes(first) || !takes(second) ? first : second;
}

/** The accelerator that a host name leads to, if any. */
export function acceleratorAt(world: World, host: string): SimulatedAccelerator | undefined {
  return acceleratorsOf(world).find(({ names }) => names.includes(plainName(host)));
}
