import type { DescribeNodegroupResponse } from '@aws-sdk/client-eks';
import * as z from 'zod';
import type { Plan } from '../../shared/plan/schema.ts';
import { ensureCluster, findCluster, standsFromStart } from '../kubernetes/cluster.ts';
import { keepHistory } from '../world/history.ts';
import type { SimulatedService, World } from '../world/world.ts';
import { onBuild } from './codebuild.ts';
import { makeClusters, strike } from './eks/clusters.ts';
import { nodegroupInput, nodegroupsOf, notFound, seenNodegroup } from './eks/nodegroups.ts';
import { makeNodegroup } from './eks/nodes.ts';
import { shown, updateNodegroup, updateVersion } from './eks/updates.ts';

/** The control plane of Amazon EKS. */
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

const listInput = z.object({ name: z.string(), nodegroupName: z.string() });

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
