import type { Network, SqlConnection, SqlOptions } from '../ports.ts';

/** Connects, hands the connection over and closes it, whatever happens. */
export async function withConnection<T>(
  network: Pick<Network, 'sql'>,
  options: SqlOptions,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await network.sql(options);
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
