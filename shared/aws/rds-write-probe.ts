import type { ActionContext } from '../actions/contract.ts';

/** What a probe needs of a component of type rds-instance or rds-restore-target. */
export type ProbedDatabase = {
  region: string;
  credentials: string;
  database: string;
  writeProbe: string;
};
export type ProbeResult = { ok: true } | { ok: false; why: string };

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/**
 * Proves that PostgreSQL at `endpoint` is the writer: it is not in recovery, and the plan's write probe succeeds.
 * A failure comes back as a sentence without any part of the credentials.
 */
export async function probeWriter(
  context: Pick<ActionContext, 'network' | 'secret'>,
  database: ProbedDatabase,
  endpoint: { host: string; port: number },
): Promise<ProbeResult> {
  const secret = await context.secret(database.credentials, database.region);
  const url = connectionUrl(secret, { ...endpoint, database: database.database });
  if (url === undefined) {
    return {
      ok: false,
      why: `the value behind ${database.credentials} is neither a connection string nor JSON with username and password`,
    };
  }
  try {
    const connection = await context.network.sql({
      url,
      connectTimeoutMs,
      statementTimeoutMs,
    });
    try {
      const recovery = await connection.query('SELECT pg_is_in_recovery() AS in_recovery');
      if (recovery.rows[0]?.in_recovery !== false) {
        return { ok: false, why: `${endpoint.host} is still in recovery, so it accepts no writes` };
      }
      await connection.query(database.writeProbe);
      return { ok: true };
    } finally {
      await connection.end();
    }
  } catch (error) {
    return { ok: false, why: `the write probe at ${endpoint.host} failed: ${withoutUrl(error)}` };
  }
}

/**
 * The connection string with host, port and database replaced: of a restored copy everything else stays as it was.
 * `secret` is a connection string, or JSON with `url`, or with `username` and `password`.
 */
export function connectionUrl(
  secret: string,
  target: { host: string; port: number; database: string },
): string | undefined {
  const base = secret.trimStart().startsWith('{') ? urlFromJson(secret) : secret.trim();
  if (base === undefined || !URL.canParse(base)) return undefined;
  const url = new URL(base);
  if (!/^postgres(ql)?:$/.test(url.protocol)) return undefined;
  url.hostname = target.host;
  url.port = String(target.port);
  url.pathname = `/${encodeURIComponent(target.database)}`;
  return url.toString();
}

function urlFromJson(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { url, username, password } = value as Record<string, unknown>;
  if (typeof url === 'string') return url;
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  return `postgresql://${encodeURIComponent(username)}:${encodeURIComponent(password)}@host/database`;
}

function withoutUrl(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown error';
  return text.replace(/\w+:\/\/\S+/g, '(address)').slice(0, 200);
}
