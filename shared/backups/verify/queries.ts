import { toValue } from '../../actions/sql/query.ts';
import { LifeboatError } from '../../errors.ts';
import { formatDuration } from '../../plan/duration.ts';
import type { VerifyPlan, VerifyQuery } from '../../plan/schema.ts';
import type { SqlConnection } from '../../ports.ts';
import type { Manifest } from '../files/manifest.ts';
import type { VerificationCheck } from './record.ts';

export type Answers = { checks: VerificationCheck[]; rpoSeconds: number | null };
type Value = string | number | boolean | null;

/** A clock that is a little ahead writes a row that is a little newer than the recovery point. */
const aheadSeconds = 300;

/**
 * Asks a restored database what the plan wants to know, read-only. A query that fails is a check that failed: it says
 * what the database said, and hides none of the others.
 */
export async function askRestored(
  connection: SqlConnection,
  verify: VerifyPlan,
  pointAt: Date,
  manifest?: Manifest,
): Promise<Answers> {
  const { firstValue: ask, close } = reader(connection);
  const checks: VerificationCheck[] = [];
  const add = async (id: string, title: string, look: () => Promise<{ ok: boolean; said: string }>) => {
    try {
      checks.push({ id, title, ...(await look()) });
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error;
      checks.push({ id, title, ok: false, said: error.message });
    }
  };
  for (const query of verify.queries) {
    await add(query.id, query.title, async () => judgeAnswer(query, await ask(query.sql), manifest));
  }
  for (const { id, title, left, right, tolerance } of verify.balances) {
    await add(id, title, async () => judgeBalance(await ask(left), await ask(right), tolerance));
  }
  let rpoSeconds: number | null = null;
  const { freshness } = verify;
  if (freshness) {
    await add(
      'freshness',
      `The newest row is at most ${formatDuration(freshness.within)} older than the recovery point`,
      async () => {
        const judged = judgeFreshness(await ask(freshness.sql), pointAt, freshness.within);
        rpoSeconds = judged.rpoSeconds;
        return judged;
      },
    );
  }
  await close();
  return { checks, rpoSeconds };
}

/** One transaction for all of them, so that they see the same data; after an error the next one begins another. */
function reader(connection: SqlConnection) {
  let open = false;
  const close = async () => {
    if (open) await connection.query('ROLLBACK');
    open = false;
  };
  return {
    close,
    async firstValue(sql: string): Promise<Value> {
      if (!open) await connection.query('START TRANSACTION READ ONLY');
      open = true;
      try {
        const { rows } = await connection.query(sql);
        return toValue(Object.values(rows[0] ?? {})[0]);
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}

export function judgeAnswer(
  query: VerifyQuery,
  value: Value,
  manifest?: Manifest,
): { ok: boolean; said: string } {
  const wanted: string[] = [];
  let ok = true;
  const need = (holds: boolean, words: string) => {
    wanted.push(words);
    ok &&= holds;
  };
  if (query.equals !== undefined) need(toValue(query.equals) === value, `${query.equals}`);
  if (query.min !== undefined) need(typeof value === 'number' && value >= query.min, `at least ${query.min}`);
  if (query.max !== undefined) need(typeof value === 'number' && value <= query.max, `at most ${query.max}`);
  if (query.source) {
    const { table, within } = query.source;
    const counted = manifest?.rows?.[table] ?? manifest?.rows?.[`public.${table}`];
    const near =
      counted !== undefined && typeof value === 'number' && Math.abs(value - counted) <= counted * within;
    need(
      near,
      counted === undefined
        ? `as many as the manifest says of ${table}, and it says nothing`
        : `${counted} ± ${within * 100} % by the manifest`,
    );
  }
  return { ok, said: `${value}; expected ${wanted.join(', ')}` };
}

function judgeBalance(left: Value, right: Value, tolerance: number): { ok: boolean; said: string } {
  const ok = typeof left === 'number' && typeof right === 'number' && Math.abs(left - right) <= tolerance;
  return { ok, said: `${left} against ${right}${tolerance > 0 ? `, ± ${tolerance}` : ''}` };
}

function judgeFreshness(value: Value, pointAt: Date, withinSeconds: number) {
  const newest = typeof value === 'string' ? Date.parse(zoned(value)) : Number.NaN;
  if (Number.isNaN(newest))
    return { ok: false, said: `${value}, which is no time: there is no row`, rpoSeconds: null };
  const age = Math.round((pointAt.getTime() - newest) / 1000);
  const said = `${new Date(newest).toISOString()}, ${age >= 0 ? `${formatDuration(age)} before` : `${formatDuration(-age)} after`} the recovery point`;
  // A row from after the recovery point says that something else was restored than was asked for.
  return { ok: age <= withinSeconds && age >= -aheadSeconds, said, rpoSeconds: Math.max(0, age) };
}

/** Timestamps without a zone are UTC, as the databases of servers are set. */
function zoned(text: string): string {
  return /(Z|[+-]\d\d(:?\d\d)?)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
}
