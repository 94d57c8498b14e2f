import type { Update } from '@aws-sdk/client-eks';
import * as z from 'zod';
import { ensureCluster } from '../../kubernetes/cluster.ts';
import { reconcile } from '../../kubernetes/controllers.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { replaceInstances } from './node-instances.ts';
import { nodegroupInput, nodegroupOf, resourceOf, type SimulatedNodegroup } from './nodegroups.ts';
import { fitNodes, launchNode } from './nodes.ts';

/** Updates of node groups: another size, and nodes of another release. */

/** Seconds that EKS takes to hand a new size to the Auto Scaling group. Experience with scaling-only updates. */
const updateDuration = { minSeconds: 10, likelySeconds: 25, maxSeconds: 60 };
/** Replacing all nodes of a small group. Experience: 10 to 40 min. */
const versionDuration = { minSeconds: 400, likelySeconds: 900, maxSeconds: 2400 };

type NodegroupUpdate = SimulatedNodegroup['updates'][number];

const updateInput = nodegroupInput.extend({
  scalingConfig: z.object({ minSize: z.number(), maxSize: z.number(), desiredSize: z.number() }),
  clientRequestToken: z.string(),
});

export function updateNodegroup(world: World, call: Call): { update: Update } {
  const input = updateInput.parse(call.input);
  const nodegroup = nodegroupOf(world, call, input.clusterName, input.nodegroupName);
  const known = underWay(nodegroup, input.clientRequestToken);
  if (known) return { update: shown(known) };
  const { minSize, maxSize, desiredSize } = input.scalingConfig;
  if (minSize > desiredSize || desiredSize > maxSize || maxSize < 1) {
    const message = `Minimum ${minSize}, desired ${desiredSize} and maximum ${maxSize} are not in order`;
    throw new SimulatedAwsError('InvalidParameterException', message, 400);
  }
  const update = begin(world, nodegroup, input.clientRequestToken, {
    type: 'ConfigUpdate',
    params: [
      { type: 'MinSize', value: String(minSize) },
      { type: 'MaxSize', value: String(maxSize) },
      { type: 'DesiredSize', value: String(desiredSize) },
    ],
  });
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
export function updateVersion(world: World, call: Call): { update: Update } {
  const input = versionInput.parse(call.input);
  const nodegroup = nodegroupOf(world, call, input.clusterName, input.nodegroupName);
  const known = underWay(nodegroup, input.clientRequestToken);
  if (known) return { update: shown(known) };
  const update = begin(world, nodegroup, input.clientRequestToken, {
    type: 'VersionUpdate',
    params: [{ type: 'ReleaseVersion', value: input.releaseVersion ?? 'latest' }],
  });
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

/** The update that this request has begun already. Throws while another one is in progress. */
function underWay(nodegroup: SimulatedNodegroup, requestToken: string): NodegroupUpdate | undefined {
  const known = nodegroup.updates.find(update => update.requestToken === requestToken);
  if (known || nodegroup.status !== 'UPDATING') return known;
  const message = `Cannot update nodegroup ${nodegroup.name}: another update is in progress`;
  throw new SimulatedAwsError('ResourceInUseException', message, 409);
}

function begin(
  world: World,
  nodegroup: SimulatedNodegroup,
  requestToken: string,
  { type, params }: Pick<Update, 'type' | 'params'>,
): NodegroupUpdate {
  const update: NodegroupUpdate = {
    id: updateId(world, nodegroup),
    requestToken,
    status: 'InProgress',
    type,
    createdAt: world.now(),
    params,
    errors: [],
  };
  nodegroup.updates.push(update);
  nodegroup.status = 'UPDATING';
  return update;
}

function updateId(world: World, nodegroup: SimulatedNodegroup): string {
  const part = (name: string, digits: number) =>
    Math.floor(world.random(`${name}/${resourceOf(nodegroup)}/${nodegroup.updates.length}`) * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${part('update-id-1', 8)}-${part('update-id-2', 8)}`;
}

export function shown({ requestToken: _, ...update }: NodegroupUpdate): Update {
  return { ...update };
}
