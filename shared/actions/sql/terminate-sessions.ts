import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import {
  firstValue,
  hostParameter,
  notPostgres,
  quoteText,
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
  users: z
    .array(z.string())
    .default([])
    .meta({ description: 'Only sessions of these users; without it, all' }),
  remaining: z.number().int().nonnegative().default(0).meta({
    description: 'How many sessions may be left, since pools open new ones at once',
  }),
  approvedBy: approvedByParameter,
});
type Parameters = z.output<typeof parameters>;

const statementTimeoutMs = 10_000;

/** Ends the sessions of a database, so that nothing holds locks or writes on. Pools come back: scale them down first. */
export const action = defineAction({
  kind: 'sql.terminate-sessions',
  summary: 'Ends the open sessions of a database, except its own',
  parameters,
  components: { database: [...sqlDatabaseTypes] },
  outputs: { ended: 'Sessions that were open before', left: 'Sessions that are open now' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 0.1,
    likelySeconds: 2,
    maxSeconds: 60,
    source: 'Experience: at once, unless a session can not be interrupted',
  },
  failureModes: [
    'Connection pools open new sessions at once: scale the application to zero or revoke its login first',
    'The user of the checks may not end sessions of others (pg_signal_backend)',
    'A transaction that is cut off is rolled back, which may take as long as it ran',
  ],
  permissions: ({ database }) => [secretReadPermission(database.credentials, database.region)],

  async prepare(context, wanted) {
    const { database, approvedBy } = wanted;
    const inDrill = refuseProductionInDrill(context, database.region, `the database ${database.id}`);
    if (inDrill) return inDrill;
    const reason = notPostgres(database);
    if (reason) return { status: 'refused', reasons: [reason], evidence: [] };
    await urlOf(context, wanted);
    const open = await count(context, wanted).catch(error => silenceOf(error));
    if (typeof open === 'string') {
      const mend =
        'A database that does not answer has no sessions that can be ended: fail over or restore first.';
      return { status: 'refused', reasons: [{ what: `${open}.`, mend }], evidence: [] };
    }
    const evidence = [{ what: `${open} sessions are open; ${approvedBy} approved ending them` }];
    if (open > wanted.remaining) return { status: 'ready', baseline: { open }, evidence };
    return { status: 'already-done', baseline: { open }, outputs: { ended: 0, left: open }, evidence };
  },

  async act(context, wanted) {
    await end(context, wanted);
  },

  async observe(context, wanted, baseline) {
    try {
      const left = await count(context, wanted);
      if (left <= wanted.remaining) {
        const outputs = { ended: Number(baseline.open), left };
        return { status: 'done', outputs, evidence: [{ what: `${left} sessions are left`, data: outputs }] };
      }
      await end(context, wanted);
      return { status: 'pending', note: `${left} sessions are open again or still` };
    } catch (error) {
      return { status: 'pending', note: silenceOf(error) };
    }
  },
});

function which({ users }: Parameters): string {
  const only = users.length > 0 ? ` AND usename IN (${users.map(quoteText).join(', ')})` : '';
  return `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'${only}`;
}

function count(context: ActionContext, wanted: Parameters): Promise<number> {
  return withSql(context, wanted, statementTimeoutMs, async connection =>
    Number(firstValue(await readOnly(connection, `SELECT count(*) ${which(wanted)}`))),
  );
}

async function end(context: ActionContext, wanted: Parameters): Promise<void> {
  await withSql(context, wanted, statementTimeoutMs, async (connection, host) => {
    await context.changed({
      call: 'sql.TerminateBackend',
      region: wanted.database.region,
      resource: host,
      what: `Sessions of ${wanted.database.database} ended`,
    });
    await connection.query(`SELECT pg_terminate_backend(pid) ${which(wanted)}`);
  });
}
