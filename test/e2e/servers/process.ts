import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Where the servers are installed and write their logs; nothing of it is part of the project. */
export const home = join(import.meta.dirname, '../../../.lifeboat/e2e');

/** A server that runs until it is stopped. */
export type Server = { stop(): Promise<void> };

/** A port of the loopback interface that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return address.port;
}

/** Runs a command to its end. Throws with what it said when it fails. */
export function runToEnd(command: string, args: readonly string[], options: SpawnOptions = {}): string {
  const result = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (result.error) throw new Error(`${command} can't be started: ${result.error.message}`);
  if (result.status === 0) return String(result.stdout ?? '');
  throw new Error(
    `${command} ${args.join(' ')} ended with ${result.status}: ${result.stderr || result.stdout}`,
  );
}

/** Ends of what runs now: a suite that is interrupted leaves nothing running. */
const ends = new Set<() => void>();
process.once('exit', () => {
  for (const end of ends) end();
});

/** Starts a server in a process group of its own, and waits until `ready` answers true. Its log is kept. */
export async function startServer(
  name: string,
  command: string,
  args: readonly string[],
  options: SpawnOptions & { ready(): Promise<boolean>; withinSeconds?: number },
): Promise<Server> {
  const { ready, withinSeconds = 60, ...spawning } = options;
  mkdirSync(join(home, 'logs'), { recursive: true });
  const log = join(home, 'logs', `${name}.log`);
  const child = spawn(command, args, { ...spawning, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  ends.add(end);
  child.once('exit', () => ends.delete(end));
  const file = createWriteStream(log);
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`it ended with ${code}`)));
  });
  try {
    await Promise.race([until(ready, withinSeconds), failed]);
  } catch (cause) {
    await stop(child);
    throw new Error(`${name} did not start (${String(cause)}). Its log says:\n${lastLines(log)}`, { cause });
  }
  failed.catch(() => {});
  return { stop: () => stop(child) };
}

async function until(ready: () => Promise<boolean>, withinSeconds: number): Promise<void> {
  const last = Date.now() + withinSeconds * 1000;
  while (!(await ready().catch(() => false))) {
    if (Date.now() > last) throw new Error(`nothing answered within ${withinSeconds} s`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** Ends the whole group, since servers start others; one that does not listen is killed. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-(child.pid as number), name);
    } catch {
      // It has ended meanwhile.
    }
  };
  signal('SIGTERM');
  const late = setTimeout(() => signal('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').split('\n').slice(-20).join('\n');
}

/** Whether something answers an HTTP request at this address. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.status < 500;
}
