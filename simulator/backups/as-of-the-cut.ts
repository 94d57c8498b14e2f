import type { Network, SqlOptions } from '../../shared/ports.ts';
import { databaseAt } from '../services/rds.ts';
import type { World } from '../world/world.ts';

/**
 * The data of a rehearsal is of one moment, `dataAtMs`. What a restored copy answers is moved to the moment that the copy
 * was cut at, so that its newest row is as old there as it is in the data. `counts` says of which copies.
 */
export function asOfTheCut(
  world: World,
  connect: Network['sql'],
  dataAtMs: number,
  counts: (host: string) => boolean = () => true,
): Network['sql'] {
  return async (options: SqlOptions) => {
    const connection = await connect(options);
    const { hostname } = new URL(options.url);
    const cutAt = counts(hostname) ? databaseAt(world, hostname)?.cutAt : undefined;
    if (!cutAt) return connection;
    const shiftMs = cutAt.getTime() - dataAtMs;
    return {
      ...connection,
      async query(text) {
        const { rows } = await connection.query(text);
        return {
          rows: rows.map(row =>
            Object.fromEntries(Object.entries(row).map(([key, value]) => [key, moved(value, shiftMs)])),
          ),
        };
      },
    };
  };
}

const moved = (value: unknown, shiftMs: number) =>
  value instanceof Date ? new Date(value.getTime() + shiftMs) : value;
