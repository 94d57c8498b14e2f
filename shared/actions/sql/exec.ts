import * as z from 'zod';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { durationSchema } from '../../plan/duration.ts';
import { riskOf } from '../../sql/statement-risks.ts';
import { approvedByParameter } from '../approved-by.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
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

const statements = z.array(z.string().min(1)).min(1);

const parameters = z.strictObject({
  database: sqlDatabase,
  host: hostParameter,
  statements: statements.meta({ description: 'Carried out together in one transaction, or not at all' }),
  doneWhen: z.string().meta({
    description: 'A query that answers true once it is done; nothing is carried out while it does',
  }),
  approvedBy: approvedByParameter,
  safetyCopy: z.string().optional().meta({
    description: 'Copy made in this run, from the output of its step; needed before anything is dropped',
  }),
  undo: z
    .strictObject({ statements, doneWhen: z.string() })
    .optional()
    .meta({ description: 'How it is taken back' }),
  timeout: durationSchema
    .default(30)
    .refine(seconds => seconds <= 100, 'at most 100s: a function can not wait longer'),
});
type Parameters = z.output<typeof parameters>;

/**
 * Changes data or settings by SQL, after a person said so. A lost reply says nothing about a commit, so the step asks
 * whether it is done before it does anything, in the same transaction.
 */
export const action = defineAction({
  kind: 'sql.exec',
  summary:
    'Carries out SQL statements in one transaction, after an approval and only while they are not done',
  parameters,
  components: { database: [...sqlDatabaseTypes] },
  outputs: { statements: 'How many statements were carried out' },
  drill: 'isolated',
  mutates: true,
  asks: 'database',
  typical: {
    minSeconds: 0.05,
    likelySeconds: 1,
    maxSeconds: 100,
    source: 'Statement time-out: 30 s unless the plan says otherwise',
  },
  failureModes: [
    'The statements wait for a lock that the application holds: end its sessions or scale it down first',
    'The query of doneWhen is never true, so the step fails at its time-out',
    'The user may not do it',
  ],
  permissions: ({ database }) => [secretReadPermission(database.credentials, database.region)],

  async prepare(context, wanted) {
    const { database, safetyCopy, approvedBy } = wanted;
    const inDrill = refuseProductionInDrill(context, database.region, `the database ${database.id}`);
    if (inDrill) return inDrill;
    const all = [...wanted.statements, ...(wanted.undo?.statements ?? [])];
    const reasons = [
      ...all.flatMap(statement => riskOf(statement, safetyCopy) ?? []),
      ...[wanted.statements, wanted.undo?.statements ?? []].flatMap(each => notTogether(wanted, each) ?? []),
    ];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    await urlOf(context, wanted);
    const evidence = [
      { what: `${approvedBy} approved these statements for ${database.id}: ${wanted.statements.join('; ')}` },
    ];
    return { status: 'ready', baseline: {}, evidence };
  },

  async act(context, wanted) {
    await carryOut(context, wanted, wanted.statements, wanted.doneWhen, 'Statements of the plan carried out');
  },

  async observe(context, wanted) {
    return look(context, wanted, wanted.doneWhen, true);
  },

  async undo(context, wanted): Promise<Observation> {
    const { undo, database } = wanted;
    if (!undo) {
      const what = `The plan does not say how the statements on ${database.id} are taken back`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    await carryOut(context, wanted, undo.statements, undo.doneWhen, 'Statements of the plan taken back');
    return look(context, wanted, undo.doneWhen, false);
  },
});

/** One transaction: whether it is done, and if not, all statements. */
async function carryOut(
  context: ActionContext,
  wanted: Parameters,
  todo: readonly string[],
  doneWhen: string,
  what: string,
): Promise<void> {
  await withSql(context, wanted, wanted.timeout * 1000, async (connection, host) => {
    // A database that is read-only by default is made writable in a transaction that says so itself.
    await connection.query('START TRANSACTION READ WRITE');
    try {
      if (isTrue((await connection.query(doneWhen)).rows)) {
        await connection.query('ROLLBACK');
        return;
      }
      await context.changed({ call: 'sql.Execute', region: wanted.database.region, resource: host, what });
      for (const statement of todo) await connection.query(statement);
      await connection.query('COMMIT');
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

async function look(
  context: ActionContext,
  wanted: Parameters,
  doneWhen: string,
  retries: boolean,
): Promise<Observation> {
  try {
    return await withSql(context, wanted, wanted.timeout * 1000, async (connection, host) => {
      if (isTrue(await readOnly(connection, doneWhen))) {
        const what = `${doneWhen} is true at ${host}`;
        return {
          status: 'done',
          outputs: { statements: wanted.statements.length },
          evidence: [{ what, data: { host } }],
        };
      }
      const note = `${doneWhen} is not true yet at ${host}`;
      return retries && context.elapsedSeconds >= graceSeconds
        ? { status: 'failed', reasons: [notDone(doneWhen, host)], evidence: [] }
        : { status: 'pending', note };
    });
  } catch (error) {
    return { status: 'pending', note: silenceOf(error) };
  }
}

/** What was committed shows at once, unless the query goes to a replica. */
const graceSeconds = 60;

/** The first column of the first row is true, or t, or 1. */
function isTrue(rows: readonly Record<string, unknown>[]): boolean {
  const value = firstValue(rows);
  return value === true || value === 't' || value === 'true' || value === 1;
}

/** MySQL commits before and after a change of a table, so that it can only be alone. */
function notTogether(wanted: Parameters, statements: readonly string[]) {
  const dialect = dialectAt(wanted);
  const alone = statements.find(statement => dialect.commitsByItself(statement));
  if (alone === undefined || statements.length === 1) return undefined;
  return {
    what: `"${alone.trim().slice(0, 80)}" commits by itself in ${dialect.name}, so that the statements beside it can not be carried out together or not at all.`,
    mend: 'Give it a step of its own, with a doneWhen of its own.',
  };
}

function notDone(doneWhen: string, host: string) {
  return {
    what: `The statements were committed at ${host}, and ${doneWhen} is still not true.`,
    mend: 'Look at what they did change; mend the statements or the query before you retry.',
  };
}
