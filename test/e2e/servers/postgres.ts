import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ensureProgram, findPostgres } from './debian.ts';
import { freePort, home, runToEnd, type Server, startServer } from './process.ts';

/** PostgreSQL refuses to run as root, so a server of the suite runs as the user that its package made. */
const asPostgres = () => (process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []);

export type PostgresServer = Server & { port: number; url(database: string): string; bin: string };

/** A PostgreSQL server of its own, on a fresh data directory, that takes connections with a password. */
export async function startPostgresServer(
  bin = ensureProgram(findPostgres, ['postgresql']),
): Promise<PostgresServer> {
  const port = await freePort();
  const data = join('/tmp', `lifeboat-e2e-postgres-${port}`);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  if (process.getuid?.() === 0) {
    const id = (flag: string) => Number(runToEnd('id', [flag, 'postgres']));
    chownSync(data, id('-u'), id('-g'));
  }
  const run = (args: string[]) => {
    const [command = '', ...rest] = [...asPostgres(), ...args];
    return { command, rest };
  };
  const init = run([
    `${bin}/initdb`,
    '-D',
    data,
    '-U',
    'lifeboat',
    '--auth=trust',
    '-E',
    'UTF8',
    '--no-sync',
  ]);
  runToEnd(init.command, init.rest, { cwd: '/tmp' });
  const start = run([
    `${bin}/postgres`,
    ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', data, '-c', 'fsync=off'],
  ]);
  const url = (database: string) => `postgres://lifeboat:secret@127.0.0.1:${port}/${database}`;
  const server = await startServer(`postgres-${port}`, start.command, start.rest, {
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
