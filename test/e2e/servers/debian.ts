import { existsSync, readdirSync } from 'node:fs';
import { runToEnd } from './process.ts';

/**
 * Installs a Debian package where its program is missing. Needs root and Debian or one of its kin; otherwise it says
 * what to install by hand.
 */
export function ensureProgram(find: () => string | undefined, packages: readonly string[]): string {
  const known = find();
  if (known) return known;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `Install ${packages.join(' and ')} (as packages of your system) and start the suite again.`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  runToEnd('apt-get', ['update', '-qq'], { env });
  runToEnd('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  const installed = find();
  if (installed) return installed;
  throw new Error(`The packages ${packages.join(', ')} do not bring what was looked for.`);
}

/** The folder of the newest PostgreSQL programs. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map(version => `${root}/${version}/bin`).find(folder => existsSync(`${folder}/initdb`));
}

export const findOnPath = (program: string) => () =>
  ['/usr/bin', '/usr/local/bin', '/usr/sbin'].map(folder => `${folder}/${program}`).find(existsSync);
