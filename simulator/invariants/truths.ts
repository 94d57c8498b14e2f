import type { Mode } from '../../shared/runbook/contract.ts';
import { clustersOf, isProduction } from '../kubernetes/cluster.ts';
import { databaseHostFor, hostIn } from '../kubernetes/secret-host.ts';
import { damagedTables } from '../services/dynamodb/tables.ts';
import { isCluster } from '../services/rds/cluster-components.ts';
import { endpointOfCluster } from '../services/rds/clusters.ts';
import { databaseAt, endpointOf } from '../services/rds.ts';
import { acceleratorsOf, sideOf } from '../world/accelerators.ts';
import { componentsOf, userNames } from '../world/addresses.ts';
import { runningApplications } from '../world/applications.ts';
import { appDependencies } from '../world/dependencies.ts';
import { distributionsOf, originHostOf } from '../world/distributions.ts';
import { hostServes } from '../world/internet.ts';
import { isDamaged, isReadOnly } from '../world/sql-journal.ts';
import { type Side, servesTraffic, targetServes, whereUsersGo } from '../world/traffic.ts';
import type { World } from '../world/world.ts';

/**
 * Databases that applications write to now: the database takes writes, and a ready pod, a task or an instance is
 * connected to it. A drill's
 * copy is no production writer, so in a drill only what users reach counts.
 */
export function writersOf(world: World, mode: Mode): string[] {
  const hosts = new Set<string>();
  for (const cluster of clustersOf(world)) {
    if (world.isLost(cluster.region) || !isProduction(world.plan, cluster)) continue;
    if (mode === 'drill' && cluster.region !== world.plan.regions.primary) continue;
    for (const { pods, component } of cluster.deployments) {
      const own = component === undefined ? undefined : world.plan.components[component];
      // What a plan says that a workload uses is all of it: a frontend that uses nothing writes to no database.
      const said = own !== undefined && 'uses' in own && own.uses !== undefined;
      for (const pod of pods) {
        const host = pod.databaseHost ?? (said ? undefined : declaredHost(world, cluster.region));
        if (pod.ready && host) hosts.add(host);
      }
    }
  }
  for (const { region, uses } of runningApplications(world)) {
    if (mode === 'drill' && region !== world.plan.regions.primary) continue;
    const own = uses
      ? hostsAmong(world, uses)
      : [databaseHostFor(world, region) ?? declaredHost(world, region) ?? []].flat();
    for (const host of own) hosts.add(host);
  }
  const answering = (host: string) => databaseAt(world, host) ?? appDependencies(world).databaseAt(host);
  return [...hosts].filter(host => answering(host)?.writable && !isMadeReadOnly(world, host)).sort();
}

/**
 * The same, by whose data it is: two databases of which one was copied from the other must not both be written to, two
 * that have nothing to do with each other may. The key is the server that the data came from at first.
 */
export function writersByData(world: World, mode: Mode): Map<string, string[]> {
  return Map.groupBy(writersOf(world, mode), host => {
    const { serverAt, serverOf } = appDependencies(world);
    let server = serverAt(host);
    while (server.copyOf) server = serverOf(server.copyOf.id);
    return dataOf(world, host, server.id);
  });
}

/**
 * A database that was made anew from a dump has no ancestor, and takes the name of the one whose data it holds. Which
 * servers had these names at first is kept, since a swap renames them.
 */
function dataOf(world: World, host: string, root: string): string {
  const first = world.state('declared-servers', () => {
    const hosts = componentsOf(world.plan, 'rds-instance').map(one => endpointOf(one.region, one.identifier));
    return new Map(hosts.map(name => [appDependencies(world).serverAt(name).id, name]));
  });
  const known = first.get(root) ?? [...first.values()].find(name => name === host);
  return known ?? namesakeOf(world, root);
}

/** Servers that the system runs itself get each other's dumps: those with the same database hold the same data. */
function namesakeOf(world: World, host: string): string {
  const servers = [
    ...componentsOf(world.plan, 'postgres-server'),
    ...componentsOf(world.plan, 'mysql-server'),
  ];
  const own = servers.find(server => server.host === host);
  const first = servers.find(
    ({ region, database }) => region === world.plan.regions.primary && database === own?.database,
  );
  return first?.host ?? host;
}

/** The databases that somebody uses who uses these components: what their secrets say goes before what is declared. */
function hostsAmong(world: World, ids: readonly string[]): string[] {
  const used = ids.flatMap(id => world.plan.components[id] ?? []);
  const said = used.flatMap(component => {
    if (component.type !== 'secret') return [];
    const value = appDependencies(world).secretValue(component.name, component.region);
    return (value === undefined ? undefined : hostIn(value)) ?? [];
  });
  if (said.length > 0) return said;
  return used.flatMap(component => {
    if (component.type === 'rds-instance') return endpointOf(component.region, component.identifier);
    if (isCluster(component)) return endpointOfCluster(component);
    if (component.type === 'postgres-server' || component.type === 'mysql-server') return component.host;
    return [];
  });
}

/** The database of a region whose applications read no secret that the plan knows: the one that it declares there. */
function declaredHost(world: World, region: string): string | undefined {
  const [database] = componentsOf(world.plan, 'rds-instance').filter(one => one.region === region);
  if (database) return endpointOf(region, database.identifier);
  const cluster = Object.values(world.plan.components).find(one => isCluster(one) && one.region === region);
  return isCluster(cluster) ? endpointOfCluster(cluster) : undefined;
}

/** Whether the plan's database behind a host was made read-only by default, so that clients read and write nothing. */
function isMadeReadOnly(world: World, host: string): boolean {
  const declared = [
    ...componentsOf(world.plan, 'rds-instance'),
    ...componentsOf(world.plan, 'rds-cluster'),
    ...componentsOf(world.plan, 'postgres-server'),
  ];
  const names = new Set(declared.map(({ database }) => database));
  return [...names].some(name => isReadOnly(world, host, name));
}

/** Data that applications use now and that a disaster has made wrong. */
export function damagedData(world: World, mode: Mode): string[] {
  const names = Object.values(world.plan.components).flatMap(one =>
    'database' in one && typeof one.database === 'string' ? [one.database] : [],
  );
  const isWrong = (host: string) => names.some(name => isDamaged(world, host, name));
  const databases = writersOf(world, mode).filter(isWrong);
  return [...databases.map(host => `the database at ${host}`), ...damagedTables(world)];
}

/** Where the users of each name go, and whether that side could serve them. */
export function trafficSides(world: World): Map<string, { goes: Side; ready: boolean }> {
  const ready = { primary: servesTraffic(world, 'primary'), recovery: servesTraffic(world, 'recovery') };
  const names = userNames(world.plan).map(({ id }): [string, { goes: Side; ready: boolean }] => {
    const goes = whereUsersGo(world, id);
    return [id, { goes, ready: goes !== 'nowhere' && ready[goes] && targetServes(world, id, goes) }];
  });
  const accelerators = acceleratorsOf(world).map((one): [string, { goes: Side; ready: boolean }] => {
    const side = sideOf(one);
    const goes = one.enabled ? side : 'nowhere';
    return [one.id, { goes, ready: one.enabled && ready[side] && one.groups[side].answers }];
  });
  const distributions = distributionsOf(world).map((one): [string, { goes: Side; ready: boolean }] => {
    const host = originHostOf(one);
    const goes = host === undefined ? 'nowhere' : (one.sides[one.served] ?? 'nowhere');
    return [one.id, { goes, ready: host !== undefined && hostServes(world, host) }];
  });
  return new Map([...names, ...accelerators, ...distributions]);
}
