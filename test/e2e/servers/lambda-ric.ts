import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram, findOnPath } from './debian.ts';
import { home, runToEnd } from './process.ts';

/** Pinned: a new version is a change to be looked at. */
const version = '4.0.2';

const folder = join(home, `ric-${version}`);

/** The runtime interface client that Lambda's own Node.js images run handlers with; it is compiled where it is installed. */
export const ricEntry = join(folder, 'node_modules/aws-lambda-ric/index.mjs');

const compiled = join(folder, 'node_modules/aws-lambda-ric/rapid-client.node');

export const hasRic = () => existsSync(compiled);

/** Installs the client beside the project, once per version, with the compilers that it needs. Returns its module. */
export function installRic(): string {
  if (hasRic()) return ricEntry;
  const packages = ['autoconf', 'automake', 'libtool', 'cmake', 'g++', 'make', 'xz-utils'];
  const programs = ['autoconf', 'automake', 'libtoolize', 'cmake', 'g++', 'make', 'xz'];
  ensureProgram(
    () => (programs.every(each => findOnPath(each)() !== undefined) ? 'all' : undefined),
    packages,
  );
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, allowScripts: { 'aws-lambda-ric': true } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `aws-lambda-ric@${version}`];
  runToEnd('npm', args, { cwd: folder });
  if (!hasRic()) throw new Error(`aws-lambda-ric ${version} was installed and not compiled; see ${folder}`);
  return ricEntry;
}
