import { join } from 'node:path';
import { InvalidInputError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { dialectOfDatabase } from '../../shared/sql/dialects/dialects.ts';
import { appDependencies } from './dependencies.ts';
import { NotPlayed } from './mysql/expressions.ts';
import { scriptToPostgres } from './mysql/to-postgres.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import type { PostgresOf } from './simulated-sql.ts';
import type { World } from './world.ts';

/**
 * Starts the data of a plan's rehearsal: one embedded PostgreSQL for all databases, or one for each that the plan names
 * data for. Call it early and await the answers late. The returned function finds the one for a host in a world: that
 * of the component whose data the host holds, the first one for a host that no component has.
 */
export function startDatabases(
  plan: Pick<Plan, 'rehearsal' | 'components'>,
  planDirectory: string,
): (world: World) => PostgresOf {
  const { database, outageStart } = plan.rehearsal;
  const asOfMs = Date.parse(outageStart);
  if (database === undefined || typeof database === 'string') {
    const only = startPostgres(
      database && join(planDirectory, database),
      undefined,
      languageOf(plan),
      asOfMs,
    );
    return () => () => only;
  }
  const byComponent = new Map(
    Object.entries(database).map(([id, file]): [string, Promise<Postgres>] => [
      id,
      startPostgres(join(planDirectory, file), undefined, languageOf(plan, id), asOfMs),
    ]),
  );
  return world => host => {
    const component = componentAt(world, host);
    const [first = startPostgres()] = byComponent.values();
    return (component !== undefined ? byComponent.get(component) : undefined) ?? first;
  };
}

/**
 * How the data of a component is read: in the words of its engine. One file for all is in MySQL's words where every
 * database of the plan is of MySQL or MariaDB.
 */
function languageOf({ components }: Pick<Plan, 'components'>, id?: string): (sql: string) => string {
  const engines = Object.entries(components).flatMap(([key, component]) =>
    'writeProbe' in component && (id === undefined || id === key)
      ? ['engine' in component ? component.engine : 'postgres']
      : [],
  );
  const ofMysql =
    engines.length > 0 && engines.every(engine => dialectOfDatabase({ engine }).name === 'MySQL');
  if (!ofMysql) return sql => sql;
  return sql => {
    try {
      return scriptToPostgres(sql, { database: '', engine: engines[0] ?? 'mysql' });
    } catch (error) {
      if (!(error instanceof NotPlayed)) throw error;
      throw new InvalidInputError(`The data of the rehearsal can't be read: ${error.message}`, {
        nextStep:
          'Mend the SQL file that `rehearsal.database` in the plan names. It is read in the words of MySQL, since every database of the plan runs it.',
        cause: error,
      });
    }
  };
}

/** The SQL files, beside the plan, that hold the data of its rehearsal. */
export function dataFilesOf({ rehearsal: { database } }: Pick<Plan, 'rehearsal'>): string[] {
  if (database === undefined) return [];
  return typeof database === 'string' ? [database] : Object.values(database);
}

/** Id of the component whose data a host holds: a copy has its source's. Hosts hold identifier and region. */
function componentAt(world: World, host: string): string | undefined {
  const { serverAt, serverOf } = appDependencies(world);
  let server = serverAt(host);
  const names = [host, server.id];
  while (server.copyOf) {
    server = serverOf(server.copyOf.id);
    names.push(server.id);
  }
  const root = names.at(-1) ?? host;
  const found = Object.entries(world.plan.components).find(([, component]) => {
    if (component.type === 'rds-restore-target') return false;
    if ('host' in component && component.host === host) return true;
    if (!('identifier' in component) || !root.includes(component.region)) return false;
    return root.startsWith(`${component.identifier}.`) || root.endsWith(`/${component.identifier}`);
  });
  return found?.[0];
}
