import * as z from 'zod';
import { base } from './base.ts';

/** EKS clusters and what runs in them. */

export const eksCluster = z.strictObject({
  ...base,
  type: z.literal('eks-cluster'),
  name: z.string(),
});

export const eksNodegroup = z.strictObject({
  ...base,
  type: z.literal('eks-nodegroup'),
  cluster: z.string(),
  name: z.string(),
  /** Capacity while it stands by; what undo goes back to is read from AWS, not from here. */
  standbySize: z.number().int().nonnegative(),
});

export const k8sDeployment = z.strictObject({
  ...base,
  type: z.literal('k8s-deployment'),
  cluster: z.string(),
  namespace: z.string(),
  name: z.string(),
  container: z.string(),
  /** Id of the target group that its pods register with, if users reach it. */
  targetGroup: z.string().optional(),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const kubernetesComponents = [eksCluster, eksNodegroup, k8sDeployment] as const;
