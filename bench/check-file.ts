import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export type CheckFileFigures = { bytes: number; gzipMs: number; checkMs: number; peakBytes: number };

/** Of compressed data, which is what counts for both. */
const wantedBytes = 1e9;

/** Checks 1 GB of gzip around a plain dump, and lets `gzip -t` read the same file before and after; the better counts. */
export async function measureCheckFile(): Promise<CheckFileFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-check-file-'));
  try {
    const file = join(folder, 'large.sql.gz');
    await pipeline(Readable.from(dump()), createGzip({ level: 1 }), createWriteStream(file));
    const before = timed('gzip', ['-t', file]);
    const started = performance.now();
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      [
        '--import',
        new URL('./report-memory.ts', import.meta.url).href,
        'cli/lifeboat.mjs',
        'backups',
        'check-file',
        file,
      ],
      { encoding: 'utf8' },
    );
    const checkMs = performance.now() - started;
    if (status !== 0) throw new Error(`check-file refuses the file: ${stdout}${stderr}`);
    const peakBytes = Number(/peak (\d+) bytes/.exec(stderr)?.[1]);
    return {
      bytes: statSync(file).size,
      gzipMs: Math.min(before, timed('gzip', ['-t', file])),
      checkMs,
      peakBytes,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function timed(program: string, args: string[]): number {
  const started = performance.now();
  if (spawnSync(program, args).status !== 0) throw new Error(`${program} failed`);
  return performance.now() - started;
}

/** Rows of hashes, of which gzip makes a little more than half. */
function* dump(): Generator<string> {
  yield '--\n-- PostgreSQL database dump\n--\n\nCOPY public.rows (id, hash) FROM stdin;\n';
  const rows = 10_000;
  for (let from = 0, given = 0; given < wantedBytes * 1.7; from += rows) {
    let text = '';
    for (let id = from; id < from + rows; id++)
      text += `${id}\t${createHash('sha512').update(String(id)).digest('hex')}\n`;
    given += text.length;
    yield text;
  }
  yield '\\.\n\n--\n-- PostgreSQL database dump complete\n--\n';
}
