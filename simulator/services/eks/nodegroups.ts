import type { Issue, NodegroupScalingConfig, Update } from '@aws-sdk/client-eks';
import * as z from 'zod';
import { seenState } from '../../world/history.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

/** A managed node group: what EKS knows of it. Its nodes are the cluster's. */
export type SimulatedNodegroup = {
  cluster: string;
  region: string;
  name: string;
  scaling: Required<{ [Key in keyof NodegroupScalingConfig]: number }>;
  status: 'ACTIVE' | 'UPDATING';
  issues: Issue[];
  updates: (Update & { requestToken: string })[];
  nodesMade: number;
};

/** How most requests name one. */
export const nodegroupInput = z.object({ clusterName: z.string(), nodegroupName: z.string() });

export function nodegroupOf(world: World, call: Call, cluster: string, name: string): SimulatedNodegroup {
  return findNodegroup(nodegroupsOf(world), call, cluster, name);
}

/** The node group as a read sees it, which is the past while reads are stale. */
export function seenNodegroup(world: World, call: Call, cluster: string, name: string): SimulatedNodegroup {
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

export function nodegroupsOf(world: World): SimulatedNodegroup[] {
  return world.state<SimulatedNodegroup[]>('eks-nodegroups', () => []);
}

export function resourceOf({ cluster, name }: SimulatedNodegroup): string {
  return `eks/${cluster}/${name}`;
}

export function notFound(message: string): SimulatedAwsError {
  return new SimulatedAwsError('ResourceNotFoundException', message, 404);
}
