import type { Postgres } from '../postgres.ts';
import type { Tables } from './insert.ts';

const query = `SELECT c.relname AS name,
  (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
  (SELECT json_agg((SELECT json_agg(k.attname ORDER BY k.attnum) FROM pg_catalog.pg_attribute k
      WHERE k.attrelid = c.oid AND k.attnum = ANY (i.indkey)) ORDER BY i.indisprimary DESC)
    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique)::text AS keys
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r'`;

const known = new WeakMap<Postgres, Promise<Tables>>();

/** Tables of the data that a rehearsal begins with; asked once, since every run finds the same. */
export function tablesOf(embedded: Postgres): Promise<Tables> {
  const found = known.get(embedded) ?? ask(embedded);
  known.set(embedded, found);
  return found;
}

async function ask(embedded: Postgres): Promise<Tables> {
  const release = await embedded.acquire();
  try {
    const { rows } = await embedded.query(query);
    return new Map(
      rows.map(({ name, columns, keys }) => [
        String(name),
        { columns: JSON.parse(String(columns ?? '[]')), keys: JSON.parse(String(keys ?? '[]')) },
      ]),
    );
  } finally {
    release();
  }
}
