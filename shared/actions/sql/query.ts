import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import type { JsonObject } from '../../json.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import {
  describeExpectation,
  expectation,
  type Found,
  lossSeconds,
  mismatch,
} from '../../sql/expectation.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import {
  firstValue,
  hostParameter,
  readOnly,
  silenceOf,
  sqlDatabase,
  sqlDatabaseTypes,
  toValue,
  urlOf,
  withSql,
} from '../sql-database.ts';

export { toValue } from '../sql-database.ts';

const parameters = z.strictObject({
  database: sqlDatabase,
  host: hostParameter,
  name: z
    .string()
    .optional()
    .meta({ description: 'Another database of the same server, such as the one that sql.restore-dump made' }),
  query: z.string(),
  expect: expectation,
  becomesWithin: durationSchema.optional().meta({
    description:
      'How long the answer may take to become the expected one, such as on a replica; at once without it',
  }),
  timeout: durationSchema
    .default(30)
    .refine(seconds => seconds <= 100, 'at most 100s: a function can not wait longer')
    .meta({ description: 'How long the query may take' }),
});
type Parameters = z.output<typeof parameters>;

/**
 * Runs one query in a read-only transaction and compares what it answers with what is expected. A database that does
 * not answer is asked again until the step's time is up; a wrong value fails the step.
 */
export const action = defineAction({
  kind: 'sql.query',
  summary: 'Runs a read-only query and compares its result',
  parameters,
  components: { database: [...sqlDatabaseTypes] },
  outputs: {
    value: 'First column of the first row',
    rows: 'How many rows there were',
    lossSeconds: 'With `newest`: seconds of data that are missing; otherwise null, since nothing measures it',
  },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  asks: 'database',
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

  async prepare(context, wanted) {
    const { database, query, expect } = wanted;
    // Says early, and before the database is needed, that the credentials can't be used.
    await urlOf(context, wanted);
    const what = `Asks ${database.id} for: ${query} (${describeExpectation(expect)})`;
    return { status: 'ready', baseline: {}, evidence: [{ what }] };
  },

  async observe(context, wanted) {
    const { query, expect } = wanted;
    const { outageStartedAt } = context.run;
    let found: Found & { host: string };
    try {
      found = await ask(context, wanted);
    } catch (error) {
      return { status: 'pending', note: silenceOf(error) };
    }
    const { host, value, rows } = found;
    if (rows === 0 && !expect.noRows) {
      return { status: 'failed', reasons: [noRow(query, host)], evidence: [] };
    }
    const expected = describeExpectation(expect);
    const lost = expect.newest ? lossSeconds(value, expect.newest.before ?? outageStartedAt) : undefined;
    const data: JsonObject = { query, value, rows, host, expected, lossSeconds: lost ?? null };
    const wrong = mismatch(found, expect, { outageStartedAt, now: context.clock.now() });
    if (wrong && context.elapsedSeconds < (wanted.becomesWithin ?? 0)) {
      return { status: 'pending', note: `${query} answers ${wrong} at ${host}` };
    }
    if (wrong) {
      const evidence = [{ what: `${query} answered ${value} at ${host}`, data }];
      return { status: 'failed', reasons: [unexpected(query, host, wrong)], evidence };
    }
    const loss = expect.newest && lost !== undefined ? `; ${formatDuration(lost)} of data are missing` : '';
    const answer = expect.noRows ? 'no row' : value;
    const what = `${query} answered ${answer} at ${host}, as expected (${expected})${loss}`;
    return {
      status: 'done',
      outputs: { value, rows, lossSeconds: lost ?? null },
      evidence: [{ what, data }],
    };
  },
});

async function ask(context: ActionContext, wanted: Parameters): Promise<Found & { host: string }> {
  const { query, expect, timeout } = wanted;
  const found = await withSql(context, wanted, timeout * 1000, async (connection, host) => {
    const rows = await readOnly(connection, query);
    return { value: toValue(firstValue(rows)), rows: rows.length, host };
  });
  if (!expect.sameAs) return found;
  const place = { ...wanted, host: expect.sameAs.host ?? wanted.host };
  const other = await withSql(context, place, timeout * 1000, connection =>
    readOnly(connection, expect.sameAs?.query ?? query),
  );
  return { ...found, other: toValue(firstValue(other)) };
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
