import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { RequestRejectedError } from '../../errors.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import {
  dialectAt,
  hostParameter,
  needsPostgres,
  readOnly,
  silenceOf,
  sqlDatabase,
  sqlDatabaseTypes,
  urlOf,
  withSql,
} from '../sql-database.ts';

const parameters = z.strictObject({
  database: sqlDatabase,
  host: hostParameter,
  restored: z.string().min(1).meta({ description: 'The new database, from the output of sql.restore-dump' }),
  approvedBy: approvedByParameter,
});
type Parameters = z.output<typeof parameters>;

const statementTimeoutMs = 20_000;
/** MySQL knows no renaming of a database. */
const instead =
  'Give the applications the name of the restored database in their secret, or restore beside it with rds.restore or rds.restore-cluster and put that in its place with rds.cutover.';
/** Open sessions (55006) and a role that looks on (42501) are told apart by the server's code. */
const inUse = '(55006)';

/**
 * Puts a restored database in the place of the live one by renaming both in one transaction. The old one is kept under
 * a name of the run; nothing is dropped.
 */
export const action = defineAction({
  kind: 'sql.swap-database',
  summary: 'Puts a restored database in the place of the live one, and keeps the old one',
  parameters,
  components: { database: [...sqlDatabaseTypes] },
  outputs: { kept: 'Name under which the old database is kept' },
  drill: 'prepare-only',
  mutates: true,
  asks: 'database',
  typical: {
    minSeconds: 0.2,
    likelySeconds: 5,
    maxSeconds: 120,
    source: 'Two renames; longer while sessions have to be ended',
  },
  failureModes: [
    'Connection pools open new sessions at once: scale the application to zero first',
    'The user does not own both databases, or may not create databases',
    'Applications keep prepared statements of the old database until they reconnect',
  ],
  permissions: ({ database }) => [secretReadPermission(database.credentials, database.region)],

  async prepare(context, wanted) {
    const { database, restored, approvedBy } = wanted;
    const inDrill = refuseProductionInDrill(context, database.region, `the database ${database.id}`);
    if (inDrill) return inDrill;
    const reason = needsPostgres(database, 'sql.swap-database', instead);
    if (reason) return { status: 'refused', reasons: [reason], evidence: [] };
    await urlOf(context, wanted);
    // Cut to the 63 bytes of a name, with the run's id at the end, in which hyphens would have to be quoted.
    const kept = context.names.resource(`${database.database}-old`, 60).replaceAll('-', '_');
    const names = await namesAt(context, wanted).catch(error => silenceOf(error));
    if (typeof names === 'string') {
      const mend = 'Let it answer first; nothing was changed.';
      return { status: 'refused', reasons: [{ what: names, mend }], evidence: [] };
    }
    const evidence = [
      { what: `${approvedBy} approved that ${restored} takes the place of ${database.database}` },
    ];
    if (swapped(names, wanted, kept)) {
      return { status: 'already-done', baseline: { kept }, outputs: { kept }, evidence };
    }
    if (!names.has(restored)) {
      const what = `There is no database ${restored} to put in the place of ${database.database}.`;
      const mend = 'Restore it first with sql.restore-dump, and give the name that it puts out.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    return { status: 'ready', baseline: { kept }, evidence };
  },

  async act(context, wanted, baseline) {
    await swap(context, wanted, String(baseline.kept));
  },

  async observe(context, wanted, baseline) {
    const kept = String(baseline.kept);
    try {
      if (!swapped(await namesAt(context, wanted), wanted, kept)) {
        await swap(context, wanted, kept);
        return {
          status: 'pending',
          note: 'sessions are open; they are ended and the renaming is tried again',
        };
      }
      return await withSql(
        context,
        { ...wanted, name: wanted.database.database },
        statementTimeoutMs,
        async (one, host) => {
          await one.query(wanted.database.writeProbe);
          const what = `${wanted.database.database} at ${host} is the restored database and takes writes; the old one is kept as ${kept}`;
          return { status: 'done', outputs: { kept }, evidence: [{ what, data: { kept, host } }] };
        },
      );
    } catch (error) {
      return { status: 'pending', note: silenceOf(error) };
    }
  },

  async undo(context, wanted, baseline): Promise<Observation> {
    const kept = String(baseline.kept);
    const { database, restored } = wanted;
    try {
      const names = await namesAt(context, wanted);
      if (!swapped(names, wanted, kept)) {
        const what = `${database.database} is the database that it was before`;
        return { status: 'done', outputs: {}, evidence: [{ what }] };
      }
      await rename(context, wanted, [
        [database.database, restored],
        [kept, database.database],
      ]);
      return { status: 'pending', note: 'the databases are being renamed back' };
    } catch (error) {
      return { status: 'pending', note: silenceOf(error) };
    }
  },
});

const swapped = (names: ReadonlySet<string>, { database, restored }: Parameters, kept: string) =>
  names.has(kept) && names.has(database.database) && !names.has(restored);

function swap(context: ActionContext, wanted: Parameters, kept: string): Promise<void> {
  const { database, restored } = wanted;
  return rename(context, wanted, [
    [database.database, kept],
    [restored, database.database],
  ]);
}

/** All renames in one transaction. A session that came in between leaves everything as it was. */
async function rename(
  context: ActionContext,
  wanted: Parameters,
  renames: readonly (readonly [string, string])[],
): Promise<void> {
  await withSql(context, { ...wanted, name: 'postgres' }, statementTimeoutMs, async (connection, host) => {
    await context.changed({
      call: 'sql.RenameDatabase',
      region: wanted.database.region,
      resource: `${host}/${wanted.database.database}`,
      what: renames.map(([from, to]) => `${from} renamed to ${to}`).join(', '),
    });
    const { quoteName, quoteText } = dialectAt(wanted);
    const names = renames.map(([from]) => quoteText(from)).join(', ');
    await connection.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (${names}) AND pid <> pg_backend_pid()`,
    );
    await connection.query('BEGIN');
    try {
      for (const [from, to] of renames) {
        await connection.query(`ALTER DATABASE ${quoteName(from)} RENAME TO ${quoteName(to)}`);
      }
      await connection.query('COMMIT');
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => undefined);
      if (!(error instanceof RequestRejectedError && error.message.includes(inUse))) throw error;
    }
  });
}

async function namesAt(context: ActionContext, wanted: Parameters): Promise<Set<string>> {
  const rows = await withSql(context, { ...wanted, name: 'postgres' }, statementTimeoutMs, connection =>
    readOnly(connection, dialectAt(wanted).databases),
  );
  return new Set(rows.map(row => String(row.name)));
}
