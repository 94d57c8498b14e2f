import * as z from 'zod';
import { cachesComponents } from './components/caches.ts';
import { computeComponents } from './components/compute.ts';
import { dataComponents } from './components/data.ts';
import { docdbNeptuneComponents } from './components/docdb-neptune.ts';
import { dynamodbComponents } from './components/dynamodb.ts';
import { firewallComponents } from './components/firewalls.ts';
import { kubernetesComponents } from './components/kubernetes.ts';
import { networkComponents } from './components/network.ts';
import { queueComponents } from './components/queues.ts';
import { rdsComponents } from './components/rds.ts';
import { rdsClusterComponents } from './components/rds-clusters.ts';
import { secretsComponents } from './components/secrets.ts';

export * from './components/caches.ts';
export * from './components/compute.ts';
export * from './components/data.ts';
export * from './components/docdb-neptune.ts';
export * from './components/dynamodb.ts';
export * from './components/firewalls.ts';
export * from './components/kubernetes.ts';
export * from './components/network.ts';
export * from './components/queues.ts';
export * from './components/rds.ts';
export * from './components/rds-clusters.ts';
export * from './components/secrets.ts';

/**
 * Components are the parts of the system that a plan acts on, declared once with their topology. A step names a
 * component by its id; the compiler bakes the whole component into the step. A new type goes into the file of its
 * family under `components/`, and into the list at that file's end.
 */
export const componentSchema = z.discriminatedUnion('type', [
  ...rdsComponents,
  ...rdsClusterComponents,
  ...docdbNeptuneComponents,
  ...cachesComponents,
  ...dynamodbComponents,
  ...secretsComponents,
  ...dataComponents,
  ...kubernetesComponents,
  ...networkComponents,
  ...computeComponents,
  ...firewallComponents,
  ...queueComponents,
]);
export type Component = z.infer<typeof componentSchema>;
export type ComponentType = Component['type'];
export type ComponentOf<T extends ComponentType> = Extract<Component, { type: T }>;

/** Databases that exist, of which one takes the writes. */
export const databaseTypes = [
  'rds-instance',
  'rds-cluster',
  'docdb-cluster',
  'neptune-cluster',
  'postgres-server',
  'mysql-server',
] as const satisfies readonly ComponentType[];
