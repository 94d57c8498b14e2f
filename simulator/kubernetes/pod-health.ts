import * as z from 'zod';
import type { Component } from '../../shared/plan/components.ts';
import { endpointOf } from '../services/rds.ts';
import { appDependencies } from '../world/dependencies.ts';
import type { World } from '../world/world.ts';
import type { SimulatedCluster, SimulatedDeployment, SimulatedPod } from './cluster.ts';
import { databaseHostFor, hostIn } from './secret-host.ts';
import { findObject } from './store.ts';

/**
 * What a pod reads when it starts, and whether its readiness probe succeeds: the process runs, its image is good, its
 * node is there, and everything that it needs answers.
 */

const envSchema = z.array(
  z.object({
    name: z.string(),
    value: z.string().optional(),
    valueFrom: z
      .object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() })
      .optional(),
  }),
);

/** The environment of the workload's container now; `missing` names a Secret that does not exist. */
export function readEnvironment(
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
): { env: Record<string, string>; missing?: string } {
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of declaredEnv(deployment)) {
    if (value !== undefined) env[name] = value;
    const reference = valueFrom?.secretKeyRef;
    if (!reference) continue;
    const secret = findObject(cluster, 'v1', 'secrets', deployment.namespace, reference.name);
    const data = secret && z.record(z.string(), z.string()).safeParse(secret.body.data).data;
    const encoded = data?.[reference.key];
    if (encoded === undefined) return { env, missing: reference.name };
    env[name] = Buffer.from(encoded, 'base64').toString('utf8');
  }
  return { env };
}

function declaredEnv({ manifest, container }: SimulatedDeployment): z.infer<typeof envSchema> {
  const shape = z.object({
    spec: z.object({
      template: z.object({
        spec: z.object({
          containers: z.array(z.looseObject({ name: z.string(), env: z.unknown().optional() })),
        }),
      }),
    }),
  });
  const containers = shape.safeParse(manifest).data?.spec.template.spec.containers ?? [];
  const own = containers.find(({ name }) => name === container) ?? containers[0];
  return envSchema.safeParse(own?.env).data ?? [];
}

/** The database that the application connects to: what its environment says, else what it uses, else its region's. */
export function databaseHostOf(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  env: Record<string, string>,
): string | undefined {
  for (const value of Object.values(env)) {
    const host = hostIn(value);
    if (host !== undefined) return host;
  }
  const used = usedBy(world, deployment);
  // What the plan does not know, such as a controller of the platform, is connected to no database of it.
  if (deployment.component === undefined) return undefined;
  if (!used) return isDatabase(world, deployment) ? undefined : databaseHostFor(world, cluster.region);
  for (const component of used) {
    if (component.type === 'postgres-server' || component.type === 'mysql-server') return component.host;
    if (component.type === 'k8s-statefulset' && component.database) return component.database.host;
  }
  const secret = used.find(component => component.type === 'secret');
  const value = secret && appDependencies(world).secretValue(secret.name, secret.region);
  return value === undefined ? undefined : hostIn(value);
}

export function isHealthy(
  world: World,
  cluster: SimulatedCluster,
  deployment: SimulatedDeployment,
  pod: SimulatedPod,
): boolean {
  pod.lacks = lackedBy(world, deployment, pod);
  if (pod.crashed || deployment.badImages?.includes(pod.image ?? '')) return false;
  if (cluster.nodes.some(({ name, ready }) => name === pod.node && !ready)) return false;
  return pod.lacks === undefined;
}

/** What a pod needs and does not get, for its readiness probe to say; a person has nothing else to go by. */
function lackedBy(world: World, deployment: SimulatedDeployment, pod: SimulatedPod): string | undefined {
  if (pod.databaseHost !== undefined && !appDependencies(world).databaseAt(pod.databaseHost)) {
    return `no database answers at ${pod.databaseHost}`;
  }
  const used = usedBy(world, deployment) ?? [];
  const lacked = used.find(component => !answers(world, component, pod.databaseHost !== undefined));
  return lacked && `${lacked.id} does not answer`;
}

function usedBy(world: World, { component }: SimulatedDeployment): Component[] | undefined {
  const own = component === undefined ? undefined : world.plan.components[component];
  if (!own || !('uses' in own)) return undefined;
  return own.uses?.flatMap(id => world.plan.components[id] ?? []);
}

function isDatabase(world: World, { component }: SimulatedDeployment): boolean {
  const own = component === undefined ? undefined : world.plan.components[component];
  return own?.type === 'k8s-statefulset' && own.database !== undefined;
}

/** Whether what a pod needs answers. With a secret that says where, the database's own name does not count. */
function answers(world: World, component: Component, told: boolean): boolean {
  const { databaseAt, secretValue, componentAnswers } = appDependencies(world);
  const known = componentAnswers.get(component.type)?.(component);
  if (known !== undefined) return known;
  switch (component.type) {
    case 'secret':
      return secretValue(component.name, component.region) !== undefined;
    case 'rds-instance':
      return told || databaseAt(endpointOf(component.region, component.identifier)) !== undefined;
    default:
      return !world.isLost(component.region);
  }
}
