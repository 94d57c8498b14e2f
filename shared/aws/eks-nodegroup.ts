import {
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  type EKSClient,
  ListUpdatesCommand,
  type ListUpdatesCommandOutput,
  type Nodegroup,
  type Update,
  UpdateNodegroupConfigCommand,
  UpdateNodegroupVersionCommand,
  type UpdateType,
} from '@aws-sdk/client-eks';
import * as z from 'zod';
import type { ComponentOf } from '../plan/components.ts';
import { type CallContext, isNamed, request } from './aws-errors.ts';

type Component = ComponentOf<'eks-nodegroup'>;

/** How many nodes a managed node group may and should have. */
export const scalingSchema = z.object({
  minSize: z.number().int(),
  maxSize: z.number().int(),
  desiredSize: z.number().int(),
});
export type Scaling = z.infer<typeof scalingSchema>;

/** `undefined` when there is no such node group. */
export async function readNodegroup(client: EKSClient, component: Component): Promise<Nodegroup | undefined> {
  try {
    const command = new DescribeNodegroupCommand({
      clusterName: component.cluster,
      nodegroupName: component.name,
    });
    const reply = await request(callOf('DescribeNodegroup', component), () => client.send(command));
    return reply.nodegroup;
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

/** The scaling configuration in numbers; EKS always sends all three. */
export function scalingOf(nodegroup: Nodegroup): Scaling {
  return scalingSchema.parse(nodegroup.scalingConfig);
}

/**
 * Asks for a scaling configuration. `turned-away` when another update of the node group is under way, which EKS
 * refuses with ResourceInUseException; the same token may be used again later.
 */
export async function requestScaling(
  client: EKSClient,
  component: Component,
  scaling: Scaling,
  clientRequestToken: string,
): Promise<'accepted' | 'turned-away'> {
  const command = new UpdateNodegroupConfigCommand({
    clusterName: component.cluster,
    nodegroupName: component.name,
    scalingConfig: scaling,
    clientRequestToken,
  });
  try {
    await request(callOf('UpdateNodegroupConfig', component), () => client.send(command));
    return 'accepted';
  } catch (error) {
    if (isNamed(error, 'ResourceInUseException')) return 'turned-away';
    throw error;
  }
}

/** Ids of all updates that the node group ever had; EKS says nothing about their order. */
export async function listUpdateIds(client: EKSClient, component: Component): Promise<string[]> {
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ListUpdatesCommand({
      name: component.cluster,
      nodegroupName: component.name,
      nextToken,
    });
    const page: ListUpdatesCommandOutput = await request(callOf('ListUpdates', component), () =>
      client.send(command),
    );
    ids.push(...(page.updateIds ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return ids;
}

/** Updates that set this desired size and are not among the ids known from before. */
export async function findScalingUpdates(
  client: EKSClient,
  component: Component,
  size: number,
  knownIds: readonly string[],
): Promise<Update[]> {
  const ids = (await listUpdateIds(client, component)).filter(id => !knownIds.includes(id));
  const found: Update[] = [];
  for (const updateId of ids) {
    const command = new DescribeUpdateCommand({
      name: component.cluster,
      nodegroupName: component.name,
      updateId,
    });
    const { update } = await request(callOf('DescribeUpdate', component), () => client.send(command));
    if (update?.params?.some(({ type, value }) => type === 'DesiredSize' && value === String(size))) {
      found.push(update);
    }
  }
  return found;
}

/**
 * Asks for nodes of another release. The token makes a repeated call the same one; another update that is under way
 * is a refusal of EKS (ResourceInUseException), which is thrown.
 */
export async function requestVersion(
  client: EKSClient,
  component: Component,
  version: { force: boolean; releaseVersion?: string; clientRequestToken: string },
): Promise<void> {
  const command = new UpdateNodegroupVersionCommand({
    clusterName: component.cluster,
    nodegroupName: component.name,
    ...version,
  });
  await request(callOf('UpdateNodegroupVersion', component), () => client.send(command));
}

/** The newest update of this type that is not among the ids known from before. */
export async function findUpdate(
  client: EKSClient,
  component: Component,
  type: UpdateType,
  knownIds: readonly string[],
): Promise<Update | undefined> {
  const ids = (await listUpdateIds(client, component)).filter(id => !knownIds.includes(id));
  let newest: Update | undefined;
  for (const updateId of ids) {
    const command = new DescribeUpdateCommand({
      name: component.cluster,
      nodegroupName: component.name,
      updateId,
    });
    const { update } = await request(callOf('DescribeUpdate', component), () => client.send(command));
    const later = (update?.createdAt?.getTime() ?? 0) >= (newest?.createdAt?.getTime() ?? 0);
    if (update?.type === type && later) newest = update;
  }
  return newest;
}

function callOf(operation: string, { region }: Component): CallContext {
  return { call: `eks.${operation}`, region };
}
