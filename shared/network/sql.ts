import type { SqlConnection, SqlOptions } from '../ports.ts';
import { dialectOfUrl } from '../sql/dialects/dialects.ts';
import { connectMysql } from './mysql-client.ts';
import { connectPostgres } from './postgres-client.ts';

/**
 * Connects to a database in its own language, which the URL names: `postgresql:`, `postgres:` or `mysql:`. TLS with a
 * checked certificate, except to the loopback address or where the URL itself says otherwise. To trust RDS certificates
 * a Lambda function sets NODE_EXTRA_CA_CERTS to /var/runtime/ca-cert.pem (AWS Lambda developer guide, Node.js runtimes).
 * Rejects with ServiceUnavailableError when nothing answers in time, with RequestRejectedError when the server says
 * no. Error texts name the host, never the URL.
 */
export function connectSql(options: SqlOptions): Promise<SqlConnection> {
  return dialectOfUrl(options.url).name === 'MySQL' ? connectMysql(options) : connectPostgres(options);
}
