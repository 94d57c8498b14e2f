import type { ActionContext, Reason } from '../actions/contract.ts';
import { InvalidInputError } from '../errors.ts';
import { connectionUrl } from '../network/connection-url.ts';
import { dialectOfDatabase } from '../sql/dialects/dialects.ts';

/**
 * The master user of a new instance, from the component's credentials; or why RDS would refuse it. Its rules
 * (CreateDBInstance): printable characters other than "/", "@", the double quote and the space, 8 to 128 for PostgreSQL
 * and 8 to 41 for MySQL and MariaDB, whose user names have at most 16 characters. Nothing of the password gets into the
 * reason.
 */
export async function masterUser(
  context: Pick<ActionContext, 'secret'>,
  database: { region: string; credentials: string; port: number; database: string; engine?: string },
): Promise<{ name: string; password: string } | Reason> {
  const { region, credentials, port, engine } = database;
  const [nameLength, passwordLength] = dialectOfDatabase({ engine }).name === 'MySQL' ? [16, 41] : [63, 128];
  const mend = `Store a URL, or JSON with "username" and "password", in ${credentials.split('#')[0]} in ${region}.`;
  try {
    const secret = await context.secret(credentials, region);
    const url = new URL(connectionUrl(secret, { host: 'new', port, database: database.database, engine }));
    const name = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    if (!/^[a-z]\w*$/i.test(name) || name.length > nameLength)
      return { what: 'The credentials name no user that RDS could make', mend };
    if (!/^[!-~]{8,}$/.test(password) || password.length > passwordLength || /[/@"]/.test(password)) {
      return {
        what: `RDS would refuse the password of the credentials: it takes 8 to ${passwordLength} printable characters without "/", "@", quotes and spaces`,
        mend: 'Put another password into the secret and start again; nothing has been made yet.',
      };
    }
    return { name, password };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { what: error.message, mend };
  }
}
