// Runs a task on the Node that the lock file brings, after installing what is locked if it is not there yet.
// Plain JavaScript for Node 20 and later, without dependencies: it is the first thing that a fresh clone runs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, 'node_modules', '.bin', 'node');
const stamp = join(root, 'node_modules', '.lifeboat-installed');

const tasks = {
  lifeboat: args => lifeboat(args),
  rehearse: args =>
    lifeboat([
      'rehearse',
      ...(args.some(arg => arg.endsWith('.yml')) ? [] : ['plans/liquid-abt/plan.yml']),
      ...(args.includes('--scenario') ? [] : ['--scenario', 'region-failure']),
      ...args,
    ]),
  check: () => check(),
  test: args => all([...(args.length > 0 ? [] : [check]), tool('vitest', ['run', ...args])]),
  'test:e2e': args =>
    args.includes('--live')
      ? live(args)
      : all([tool('vitest', ['run', '--config', 'vitest.e2e.config.ts', ...args])]),
  bench: args => run(node, ['bench/bench.ts', ...args]),
  package: args => all([tool('serverless', ['package', ...args])]),
};

/** Types and lint, at the same time: each of them uses one core most of the time. */
async function check() {
  const statuses = await Promise.all([tool('tsc', ['-p', '.'])(), tool('biome', ['check', '.'])()]);
  return Math.max(...statuses);
}

/** What was made in an account is removed after an interruption too: this process waits for the one that does it. */
function live(args) {
  process.on('SIGINT', () => {});
  return run(node, ['test/e2e/live/live.ts', ...args]);
}

/** In this process if it is the right Node already, so that nobody waits for a second one to start. */
async function lifeboat(args) {
  if (process.version !== lockedVersion()) return run(node, ['cli/lifeboat.mjs', ...args]);
  // Compiled modules are kept between calls: half a second of a rehearsal's second and a half.
  module.enableCompileCache?.(join(root, '.lifeboat', 'cache', 'compile'));
  process.chdir(root);
  process.argv = [process.argv[0], join(root, 'cli', 'lifeboat.mjs'), ...args];
  await import('../cli/lifeboat.mjs');
  return process.exitCode ?? 0;
}

/** Version of the Node in the lock file, such as `v24.21.0`. */
function lockedVersion() {
  return `v${JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8')).version}`;
}

function tool(name, args) {
  return () => run(join(root, 'node_modules', '.bin', name), args);
}

async function all(steps) {
  for (const step of steps) {
    const status = await step();
    if (status !== 0) return status;
  }
  return 0;
}

/** The exit code of a command that shares this terminal. */
function run(command, args) {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  return new Promise(resolve => {
    child.once('error', error => {
      process.stderr.write(`${command} can't be started: ${error.message}\n`);
      resolve(1);
    });
    child.once('exit', code => resolve(code ?? 1));
  });
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function isInstalled() {
  return existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash();
}

function install() {
  if (isInstalled()) return;
  process.stderr.write('Installing the locked dependencies (once, about a minute) …\n');
  // Warnings about the engine are expected when npm runs on Node 20: the tasks run on the Node 24 installed here.
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, 'inherit'],
  });
  if (result.status !== 0) {
    process.stderr.write(
      'The installation failed; see above. Node 20 or later with npm and a registry are needed.\n',
    );
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockHash());
}

const [task = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task)) {
  process.stderr.write(`There is no task "${task}". There are: ${Object.keys(tasks).join(', ')}\n`);
  process.exit(2);
}
install();
process.exitCode = await tasks[task](args);
