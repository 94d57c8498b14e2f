import { LifeboatError } from '../../errors.ts';
import { connectionUrl } from '../../network/connection-url.ts';
import { withConnection } from '../../network/with-connection.ts';
import type { SqlConnection } from '../../ports.ts';
import type { Runtime } from '../../runtime.ts';
import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import type { Target } from './steps.ts';

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 60_000;

/** Where a throw-away instance answers, with the secret of the password that RDS has made for it. */
type Restored = {
  target: Target;
  secretArn: string | undefined;
  endpoint: { host: string; port: number };
  /** The target's own if left out. */
  database?: string;
};

/** Works on a throw-away instance. */
export async function withRestored<T>(
  runtime: Runtime,
  { target, secretArn, endpoint, database = target.database }: Restored,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const secret = await runtime.secret(secretArn ? `secret:${secretArn}` : target.credentials, target.region);
  const url = connectionUrl(secret, { ...endpoint, database, engine: target.engine });
  return withConnection(runtime.network, { url, connectTimeoutMs, statementTimeoutMs }, work);
}

/**
 * True, or what the database says instead and how that is mended. Its password has just been made, so one that is
 * refused may be taken a moment later.
 */
export async function answersAsPrimary(
  runtime: Runtime,
  restored: Restored,
): Promise<true | { why: string; mend: string }> {
  const { writer } = dialectOfDatabase(restored.target);
  try {
    const { rows } = await withRestored(runtime, restored, connection => connection.query(writer.query));
    const standsBy = writer.standsBy(rows[0]);
    if (standsBy === undefined) return true;
    return { why: `it ${standsBy.why}`, mend: 'Look at its events in RDS for the reason.' };
  } catch (error) {
    if (error instanceof LifeboatError) return { why: error.message, mend: error.nextStep };
    throw error;
  }
}
