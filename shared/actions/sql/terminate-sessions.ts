import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { isRefusedWith } from '../../network/sql-errors.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import {
  dialectAt,
  firstValue,
  hostParameter,
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
  asks: 'database',
  typical: {
    minSeconds: 0.1,
    likelySeconds: 2,
    maxSeconds: 60,
    source: 'Experience: at once, unless a session can not be interrupted',
  },
  failureModes: [
    'Connection pools open new sessions at once: scale the application to zero or revoke its login first',
    'The user of the checks may not end sessions of others (pg_signal_backend; CONNECTION ADMIN or mysql.rds_kill)',
    'A transaction that is cut off is rolled back, which may take as long as it ran',
  ],
  permissions: ({ database }) => [secretReadPermission(database.credentials, database.region)],

  async prepare(context, wanted) {
    const { database, approvedBy } = wanted;
    const inDrill = refuseProductionInDrill(context, database.region, `the database ${database.id}`);
    if (inDrill) return inDrill;
    await urlOf(context, wanted);
    const hidden = dialectAt(wanted).sessions.seesAll;
    const open = await count(context, wanted).catch(error => {
      if (hidden && isRefusedWith(error, hidden.refusedWith)) return undefined;
      return silenceOf(error);
    });
    if (open === undefined) {
      const what = `The user of the checks does not see the sessions of others at ${database.id}, so nobody can say whether they have ended.`;
      return { status: 'refused', reasons: [{ what, mend: hidden?.mend ?? '' }], evidence: [] };
    }
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

function count(context: ActionContext, wanted: Parameters): Promise<number> {
  const { sessions } = dialectAt(wanted);
  return withSql(context, wanted, statementTimeoutMs, async connection => {
    if (sessions.seesAll) await readOnly(connection, sessions.seesAll.query);
    return Number(firstValue(await readOnly(connection, sessions.count(wanted.users))));
  });
}

async function end(context: ActionContext, wanted: Parameters): Promise<void> {
  await withSql(context, wanted, statementTimeoutMs, async (connection, host) => {
    await context.changed({
      call: 'sql.TerminateBackend',
      region: wanted.database.region,
      resource: host,
      what: `Sessions of ${wanted.database.database} ended`,
    });
    await dialectAt(wanted).sessions.end(connection, wanted.users);
  });
}
