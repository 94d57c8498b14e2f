import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ensureProgram, findPostgres } from './debian.ts';
import { freePort, home, runToEnd, type Server, startServer } from './process.ts';

/** PostgreSQL refuses to run as root, so a server of the suite runs as the user that its package made. */
const asPostgres = () => (process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []);

export type PostgresServer = Server & { port: number; url(database: string): string; bin: string };

/** A PostgreSQL server of its own, on a fresh data directory, that takes connections with a password. */
export function startPostgresServer(
  bin = ensureProgram(findPostgres, ['postgresql']),
): Promise<PostgresServer> {
  return start(bin, data => [
    `${bin}/initdb`,
    ...['-D', data, '-U', 'lifeboat', '--auth=trust', '-E', 'UTF8', '--no-sync'],
  ]);
}

/** A streaming replica of another server of the suite, which `pg_promote()` makes a writer. */
export function startPostgresReplica({ bin, port }: { bin: string; port: number }): Promise<PostgresServer> {
  return start(bin, data => [
    `${bin}/pg_basebackup`,
    ...['-D', data, '-h', '127.0.0.1', '-p', String(port), '-U', 'lifeboat'],
    ...['-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
  ]);
}

/** `fill` is the command that makes the data directory, which is there and empty. */
async function start(bin: string, fill: (data: string) => string[]): Promise<PostgresServer> {
  const port = await freePort();
  const data = join('/tmp', `lifeboat-e2e-postgres-${port}`);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) {
    const id = (flag: string) => Number(runToEnd('id', [flag, 'postgres']));
    chownSync(data, id('-u'), id('-g'));
  }
  const run = (args: string[]) => {
    const [command = '', ...rest] = [...asPostgres(), ...args];
    return { command, rest };
  };
  const init = run(fill(data));
  runToEnd(init.command, init.rest, { cwd: '/tmp' });
  const serve = run([
    `${bin}/postgres`,
    ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', data, '-c', 'fsync=off'],
  ]);
  const url = (database: string) => `postgres://lifeboat:secret@127.0.0.1:${port}/${database}`;
  const server = await startServer(`postgres-${port}`, serve.command, serve.rest, {
    cwd: '/tmp',
    ready: async () => {
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      await client.end();
      return true;
    },
  });
  mkdirSync(home, { recursive: true });
  return {
    port,
    bin,
    url,
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
