import type { ComponentOf } from '../../../shared/plan/components.ts';
import { ensureCluster, type SimulatedCluster, type SimulatedNode } from '../../kubernetes/cluster.ts';
import { reconcile } from '../../kubernetes/controllers.ts';
import type { World } from '../../world/world.ts';
import { nodegroupsOf, resourceOf, type SimulatedNodegroup } from './nodegroups.ts';

/** How node groups come with their nodes, and how nodes come and go. */

/** From the launch of an instance until its node is Ready: boot, kubelet, network plug-in. Experience: 1 to 4 min. */
const nodeDuration = { minSeconds: 60, likelySeconds: 110, maxSeconds: 240 };
/** Draining and ending an instance. */
const nodeEndDuration = { minSeconds: 30, likelySeconds: 60, maxSeconds: 180 };
/** Until failed status checks end an instance: two checks a minute apart, and what Auto Scaling takes to act. */
const replacementDuration = { minSeconds: 120, likelySeconds: 240, maxSeconds: 480 };

/** A node group with the capacity that it has while it stands by. */
export function makeNodegroup(world: World, component: Omit<ComponentOf<'eks-nodegroup'>, 'id'>): void {
  const cluster = ensureCluster(world, component.cluster, component.region);
  const size = component.standbySize;
  const nodegroup: SimulatedNodegroup = {
    cluster: component.cluster,
    region: component.region,
    name: component.name,
    scaling: { minSize: size, maxSize: Math.max(size, 1), desiredSize: size },
    status: 'ACTIVE',
    issues: [],
    updates: [],
    nodesMade: 0,
  };
  nodegroupsOf(world).push(nodegroup);
  for (let count = 0; count < size; count++) cluster.nodes.push(newNode(nodegroup, true));
}

/** Launches and ends nodes until there are as many as desired. */
export function fitNodes(world: World, nodegroup: SimulatedNodegroup): void {
  const cluster = ensureCluster(world, nodegroup.cluster, nodegroup.region);
  const staying = cluster.nodes.filter(node => node.nodegroup === nodegroup.name && !node.leaving);
  for (let count = staying.length; count < nodegroup.scaling.desiredSize; count++) {
    launchNode(world, cluster, nodegroup);
  }
  for (const node of staying.slice(nodegroup.scaling.desiredSize)) {
    node.leaving = true;
    const key = `node-end/${nodegroup.region}/${node.name}`;
    world.after(
      world.duration(nodeEndDuration, key),
      resourceOf(nodegroup),
      `Node ${node.name} is gone`,
      () => {
        cluster.nodes = cluster.nodes.filter(other => other !== node);
      },
    );
  }
  reconcile(world, cluster);
}

export function launchNode(world: World, cluster: SimulatedCluster, nodegroup: SimulatedNodegroup): void {
  const node = newNode(nodegroup, false);
  cluster.nodes.push(node);
  const key = `node/${nodegroup.region}/${node.name}`;
  world.after(world.duration(nodeDuration, key), resourceOf(nodegroup), `Node ${node.name} is Ready`, () => {
    node.ready = true;
    reconcile(world, cluster);
  });
}

function newNode(nodegroup: SimulatedNodegroup, ready: boolean): SimulatedNode {
  nodegroup.nodesMade += 1;
  return {
    name: `${nodegroup.name}-${nodegroup.nodesMade}`,
    nodegroup: nodegroup.name,
    ready,
    leaving: false,
    zone: `${nodegroup.region}${zones[(nodegroup.nodesMade - 1) % zones.length]}`,
  };
}

/** Node groups spread their nodes over the zones of their subnets, which are three in most regions. */
const zones = ['a', 'b', 'c'];

/** The Auto Scaling group ends instances whose checks fail and launches others in their place. */
export function replaceNodes(
  world: World,
  cluster: SimulatedCluster,
  nodegroup: SimulatedNodegroup,
  nodes: readonly SimulatedNode[],
): void {
  for (const node of nodes) {
    const key = `replace/${nodegroup.region}/${node.name}`;
    const seconds = world.duration(replacementDuration, key);
    world.after(seconds, resourceOf(nodegroup), `Node ${node.name} is replaced`, () => {
      cluster.nodes = cluster.nodes.filter(other => other !== node);
      launchNode(world, cluster, nodegroup);
      reconcile(world, cluster);
    });
  }
}
