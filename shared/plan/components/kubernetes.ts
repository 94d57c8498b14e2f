import * as z from 'zod';
import { id } from '../sections/base.ts';
import { base, secretReference } from './base.ts';

/** EKS clusters and what runs in them. */

export const eksCluster = z.strictObject({
  ...base,
  type: z.literal('eks-cluster'),
  name: z.string(),
  madeBy: id.optional().meta({
    description:
      'Id of the codebuild-project that makes it anew; a build with a variable that says delete takes it away',
  }),
  test: z
    .boolean()
    .default(false)
    .meta({ description: 'Holds nothing of production: tests and drills work in it' }),
  onDemand: z
    .boolean()
    .default(false)
    .meta({ description: 'Not there until a recovery has it made, by the project that `madeBy` names' }),
});

export const eksNodegroup = z.strictObject({
  ...base,
  type: z.literal('eks-nodegroup'),
  cluster: z.string(),
  name: z.string(),
  /** Capacity while it stands by; what undo goes back to is read from AWS, not from here. */
  standbySize: z.number().int().nonnegative(),
});

/** What every object in a cluster has. */
const placed = { ...base, cluster: z.string(), namespace: z.string(), name: z.string() };

/** What runs pods. */
const workload = {
  ...placed,
  container: z.string(),
  image: z
    .string()
    .optional()
    .meta({ description: 'Image that is known to be good; a digest says exactly which' }),
  replicas: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .meta({ description: 'Pods while all is well; a rehearsal begins with as many' }),
  autoscaler: z
    .strictObject({ min: z.number().int().positive(), max: z.number().int().positive() })
    .refine(({ min, max }) => min <= max, 'min is at most max')
    .optional()
    .meta({
      description: 'Limits of its HorizontalPodAutoscaler, of the same name; a rehearsal begins with them',
    }),
  uses: z.array(id).optional().meta({
    description:
      'Databases, caches and secrets without which its pods are not Ready; [] for none. Without it a rehearsal takes it that they connect to the database which the first secret of their region names',
  }),
};

export const k8sDeployment = z.strictObject({
  ...workload,
  type: z.literal('k8s-deployment'),
  /** Id of the target group that its pods register with, if users reach it. */
  targetGroup: z.string().optional(),
});

export const k8sStatefulset = z.strictObject({
  ...workload,
  type: z.literal('k8s-statefulset'),
  database: z
    .strictObject({
      host: z.string().meta({ description: 'Host name of its service, as clients have it' }),
      port: z.number().int().default(5432),
      name: z.string(),
      credentials: secretReference,
      writeProbe: z.string(),
    })
    .optional()
    .meta({ description: 'The PostgreSQL server that it runs, if it runs one' }),
  service: z.string().optional().meta({ description: 'The Service that leads to its pods' }),
});

export const k8sCronjob = z.strictObject({
  ...placed,
  type: z.literal('k8s-cronjob'),
  dumps: z
    .strictObject({
      database: id.meta({ description: 'Id of the postgres-server that its Jobs dump' }),
      buckets: z.array(id).min(1).meta({ description: 'Ids of the s3-buckets that each dump is put into' }),
      prefix: z.string(),
      suffix: z.string().default('.dump'),
    })
    .optional()
    .meta({ description: 'Where its Jobs put dumps, each with its manifest; a rehearsal puts them there' }),
});

/** An object that no type of its own is for, such as a ConfigMap or a DaemonSet. */
const k8sObject = z.strictObject({
  ...placed,
  type: z.literal('k8s-object'),
  apiVersion: z.string(),
  kind: z.string(),
  content: z
    .record(z.string(), z.json())
    .default({})
    .meta({ description: 'What else a rehearsal finds in it, such as spec' }),
});

const k8sNamespace = z.strictObject({
  ...base,
  type: z.literal('k8s-namespace'),
  cluster: z.string(),
  name: z.string(),
  onDemand: z
    .boolean()
    .default(false)
    .meta({ description: 'Not there, with all that is in it, until a run makes it; such as one for tests' }),
  veleroSchedule: z
    .string()
    .optional()
    .meta({ description: 'Velero schedule that backs it up; its backups are named after it' }),
});

export const k8sSecret = z.strictObject({
  ...placed,
  type: z.literal('k8s-secret'),
  keys: z.array(z.string()).optional().meta({ description: 'Keys that its consumers read' }),
});

const k8sIngress = z.strictObject({ ...placed, type: z.literal('k8s-ingress') });

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const kubernetesComponents = [
  eksCluster,
  eksNodegroup,
  k8sDeployment,
  k8sStatefulset,
  k8sCronjob,
  k8sNamespace,
  k8sSecret,
  k8sIngress,
  k8sObject,
] as const;
