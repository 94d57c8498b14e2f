import type { DescribeNodegroupResponse, Issue, NodegroupScalingConfig, Update } from '@aws-sdk/client-eks';
import * as z from 'zod';
import type { ComponentOf } from '../../shared/plan/components.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import {
  clustersOf,
  ensureCluster,
  findCluster,
  type SimulatedCluster,
  standsFromStart,
} from '../kubernetes/cluster.ts';
import { endPod, reconcile } from '../kubernetes/controllers.ts';
import { failNodes, silence } from '../kubernetes/strikes.ts';
import { componentsOf } from '../world/addresses.ts';
import { keepHistory, seenState } from '../world/history.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';
import { joinCluster } from './autoscaling.ts';
import { type BuildEffect, onBuild } from './codebuild.ts';
import { replaceInstances, strikeNodeInstances } from './eks/node-instances.ts';

/** Seconds that EKS takes to hand a new size to the Auto Scaling group. Experience with scaling-only updates. */
const updateDuration = { minSeconds: 10, likelySeconds: 25, maxSeconds: 60 };
/** From the launch of an instance until its node is Ready: boot, kubelet, network plug-in. Experience: 1 to 4 min. */
const nodeDuration = { minSeconds: 60, likelySeconds: 110, maxSeconds: 240 };
/** Draining and ending an instance. */
const nodeEndDuration = { minSeconds: 30, likelySeconds: 60, maxSeconds: 180 };

/** Replacing all nodes of a small group. Experience: 10 to 40 min. */
const versionDuration = { minSeconds: 400, likelySeconds: 900, maxSeconds: 2400 };
/** Until failed status checks end an instance: two checks a minute apart, and what Auto Scaling takes to act. */
const replacementDuration = { minSeconds: 120, likelySeconds: 240, maxSeconds: 480 };

type SimulatedNodegroup = {
  cluster: string;
  region: string;
  name: string;
  scaling: Required<{ [Key in keyof NodegroupScalingConfig]: number }>;
  status: 'ACTIVE' | 'UPDATING';
  issues: Issue[];
  updates: (Update & { requestToken: string })[];
  nodesMade: number;
};

/** The control plane of Amazon EKS: node groups, their updates, and how nodes come and go. */
export const service: SimulatedService = {
  name: 'eks',
  operations: {
    DescribeCluster: (world, call) => {
      const { name } = z.object({ name: z.string() }).parse(call.input);
      if (!findCluster(world, name, call.region)) throw notFound(`No cluster found for name: ${name}.`);
      return {
        cluster: {
          name,
          status: 'ACTIVE',
          version: '1.34',
          endpoint: `https://${name}.${call.region}.eks.amazonaws.com`,
          certificateAuthority: { data: Buffer.from(`simulated certificate of ${name}`).toString('base64') },
        },
      };
    },
    DescribeNodegroup: (world, call): DescribeNodegroupResponse => {
      const { nodegroupName, clusterName } = nodegroupInput.parse(call.input);
      const { scaling, status, issues } = seenNodegroup(world, call, clusterName, nodegroupName);
      return {
        nodegroup: { clusterName, nodegroupName, status, scalingConfig: { ...scaling }, health: { issues } },
      };
    },
    UpdateNodegroupConfig: updateNodegroup,
    UpdateNodegroupVersion: updateVersion,
    ListUpdates: (world, call) => {
      const { name, nodegroupName } = listInput.parse(call.input);
      return { updateIds: seenNodegroup(world, call, name, nodegroupName).updates.map(update => update.id) };
    },
    DescribeUpdate: (world, call) => {
      const { name, nodegroupName, updateId } = listInput.extend({ updateId: z.string() }).parse(call.input);
      const update = seenNodegroup(world, call, name, nodegroupName).updates.find(
        ({ id }) => id === updateId,
      );
      if (!update) throw notFound(`No update found for ID: ${updateId}`);
      return { update: shown(update) };
    },
  },
  arrange,
  strike,
};

const nodegroupInput = z.object({ clusterName: z.string(), nodegroupName: z.string() });
const listInput = z.object({ name: z.string(), nodegroupName: z.string() });
const updateInput = nodegroupInput.extend({
  scalingConfig: z.object({ minSize: z.number(), maxSize: z.number(), desiredSize: z.number() }),
  clientRequestToken: z.string(),
});

/** Node groups of the plan, with the capacity that they have while they stand by. */
function arrange(world: World, plan: Plan): void {
  for (const component of Object.values(plan.components)) {
    if (component.type === 'eks-cluster' && !component.onDemand) {
      ensureCluster(world, component.name, component.region);
    }
    if (component.type === 'eks-nodegroup' && standsFromStart(plan, component)) {
      makeNodegroup(world, component);
    }
  }
  onBuild(world, makeClusters);
  keepHistory(world, 'eks', () => nodegroupsOf(world));
}

function makeNodegroup(world: World, component: Omit<ComponentOf<'eks-nodegroup'>, 'id'>): void {
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

/** Infrastructure code that ends well has made its clusters with their nodes, or taken them away. */
const makeClusters: BuildEffect = (world, { project, region, variables }) => {
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

function updateNodegroup(world: World, call: Call): { update: Update } {
  const input = updateInput.parse(call.input);
  const nodegroup = nodegroupOf(world, call, input.clusterName, input.nodegroupName);
  const known = nodegroup.updates.find(update => update.requestToken === input.clientRequestToken);
  if (known) return { update: shown(known) };
  if (nodegroup.status === 'UPDATING') {
    const message = `Cannot update nodegroup ${nodegroup.name}: another update is in progress`;
    throw new SimulatedAwsError('ResourceInUseException', message, 409);
  }
  const { minSize, maxSize, desiredSize } = input.scalingConfig;
  if (minSize > desiredSize || desiredSize > maxSize || maxSize < 1) {
    const message = `Minimum ${minSize}, desired ${desiredSize} and maximum ${maxSize} are not in order`;
    throw new SimulatedAwsError('InvalidParameterException', message, 400);
  }
  const update = {
    id: updateId(world, nodegroup),
    requestToken: input.clientRequestToken,
    status: 'InProgress' as Update['status'],
    type: 'ConfigUpdate' as const,
    createdAt: world.now(),
    params: [
      { type: 'MinSize' as const, value: String(minSize) },
      { type: 'MaxSize' as const, value: String(maxSize) },
      { type: 'DesiredSize' as const, value: String(desiredSize) },
    ],
    errors: [],
  };
  nodegroup.updates.push(update);
  nodegroup.status = 'UPDATING';
  const resource = resourceOf(nodegroup);
  world.changed(resource, `Size changes from ${nodegroup.scaling.desiredSize} to ${desiredSize}`, 'lifeboat');
  world.after(
    world.duration(updateDuration, `update/${resource}/${nodegroup.updates.length}`),
    resource,
    'Size was changed',
    () => {
      nodegroup.scaling = input.scalingConfig;
      nodegroup.status = 'ACTIVE';
      update.status = 'Successful';
      fitNodes(world, nodegroup);
    },
  );
  return { update: shown(update) };
}

const versionInput = nodegroupInput.extend({
  force: z.boolean().default(false),
  clientRequestToken: z.string(),
  releaseVersion: z.string().optional(),
});

/** Nodes of the newest release come first, then the old ones are drained; without force a budget can stop that. */
function updateVersion(world: World, call: Call): { update: Update } {
  const input = versionInput.parse(call.input);
  const nodegroup = nodegroupOf(world, call, input.clusterName, input.nodegroupName);
  const known = nodegroup.updates.find(update => update.requestToken === input.clientRequestToken);
  if (known) return { update: shown(known) };
  if (nodegroup.status === 'UPDATING') {
    const message = `Cannot update nodegroup ${nodegroup.name}: another update is in progress`;
    throw new SimulatedAwsError('ResourceInUseException', message, 409);
  }
  const update: SimulatedNodegroup['updates'][number] = {
    id: updateId(world, nodegroup),
    requestToken: input.clientRequestToken,
    status: 'InProgress',
    type: 'VersionUpdate',
    createdAt: world.now(),
    params: [{ type: 'ReleaseVersion', value: input.releaseVersion ?? 'latest' }],
    errors: [],
  };
  nodegroup.updates.push(update);
  nodegroup.status = 'UPDATING';
  const resource = resourceOf(nodegroup);
  world.changed(resource, `Nodes of ${nodegroup.name} are replaced`, 'lifeboat');
  const cluster = ensureCluster(world, nodegroup.cluster, nodegroup.region);
  const old = cluster.nodes.filter(node => node.nodegroup === nodegroup.name && !node.leaving);
  const held = !input.force && cluster.objects.some(({ plural }) => plural === 'poddisruptionbudgets');
  const seconds = world.duration(versionDuration, `version/${resource}/${nodegroup.updates.length}`);
  const barred = world.faults.has('nodes-never-join');
  for (const _ of held || barred ? [] : old) launchNode(world, cluster, nodegroup);
  const end = held ? 'Pods could not be evicted' : barred ? 'No new node joined' : 'All nodes were replaced';
  world.after(seconds, resource, end, () => {
    nodegroup.status = 'ACTIVE';
    if (held || barred) {
      update.status = 'Failed';
      update.errors = held
        ? [{ errorCode: 'PodEvictionFailure', errorMessage: 'Reached max retries on eviction' }]
        : [{ errorCode: 'NodeCreationFailure', errorMessage: 'Instances failed to join the cluster' }];
      return;
    }
    update.status = 'Successful';
    for (const node of old) node.leaving = true;
    cluster.nodes = cluster.nodes.filter(node => !old.includes(node));
    replaceInstances(world, nodegroup.region, nodegroup.name);
    reconcile(world, cluster);
  });
  return { update: shown(update) };
}

/** What a disaster does to clusters and their nodes. */
function strike(world: World, blow: Blow): (() => boolean) | undefined {
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

/** The Auto Scaling group ends instances whose checks fail and launches others in their place. */
function replaceNodes(
  world: World,
  cluster: SimulatedCluster,
  nodegroup: SimulatedNodegroup,
  nodes: readonly SimulatedCluster['nodes'][number][],
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

/** Launches and ends nodes until there are as many as desired. */
function fitNodes(world: World, nodegroup: SimulatedNodegroup): void {
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

function launchNode(world: World, cluster: SimulatedCluster, nodegroup: SimulatedNodegroup): void {
  const node = newNode(nodegroup, false);
  cluster.nodes.push(node);
  const key = `node/${nodegroup.region}/${node.name}`;
  world.after(world.duration(nodeDuration, key), resourceOf(nodegroup), `Node ${node.name} is Ready`, () => {
    node.ready = true;
    reconcile(world, cluster);
  });
}

function newNode(nodegroup: SimulatedNodegroup, ready: boolean): SimulatedCluster['nodes'][number] {
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

function updateId(world: World, nodegroup: SimulatedNodegroup): string {
  const part = (name: string, digits: number) =>
    Math.floor(world.random(`${name}/${resourceOf(nodegroup)}/${nodegroup.updates.length}`) * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${part('update-id-1', 8)}-${part('update-id-2', 8)}`;
}

function shown({ requestToken: _, ...update }: SimulatedNodegroup['updates'][number]): Update {
  return { ...update };
}

function nodegroupOf(world: World, call: Call, cluster: string, name: string): SimulatedNodegroup {
  return findNodegroup(nodegroupsOf(world), call, cluster, name);
}

/** The node group as a read sees it, which is the past while reads are stale. */
function seenNodegroup(world: World, call: Call, cluster: string, name: string): SimulatedNodegroup {
  return findNodegroup(seenState(world, 'eks', nodegroupsOf(world)), call, cluster, name);
}

function findNodegroup(
  nodegroups: readonly SimulatedNodegroup[],
  { region }: Call,
  cluster: string,
  name: string,
): SimulatedNodegroup {
  const found = nodegroups.find(
    nodegroup => nodegroup.region === region && nodegroup.cluster === cluster && nodegroup.name === name,
  );
  if (!found) throw notFound(`No node group found for name: ${name}.`);
  return found;
}

function nodegroupsOf(world: World): SimulatedNodegroup[] {
  return world.state<SimulatedNodegroup[]>('eks-nodegroups', () => []);
}

function resourceOf({ cluster, name }: SimulatedNodegroup): string {
  return `eks/${cluster}/${name}`;
}

function notFound(message: string): SimulatedAwsError {
  return new SimulatedAwsError('ResourceNotFoundException', message, 404);
}
