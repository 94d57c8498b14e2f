import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const serverless = fileURLToPath(new URL('../node_modules/serverless/bin/serverless.js', import.meta.url));

/** A packaging that takes longer hangs; it is ended, so that it fails instead of waiting for ever. */
const longestMs = 120_000;

export type Packaged = { exitCode: number; output: string };

/** Runs `serverless package` for a plan, into a folder of its own: for tests and the benchmark. */
export async function packageInto(folder: string, plan?: string): Promise<Packaged> {
  const args = [serverless, 'package', '--package', folder, ...(plan ? [`--param=plan=${plan}`] : [])];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text;
    });
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', code => resolve(code ?? 1));
  });
  return { exitCode, output };
}
