import { parseManifest } from '../../shared/aws/file-manifest.ts';
import type { Component } from '../../shared/plan/components.ts';
import { dumpSources } from '../kubernetes/dump-jobs.ts';
import { menders } from '../world/assumed-repairs.ts';
import { noteReplication } from '../world/own-servers.ts';
import { isDamaged, record, restoreInto } from '../world/sql-journal.ts';
import type { SimulatedService } from '../world/world.ts';
import { type BuildEffect, onBuild } from './codebuild.ts';
import { clusterEndpointOf, endpointOf } from './rds.ts';
import { readObject } from './s3.ts';
import { mendServer, stopServers, strikeServer } from './sql/own-server-disasters.ts';

/**
 * The data in databases, whoever runs them, and the servers that a system runs itself. It answers no calls of AWS; it plays
 * the disasters in which the data itself is wrong, or such a server fails.
 */
export const service: SimulatedService = {
  name: 'sql',
  operations: {},
  arrange(world) {
    onBuild(world, restoreDump);
    for (const type of ['postgres-server', 'mysql-server'] as const) {
      menders(world).set(type, ({ id }) => mendServer(world, id));
    }
    world.onChange(() => noteReplication(world));
  },
  returnRegion: stopServers,
  strike(world, blow) {
    if (blow.type === 'failure' || blow.type === 'loss') return strikeServer(world, blow);
    if (blow.type !== 'corruption') return undefined;
    const place = placeOf(blow.component);
    if (!place) return undefined;
    const atMs = world.outageStartedAtMs - blow.noticedAfter * 1000;
    record(world, place.host, place.database, { atMs, text: blow.damage, damage: true });
    world.changed(`sql/${blow.component.id}`, `The data of ${blow.component.id} has been wrong for a while`);
    return () => isDamaged(world, place.host, place.database);
  },
};

/**
 * What the build of sql.restore-dump does: a new database with what the system's database held when the dump began.
 * A dump that no Job of this world made is of where the primary region's database of this name is.
 */
const restoreDump: BuildEffect = (world, { variables }): ReturnType<BuildEffect> => {
  const {
    NEW_DATABASE: made,
    LIVE_DATABASE: live,
    DUMP_POINT_TIME: pointTime,
    LIFEBOAT_COMPONENT: id,
  } = variables;
  if (!made || !live || !pointTime || !id) return {};
  const component = world.plan.components[id];
  const target = component && placeOf({ ...component, id });
  const host = variables.DATABASE_HOST || target?.host;
  if (!host) return { failed: `could not translate host name of ${id} to address` };
  const places = Object.entries(world.plan.components).flatMap(([key, one]) => {
    const place = placeOf({ ...one, id: key });
    return place && place.database === live ? [{ ...place, region: one.region }] : [];
  });
  const key = variables.DUMP_KEY ?? '';
  const source =
    dumpSources(world).get(`${variables.DUMP_BUCKET}/${key}`) ??
    places.find(({ region }) => region === world.plan.regions.primary)?.host ??
    target?.host ??
    host;
  if (made === live) return { failed: 'LIFEBOAT: the new database has the name of the live one' };
  restoreInto(world, host, made, { host: source, database: live, untilMs: Date.parse(pointTime) });
  const manifest = parseManifest(readObject(world, variables.DUMP_BUCKET ?? '', `${key}.manifest.json`));
  const tables = (variables.COUNT_TABLES ?? '').split(' ').filter(Boolean);
  // A whole file has the rows that were counted when it was made.
  const rows = tables.map((table): [string, number] => [table, manifest?.rows?.[table] ?? 0]);
  return {
    RESTORED_FORMAT: formatOf(key),
    RESTORED_ROWS: JSON.stringify(Object.fromEntries(rows)),
  };
};

/** What a dump is in, by its name: the restore itself looks at the first bytes. */
function formatOf(key: string): string {
  if (key.endsWith('.gz')) return 'gzip';
  return /\.(?:pg)?dump$/.test(key) ? 'custom' : 'plain';
}

/** Where a component's data is asked for; undefined for a component that is no database. */
export function placeOf(component: Component): { host: string; database: string } | undefined {
  if (component.type === 'rds-instance') {
    const { region, identifier, database } = component;
    return { host: endpointOf(region, identifier), database };
  }
  if (component.type === 'rds-cluster') {
    const { region, identifier, database } = component;
    return { host: clusterEndpointOf(region, identifier), database };
  }
  if ('host' in component && 'database' in component) {
    const { host, database } = component;
    if (typeof host === 'string' && typeof database === 'string') return { host, database };
  }
  return undefined;
}
