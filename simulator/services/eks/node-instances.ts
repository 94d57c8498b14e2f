import { clustersOf, type SimulatedCluster, type SimulatedNode } from '../../kubernetes/cluster.ts';
import { reconcile } from '../../kubernetes/controllers.ts';
import { failNodes } from '../../kubernetes/strikes.ts';
import { addInstance, fleetOf, type SimulatedInstance, works } from '../../world/fleet.ts';
import type { Blow, World } from '../../world/world.ts';

/**
 * EC2 instances behind the nodes of a managed node group. EKS puts its own tag on them (EKS user guide, "Managed node
 * groups"), and that is how a plan names them. What happens to an instance happens to its node.
 */
const groupTag = 'eks:nodegroup-name';

type Pair = { cluster: SimulatedCluster; node: SimulatedNode; instance: SimulatedInstance };

/** Lets nodes be NotReady while the instances below them do not answer, and Ready again with them. */
export function strikeNodeInstances(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (type !== 'failure' || component.type !== 'ec2-instances' || component.tag?.key !== groupTag)
    return undefined;
  const group = component.tag.value;
  const instances = instancesOf(world, component.region, group);
  const clusters = clustersOf(world).filter(({ region }) => region === component.region);
  const pairs = clusters.flatMap(cluster =>
    nodesOf(cluster, group).flatMap((node, index): Pair[] => {
      const instance = instances[index];
      return instance ? [{ cluster, node, instance }] : [];
    }),
  );
  if (pairs.length === 0) return undefined;
  const holds = clusters.map(cluster =>
    failNodes(world, cluster, node => pairs.some(pair => pair.cluster === cluster && pair.node === node)),
  );
  world.onChange(() => follow(pairs, world));
  return () => holds.some(each => each());
}

function follow(pairs: readonly Pair[], world: World): void {
  for (const { cluster, node, instance } of pairs) {
    if (node.ready || !works(instance) || !cluster.nodes.includes(node)) continue;
    node.ready = true;
    reconcile(world, cluster);
  }
}

/** The instances of a group's old nodes end, and others have taken their place. */
export function replaceInstances(world: World, region: string, group: string): void {
  const old = instancesOf(world, region, group);
  for (const instance of old) instance.state = 'terminated';
  old.forEach(({ tags }, number) => {
    const key = `${region}/${group}/${fleetOf(world).length}`;
    addInstance(world, { key, number, region, state: 'running', tags });
  });
}

function instancesOf(world: World, region: string, group: string): SimulatedInstance[] {
  return fleetOf(world).filter(
    one => one.region === region && one.tags[groupTag] === group && one.state !== 'terminated',
  );
}

const nodesOf = ({ nodes }: SimulatedCluster, group: string) =>
  nodes.filter(({ nodegroup, leaving }) => nodegroup === group && !leaving);
