import { sqlError } from '../../network/sql-errors.ts';
import type { Scratch } from './file.ts';

/** What is used of PGlite. */
export type Pglite = {
  exec(sql: string): Promise<unknown>;
  query(sql: string): Promise<{ rows: unknown[] }>;
  close(): Promise<void>;
};

/** An embedded Postgres as a verification uses it: nothing of it is kept. */
export function scratchOf(database: Pglite): Scratch {
  return {
    async exec(sql) {
      await database.exec(sql);
    },
    async query(text) {
      try {
        const { rows } = await database.query(text);
        return { rows: rows as Record<string, unknown>[] };
      } catch (error) {
        const { message = String(error), code } = error as { message?: string; code?: string };
        throw sqlError('the embedded Postgres', { message, code, cause: error });
      }
    },
    end: () => database.close(),
  };
}
