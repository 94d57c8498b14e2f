import type { ComponentOf } from '../plan/components.ts';
import type { Permission } from './contract.ts';
import { clusterPermission } from './k8s-permission.ts';

/** What changing a node group in one way needs. */
export function nodegroupPermissions(
  { cluster, name, region }: ComponentOf<'eks-nodegroup'>,
  change: `eks:${string}`,
): Permission[] {
  const arn = `arn:\${AWS::Partition}:eks:${region}:\${AWS::AccountId}`;
  const nodegroup = `${arn}:nodegroup/${cluster}/${name}/*`;
  return [
    clusterPermission(cluster, region),
    { actions: ['eks:DescribeNodegroup', change], resources: [nodegroup] },
    {
      actions: ['eks:ListUpdates', 'eks:DescribeUpdate'],
      resources: [`${arn}:cluster/${cluster}`, nodegroup],
    },
  ];
}
