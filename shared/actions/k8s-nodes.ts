import * as z from 'zod';
import { parse } from '../kubernetes/api.ts';
import { patchObject } from '../kubernetes/object-api.ts';
import { conditionHolds, type Node, nodeListSchema } from '../kubernetes/objects.ts';
import type { KubernetesAccess } from '../ports.ts';
import type { ActionContext, Observation, Reason } from './contract.ts';
import { recordChange } from './k8s-object.ts';

/** What cordon and drain have in common. */

export const nodesSchema = z
  .union([z.literal('not-ready'), z.array(z.string()).min(1)])
  .meta({ description: 'Names of nodes, or not-ready for all that are not Ready' });

export async function chooseNodes(
  context: ActionContext,
  access: KubernetesAccess,
  wanted: z.output<typeof nodesSchema>,
): Promise<{ chosen: Node[]; unknown: string[] }> {
  const path = '/api/v1/nodes';
  const { body } = await context.kubernetes(access, { method: 'GET', path });
  const nodes = parse(nodeListSchema, body, path).items;
  if (wanted === 'not-ready') {
    return { chosen: nodes.filter(node => !conditionHolds(node.status.conditions, 'Ready')), unknown: [] };
  }
  const names = nodes.map(({ metadata }) => metadata.name);
  return {
    chosen: nodes.filter(({ metadata }) => wanted.includes(metadata.name)),
    unknown: wanted.filter(name => !names.includes(name)),
  };
}

export async function setUnschedulable(
  context: ActionContext,
  access: KubernetesAccess,
  name: string,
  unschedulable: boolean,
): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Node', name };
  const what = unschedulable ? `Node ${name} closed for new pods` : `Node ${name} opened again`;
  await recordChange(context, access, 'Patch', ref, what);
  await patchObject(context, access, ref, { spec: { unschedulable } });
}

/** Opens the nodes again that were closed; those that are gone since need nothing. */
export async function uncordonAll(
  context: ActionContext,
  access: KubernetesAccess,
  names: readonly string[],
): Promise<Observation> {
  if (names.length === 0) return { status: 'done', outputs: {}, evidence: [] };
  const { chosen } = await chooseNodes(context, access, [...names]);
  const closed = chosen.filter(node => node.spec.unschedulable);
  for (const { metadata } of closed) await setUnschedulable(context, access, metadata.name, false);
  if (closed.length > 0) return { status: 'pending', note: `${closed.length} nodes are being opened again` };
  return { status: 'done', outputs: {}, evidence: [{ what: `${names.join(', ')} take pods again` }] };
}

export function noSuchNodes(cluster: string, names: readonly string[]): Reason {
  return {
    what: `Cluster ${cluster} has no node ${names.join(', ')}.`,
    mend: 'Take the names from `kubectl get nodes`; a node that was replaced has a new one.',
  };
}
