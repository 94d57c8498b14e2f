import { clustersOf, ensureCluster, findCluster, type SimulatedCluster } from '../../kubernetes/cluster.ts';
import { endPod, reconcile } from '../../kubernetes/controllers.ts';
import { failNodes, silence } from '../../kubernetes/strikes.ts';
import { componentsOf } from '../../world/addresses.ts';
import type { Blow, World } from '../../world/world.ts';
import { joinCluster } from '../autoscaling/instances.ts';
import type { BuildEffect } from '../codebuild.ts';
import { strikeNodeInstances } from './node-instances.ts';
import { nodegroupsOf } from './nodegroups.ts';
import { makeNodegroup, replaceNodes } from './nodes.ts';

/** How whole clusters are made by infrastructure code, and what disasters do to them and their nodes. */

/** Infrastructure code that ends well has made its clusters with their nodes, or taken them away. */
export const makeClusters: BuildEffect = (world, { project, region, variables }) => {
  const takesAway = Object.values(variables).some(value => /^(delete|destroy)$/i.test(value));
  const projects = componentsOf(world.plan, 'codebuild-project');
  for (const { name, region: where, madeBy } of componentsOf(world.plan, 'eks-cluster')) {
    if (!projects.some(({ id, ...one }) => id === madeBy && one.name === project && one.region === region))
      continue;
    const cluster = findCluster(world, name, where);
    if (takesAway && cluster) loseCluster(world, cluster);
    if (takesAway || cluster) continue;
    ensureCluster(world, name, where);
    for (const group of componentsOf(world.plan, 'eks-nodegroup')) {
      if (group.cluster === name && group.region === where) makeNodegroup(world, group);
    }
    joinCluster(world, name, where);
    world.changed(`k8s/${name}`, `The cluster ${name} is there with its nodes`);
  }
  return {};
};

/** What a disaster does to clusters and their nodes. */
export function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type === 'eks-cluster') {
    const cluster = ensureCluster(world, component.name, component.region);
    if (blow.type === 'failure') return silence(world, cluster, blow.selfHealing);
    if (blow.type === 'loss') return loseCluster(world, cluster);
  }
  if (component.type === 'ec2-instances') return strikeNodeInstances(world, blow);
  if (component.type !== 'eks-nodegroup') return undefined;
  const cluster = ensureCluster(world, component.cluster, component.region);
  const nodegroup = nodegroupsOf(world).find(
    ({ name, cluster: of, region }) =>
      name === component.name && of === component.cluster && region === component.region,
  );
  if (!nodegroup || (blow.type !== 'failure' && blow.type !== 'loss')) return undefined;
  const nodes = cluster.nodes.filter(node => node.nodegroup === component.name);
  const holds = failNodes(world, cluster, node => nodes.includes(node));
  if (blow.type === 'loss') {
    cluster.nodes = cluster.nodes.filter(node => !nodes.includes(node));
    nodegroup.scaling = { ...nodegroup.scaling, minSize: 0, desiredSize: 0 };
    reconcile(world, cluster);
    return () => !cluster.nodes.some(node => node.nodegroup === component.name && node.ready);
  }
  if (blow.selfHealing) replaceNodes(world, cluster, nodegroup, nodes);
  return holds;
}

/** The control plane, its nodes and all that ran on them are gone; infrastructure code has to make them anew. */
function loseCluster(world: World, cluster: SimulatedCluster): () => boolean {
  for (const deployment of cluster.deployments) {
    for (const pod of deployment.pods) endPod(world, cluster, deployment, pod);
  }
  const clusters = clustersOf(world);
  clusters.splice(clusters.indexOf(cluster), 1);
  const others = nodegroupsOf(world).filter(({ cluster: of }) => of !== cluster.name);
  nodegroupsOf(world).splice(0, Number.POSITIVE_INFINITY, ...others);
  world.changed(`k8s/${cluster.name}`, `The cluster ${cluster.name} is gone`);
  return () => findCluster(world, cluster.name, cluster.region) === undefined;
}
