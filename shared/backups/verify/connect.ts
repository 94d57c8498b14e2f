import { LifeboatError } from '../../errors.ts';
import { connectionUrl } from '../../network/connection-url.ts';
import type { Runtime } from '../../runtime.ts';
import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import type { Target } from './steps.ts';

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 60_000;

/** Connects to a throw-away instance with the password that RDS has made for it. */
export async function connect(
  runtime: Runtime,
  target: Target,
  secretArn: string | undefined,
  endpoint: { host: string; port: number },
  database = target.database,
) {
  const secret = await runtime.secret(secretArn ? `secret:${secretArn}` : target.credentials, target.region);
  const url = connectionUrl(secret, { ...endpoint, database, engine: target.engine });
  return runtime.network.sql({ url, connectTimeoutMs, statementTimeoutMs });
}

/** True, or what the database says instead. */
export async function answersAsPrimary(
  runtime: Runtime,
  target: Target,
  secretArn: string | undefined,
  endpoint: { host: string; port: number },
): Promise<true | string> {
  try {
    const connection = await connect(runtime, target, secretArn, endpoint);
    try {
      const { writer } = dialectOfDatabase(target);
      const standsBy = writer.standsBy((await connection.query(writer.query)).rows[0]);
      return standsBy === undefined ? true : `it ${standsBy.why}`;
    } finally {
      await connection.end();
    }
  } catch (error) {
    if (error instanceof LifeboatError) return error.message;
    throw error;
  }
}
