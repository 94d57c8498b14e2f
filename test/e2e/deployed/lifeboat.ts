import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environmentOf, type Place } from './call-aws.ts';

const cli = fileURLToPath(new URL('../../../cli/lifeboat.mjs', import.meta.url));

export type Said = { exitCode: number | null; out: string; err: string };

/** Calls the command line as a person does, in a process of its own, against a deployment. */
export async function lifeboat(place: Place, ...args: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...environmentOf(place) },
    timeout: 240_000,
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', text => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    said.err += text;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  );
  return { exitCode, ...said };
}
