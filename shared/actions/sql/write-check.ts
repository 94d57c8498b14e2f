import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { isReadOnlyRefusal } from '../../network/sql-errors.ts';
import { defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import {
  dialectAt,
  hostParameter,
  silenceOf,
  sqlDatabase,
  sqlDatabaseTypes,
  urlOf,
  withSql,
} from '../sql-database.ts';

const parameters = z.strictObject({
  database: sqlDatabase,
  host: hostParameter,
  statement: z.string().optional().meta({
    description:
      'A write that is tried and rolled back; without it, the write probe of the component, which is kept',
  }),
});

const statementTimeoutMs = 10_000;

/** Proves that a database takes writes. A test row never stays: it is rolled back, or it is the heartbeat's own row. */
export const action = defineAction({
  kind: 'sql.write-check',
  summary: 'Checks that a database takes writes, and leaves no test row behind',
  parameters,
  components: { database: [...sqlDatabaseTypes] },
  outputs: { host: 'Host that took the write', milliseconds: 'How long it took' },
  drill: 'same',
  mutates: false,
  asks: 'database',
  typical: {
    minSeconds: 0.05,
    likelySeconds: 0.5,
    maxSeconds: 120,
    source: 'One statement; longer while a failover ends',
  },
  failureModes: [
    'The host is a replica, or still in recovery',
    'The disk is full, or the database was set read-only',
    'The user of the checks may not write',
    'MySQL: a table of MyISAM keeps what was tried; the step says so, and fails',
  ],
  permissions: ({ database }) => [secretReadPermission(database.credentials, database.region)],

  async prepare(context, wanted) {
    const inDrill = refuseProductionInDrill(
      context,
      wanted.database.region,
      `the database ${wanted.database.id}`,
    );
    if (inDrill) return inDrill;
    const { statement } = wanted;
    const dialect = dialectAt(wanted);
    if (statement !== undefined && dialect.commitsByItself(statement)) {
      const what = `"${statement.trim().slice(0, 80)}" commits by itself in ${dialect.name}, so it would stay.`;
      const mend = 'Try an INSERT or UPDATE instead, or leave the statement out for the write probe.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    await urlOf(context, wanted);
    return { status: 'ready', baseline: {}, evidence: [] };
  },

  async observe(context, wanted) {
    const { database, statement } = wanted;
    const { tookAllBack } = dialectAt(wanted);
    try {
      return await withSql(context, wanted, statementTimeoutMs, async (connection, host) => {
        const startedAt = context.clock.now().getTime();
        if (statement === undefined) await connection.query(database.writeProbe);
        else {
          await connection.query('START TRANSACTION');
          await connection.query(statement);
          await connection.query('ROLLBACK');
          if ((await tookAllBack?.(connection)) === false) {
            return { status: 'failed', reasons: [stayed(statement, host)], evidence: [] };
          }
        }
        const milliseconds = context.clock.now().getTime() - startedAt;
        const kept = statement === undefined ? 'the write probe' : 'a write that was rolled back';
        const what = `${host} took ${kept} in ${milliseconds} ms`;
        return { status: 'done', outputs: { host, milliseconds }, evidence: [{ what, data: { host } }] };
      });
    } catch (error) {
      // It ends when the standby has become the writer.
      if (isReadOnlyRefusal(error)) return { status: 'pending', note: String((error as Error).message) };
      return { status: 'pending', note: silenceOf(error) };
    }
  },
});

function stayed(statement: string, host: string) {
  return {
    what: `${host} took the write, and did not take it back: the table's storage engine knows no transactions. What "${statement.trim().slice(0, 80)}" wrote is still there.`,
    mend: 'Remove it by hand, and try a table of InnoDB, or leave the statement out for the write probe.',
  };
}
