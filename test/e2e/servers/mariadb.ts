import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { Certificate } from './certificates.ts';
import { ensureProgram, findOnPath } from './debian.ts';
import { freePort, runToEnd, type Server, startServer } from './process.ts';

export type MariadbServer = Server & {
  port: number;
  url(database: string, user?: string, password?: string): string;
  /** Carries statements out as root, one after the other, and gives the rows of the last. */
  asRoot(...statements: string[]): Promise<Record<string, unknown>[]>;
};

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
  const root = () => createConnection({ host: '127.0.0.1', port, user: 'root', charset: 'utf8mb4' });
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
      ready: async () => {
        const connection = await root();
        await connection.end();
        return true;
      },
    },
  );
  const asRoot = async (...statements: string[]) => {
    const connection = await root();
    try {
      let rows: unknown = [];
      for (const statement of statements) [rows] = await connection.query(statement);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } finally {
      await connection.end();
    }
  };
  const literal = mariadbPassword.replaceAll("'", "''");
  await asRoot(
    `CREATE USER '${mariadbUser}'@'%' IDENTIFIED BY '${literal}'`,
    `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT, SLAVE MONITOR, CONNECTION ADMIN, CREATE VIEW, TRIGGER ON *.* TO '${mariadbUser}'@'%'`,
  );
  return {
    port,
    asRoot,
    url: (database, user = mariadbUser, password = mariadbPassword) =>
      `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Makes a server follow another one from now on, as a read replica of RDS does: read-only, until it is promoted. */
export async function replicate(from: MariadbServer, to: MariadbServer): Promise<void> {
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
