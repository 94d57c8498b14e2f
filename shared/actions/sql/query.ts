import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { ServiceUnavailableError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { connectionUrl } from '../../network/connection-url.ts';
import { rdsInstance, rdsRestoreTarget } from '../../plan/components.ts';
import type { Network } from '../../ports.ts';
import { defineAction, type Reason } from '../contract.ts';

const expectation = z
  .strictObject({
    equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
    min: z.number().optional(),
    max: z.number().optional(),
  })
  .refine(expect => Object.values(expect).some(value => value !== undefined), {
    message: 'say what is expected: equals, min or max',
  });
type Expectation = z.output<typeof expectation>;

const parameters = z.strictObject({
  database: z.discriminatedUnion('type', [rdsInstance, rdsRestoreTarget]),
  /** Host to connect to instead of the one in the credentials, such as the endpoint of a restored instance. */
  host: z.string().optional(),
  query: z.string(),
  expect: expectation,
});

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 30_000;

/**
 * Runs one query in a read-only transaction and compares the first column of the first row with what is expected.
 * A database that does not answer is asked again until the step's time is up; a wrong value fails the step.
 */
export const action = defineAction({
  kind: 'sql.query',
  summary: 'Runs a read-only query and compares its result',
  parameters,
  components: { database: ['rds-instance', 'rds-restore-target'] },
  outputs: { value: 'First column of the first row' },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0.05,
    likelySeconds: 0.5,
    maxSeconds: 30,
    source: 'Statement time-out of this action: 30 s',
  },
  failureModes: [
    'The database is not reachable from the function',
    'A count over a large table takes longer than the statement time-out',
    'The credentials belong to another database or user',
  ],
  permissions: ({ database }) => [secretReadPermission(database.credentials, database.region)],

  async prepare(context, { database, host, query, expect }) {
    if (database.type === 'rds-instance' && database.engine !== 'postgres') {
      return { status: 'refused', reasons: [notPostgres(database.id, database.engine)], evidence: [] };
    }
    const secret = await context.secret(database.credentials, database.region);
    // Says early, and before the database is needed, that the credentials can't be used.
    connectionUrl(secret, { host, port: database.port, database: database.database });
    const what = `Asks ${database.id} for: ${query} (${describe(expect)})`;
    return { status: 'ready', baseline: {}, evidence: [{ what }] };
  },

  async observe(context, { database, host, query, expect }) {
    const secret = await context.secret(database.credentials, database.region);
    const url = connectionUrl(secret, { host, port: database.port, database: database.database });
    const where = new URL(url).hostname;
    let rows: Record<string, unknown>[];
    try {
      rows = await readOnly(context.network, url, query);
    } catch (error) {
      if (error instanceof ServiceUnavailableError) return { status: 'pending', note: error.message };
      throw error;
    }
    const [row] = rows;
    if (!row) return { status: 'failed', reasons: [noRow(query, where)], evidence: [] };
    const value = toValue(Object.values(row)[0]);
    const data: JsonObject = { query, value, host: where, expected: describe(expect) };
    const wrong = mismatch(value, expect);
    if (wrong) {
      const evidence = [{ what: `${query} answered ${value} at ${where}`, data }];
      return { status: 'failed', reasons: [unexpected(query, where, wrong)], evidence };
    }
    const what = `${query} answered ${value} at ${where}, as expected (${describe(expect)})`;
    return { status: 'done', outputs: { value }, evidence: [{ what, data }] };
  },
});

type SqlPort = Pick<Network, 'sql'>;

async function readOnly(network: SqlPort, url: string, query: string): Promise<Record<string, unknown>[]> {
  const connection = await network.sql({ url, connectTimeoutMs, statementTimeoutMs });
  try {
    await connection.query('BEGIN TRANSACTION READ ONLY');
    const { rows } = await connection.query(query);
    await connection.query('ROLLBACK');
    return rows;
  } finally {
    await connection.end();
  }
}

/** A JSON value of what the driver gives; a bigint or numeric, which `pg` gives as text, becomes a number if it fits. */
export function toValue(raw: unknown): string | number | boolean | null {
  if (raw === null || raw === undefined) return null;
  if (typeof raw === 'number' || typeof raw === 'boolean') return raw;
  if (raw instanceof Date) return raw.toISOString();
  const text = typeof raw === 'object' ? JSON.stringify(raw) : String(raw);
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : text;
}

/** What does not fit, as words; undefined when the value is as expected. */
function mismatch(value: string | number | boolean | null, expect: Expectation): string | undefined {
  if (expect.equals !== undefined && toValue(expect.equals) !== value) {
    return `${value} instead of ${expect.equals}`;
  }
  if (expect.min === undefined && expect.max === undefined) return undefined;
  if (typeof value !== 'number') return `${value}, which is not a number`;
  if (expect.min !== undefined && value < expect.min) return `${value}, less than ${expect.min}`;
  if (expect.max !== undefined && value > expect.max) return `${value}, more than ${expect.max}`;
  return undefined;
}

function describe({ equals, min, max }: Expectation): string {
  const parts = [];
  if (equals !== undefined) parts.push(`equal to ${equals}`);
  if (min !== undefined) parts.push(`at least ${min}`);
  if (max !== undefined) parts.push(`at most ${max}`);
  return parts.join(', ');
}

function notPostgres(id: string, engine: string): Reason {
  return {
    what: `${id} runs ${engine}; sql.query speaks PostgreSQL only.`,
    mend: 'Check this database with an http.check of the application instead.',
  };
}

function noRow(query: string, where: string): Reason {
  return {
    what: `${query} returned no row at ${where}.`,
    mend: 'Look whether the data is there; write the query so that it always returns a row, such as with count(*).',
  };
}

function unexpected(query: string, where: string, wrong: string): Reason {
  return {
    what: `${query} answered ${wrong} at ${where}.`,
    mend: 'Compare with what the application shows; if data is missing, restore to another point in time.',
  };
}
