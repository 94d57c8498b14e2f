import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { packageInto } from '../deploy/package-into.ts';
import { readZip } from '../deploy/read-zip.ts';

export type BundleFigures = { name: string; zipBytes: number; importMs: number };

/** Imports per bundle, each in a process of its own; the median counts. */
const imports = 5;

/**
 * Packages LIQUID ABT into a folder of its own, and measures every function: bytes of its zip, and milliseconds that
 * Node takes to import its handler for the first time in a process. `onHandler` may look at each before it is removed.
 */
export async function measureBundles(
  onHandler: (name: string, handler: string) => Promise<void> = async () => {},
): Promise<BundleFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-bundles-'));
  try {
    const packages = join(folder, 'packages');
    const { exitCode, output } = await packageInto(packages);
    if (exitCode !== 0) throw new Error(`serverless package failed:\n${output}`);
    const figures: BundleFigures[] = [];
    for (const file of readdirSync(packages).filter(item => item.endsWith('.zip'))) {
      const archive = readFileSync(join(packages, file));
      const name = file.slice(0, -'.zip'.length);
      const handler = unpackHandler(archive, join(folder, name));
      await onHandler(name, handler);
      figures.push({ name, zipBytes: archive.length, importMs: await measureImport(handler) });
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the files of an archive into a folder. Returns the path of the handler's module. */
function unpackHandler(archive: Buffer, folder: string): string {
  let handler: string | undefined;
  for (const [name, content] of readZip(archive)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (name.endsWith('.mjs')) handler = path;
  }
  if (handler === undefined) throw new Error(`No handler in the archive for ${folder}`);
  return handler;
}

async function measureImport(path: string): Promise<number> {
  const script = `
    const startedAt = performance.now();
    const { handler } = await import(${JSON.stringify(pathToFileURL(path).href)});
    const took = performance.now() - startedAt;
    if (typeof handler !== 'function') throw new Error('it exports no handler');
    process.stdout.write(String(took));`;
  const took: number[] = [];
  for (let round = 0; round < imports; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    took.push(Number(stdout));
  }
  return took.sort((a, b) => a - b)[imports >> 1] ?? Number.NaN;
}
