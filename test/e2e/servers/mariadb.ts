import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { type Certificate, makeAuthority } from './certificates.ts';
import { ensureProgram, findOnPath } from './debian.ts';
import { freePort, runToEnd, type Server, startServer } from './process.ts';

/** A server of the suite that runs, as a test reaches it. */
export type Mariadb = {
  port: number;
  url(database: string, user?: string, password?: string): string;
  /** Carries statements out as root, one after the other, and gives the rows of the last. */
  asRoot(...statements: string[]): Promise<Record<string, unknown>[]>;
};
export type MariadbServer = Server & Mariadb;

export const mariadbUser = 'lifeboat';
export const mariadbPassword = "se'cret/@1";

/** As the user that its package made: MariaDB refuses to run as root. */
const userOf = () => (process.getuid?.() === 0 ? ['--user=mysql'] : []);

/**
 * A MariaDB server of its own, on a fresh data directory, with a user of the checks that has what the master user of RDS
 * has, and binary logs, so that another one can replicate it. With a certificate it speaks TLS as well.
 */
export async function startMariadbServer(
  options: { certificate?: Certificate; flags?: readonly string[] } = {},
): Promise<MariadbServer> {
  const program = ensureProgram(findOnPath('mariadbd'), ['mariadb-server']);
  const port = await freePort();
  const data = join('/tmp', `lifeboat-e2e-mariadb-${port}`);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o755 });
  const own = (path: string) => {
    if (process.getuid?.() !== 0) return;
    const id = (flag: string) => Number(runToEnd('id', [flag, 'mysql']));
    chownSync(path, id('-u'), id('-g'));
  };
  own(data);
  runToEnd('mariadb-install-db', [
    ...['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    ...userOf(),
  ]);
  const tls = Object.entries(options.certificate ? keysOf(data, options.certificate) : {}).map(
    ([name, path]) => {
      own(path);
      return `--ssl-${name}=${path}`;
    },
  );
  const { asRoot, url } = mariadbAt(port);
  const server = await startServer(
    `mariadb-${port}`,
    program,
    [
      ...['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${data}/own.sock`, `--pid-file=${data}/own.pid`, '--skip-name-resolve'],
      ...[`--server-id=${port}`, '--log-bin=binlog', '--innodb-flush-log-at-trx-commit=0'],
      ...['--innodb-buffer-pool-size=16M', '--character-set-server=utf8mb4', ...tls, ...userOf()],
      ...(options.flags ?? []),
    ],
    {
      cwd: '/tmp',
      ready: async () => (await asRoot('SELECT 1')).length > 0,
    },
  );
  const literal = mariadbPassword.replaceAll("'", "''");
  await asRoot(
    `CREATE USER '${mariadbUser}'@'%' IDENTIFIED BY '${literal}'`,
    `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, LOCK TABLES, PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT, SLAVE MONITOR, CONNECTION ADMIN, CREATE VIEW, TRIGGER ON *.* TO '${mariadbUser}'@'%'`,
  );
  return {
    port,
    asRoot,
    url,
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A primary and a replica of it, as RDS makes one in another region; the replica's certificate is for another name. */
export async function startMariadbPair(keep: (server: MariadbServer) => MariadbServer) {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-mariadb-ca-'));
  try {
    const authority = makeAuthority(folder);
    const [primary, replica] = await Promise.all([
      startMariadbServer({ certificate: authority.issue('database', ['DNS:localhost']) }),
      startMariadbServer({ certificate: authority.issue('other', ['DNS:other.example']) }),
    ]);
    keep(primary);
    keep(replica);
    await replicate(primary, replica);
    return { primary: primary.port, replica: replica.port, ca: authority.ca };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server on this port. */
export function mariadbAt(port: number): Mariadb {
  return {
    port,
    url: (database, user = mariadbUser, password = mariadbPassword) =>
      `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    async asRoot(...statements) {
      const connection = await createConnection({
        host: '127.0.0.1',
        port,
        user: 'root',
        charset: 'utf8mb4',
      });
      try {
        let rows: unknown = [];
        for (const statement of statements) [rows] = await connection.query(statement);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      } finally {
        await connection.end();
      }
    },
  };
}

/** Makes a server follow another one from now on, as a read replica of RDS does: read-only, until it is promoted. */
export async function replicate(from: Mariadb, to: Mariadb): Promise<void> {
  const [at] = await from.asRoot('SHOW MASTER STATUS');
  const literal = mariadbPassword.replaceAll("'", "''");
  await to.asRoot(
    `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${from.port}, MASTER_USER = '${mariadbUser}', MASTER_PASSWORD = '${literal}', MASTER_LOG_FILE = '${at?.File}', MASTER_LOG_POS = ${at?.Position}, MASTER_CONNECT_RETRY = 1`,
    'START SLAVE',
    'SET GLOBAL read_only = 1',
  );
}

function keysOf(folder: string, { cert, key }: Certificate): { cert: string; key: string } {
  const paths = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  writeFileSync(paths.cert, cert);
  writeFileSync(paths.key, key, { mode: 0o600 });
  return paths;
}
