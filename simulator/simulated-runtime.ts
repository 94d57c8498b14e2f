import { createSecretReader } from '../shared/aws/secret-reader.ts';
import type { connectBackups } from '../shared/backups/port.ts';
import type { RecordStore } from '../shared/incident/record-store.ts';
import type { Runtime, Settings } from '../shared/runtime.ts';
import { connectPods } from './kubernetes/arrange.ts';
import { onPodsReady } from './kubernetes/cluster.ts';
import { serveClusterDatabases } from './kubernetes/cluster-databases.ts';
import { simulateKubernetes, simulateKubernetesExec } from './kubernetes/simulate-kubernetes.ts';
import { lookAgainAfter } from './world/functions.ts';
import { createInternet } from './world/internet.ts';
import { setTargets } from './world/load-balancing.ts';
import { simulatedRedis } from './world/redis.ts';
import { simulatedClients } from './world/simulated-clients.ts';
import { type PostgresOf, simulatedSql } from './world/simulated-sql.ts';
import type { World } from './world/world.ts';

/** Ready pods become targets of the group that their deployment serves; several clusters may serve the same one. */
export function registerPods(world: World): void {
  const registered = new Map<string, readonly string[]>();
  onPodsReady(world, ready => {
    for (const [id, component] of Object.entries(world.plan.components)) {
      if (component.type !== 'k8s-deployment' || component.targetGroup === undefined) continue;
      const group = world.plan.components[component.targetGroup];
      const same = component.cluster === ready.cluster && component.namespace === ready.namespace;
      if (!same || component.name !== ready.deployment || group?.type !== 'target-group') continue;
      registered.set(`${group.arn} ${id}`, ready.addresses);
      const ids = [...registered].flatMap(([key, ips]) => (key.startsWith(`${group.arn} `) ? ips : []));
      setTargets(world, group.arn, [...new Set(ids)]);
    }
  });
}

/**
 * What handlers get in a rehearsal: every port answered by the simulated world. `connect` is for plans whose steps make
 * or prove backups: it knows every service that keeps some, and loads slowly.
 */
export function createRuntime(
  world: World,
  settings: Settings,
  store: RecordStore,
  postgres: PostgresOf,
  connect?: typeof connectBackups,
): Runtime {
  serveClusterDatabases(world);
  connectPods(world);
  const aws = simulatedClients(world, world.plan.regions);
  const runtime: Runtime = {
    plan: world.plan,
    settings,
    clock: { now: () => world.now() },
    pause: lookAgainAfter,
    store,
    aws,
    network: {
      ...createInternet(world),
      sql: simulatedSql(world, postgres),
      redis: simulatedRedis(world),
    },
    kubernetes: simulateKubernetes(world),
    kubernetesExec: simulateKubernetesExec(world),
    secret: createSecretReader(aws),
    log: () => {},
  };
  return { ...runtime, backups: connect?.(runtime) };
}
