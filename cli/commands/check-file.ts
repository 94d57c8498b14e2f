import { createReadStream, existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkFile, type FileVerdict } from '../../shared/backups/files/check-file.ts';
import { type ContentFormat, contentFormats } from '../../shared/backups/files/formats.ts';
import { type Manifest, manifestNameOf, manifestSchema } from '../../shared/backups/files/manifest.ts';
import type { Io } from '../io.ts';

export type CheckFileArguments = { files: string[]; format?: string; manifest?: string; json: boolean };

/** Pieces that are read at once; four of them are in memory at most. */
const pieceBytes = 256 * 1024;

/**
 * `lifeboat backups check-file`: reads dumps on disk to their last byte and says whether they can be restored from, as
 * far as a file alone can tell. A manifest beside the file is used by itself. Exit 0, 1 (a file is not in order) or 2.
 */
export async function checkFiles(args: CheckFileArguments, io: Io): Promise<number> {
  const problem = problemWith(args);
  if (problem) {
    io.err(`${problem}\n`);
    return 2;
  }
  const results: ({ file: string } & FileVerdict)[] = [];
  for (const file of args.files) {
    const verdict = await checkOne(file, args);
    if ('unusable' in verdict) {
      io.err(`${verdict.unusable}\n`);
      return 2;
    }
    results.push({ file, ...verdict });
    if (!args.json) io.out(describe(file, verdict));
  }
  const ok = results.every(result => result.ok);
  if (args.json) io.out(`${JSON.stringify({ ok, files: results }, undefined, 2)}\n`);
  return ok ? 0 : 1;
}

function problemWith({ files, format, manifest }: CheckFileArguments): string | undefined {
  if (files.length === 0) return 'Which file? lifeboat backups check-file FILE…';
  if (format !== undefined && !contentFormats.some(known => known === format)) {
    return `There is no format "${format}". There are: ${contentFormats.join(', ')}.`;
  }
  return manifest !== undefined && files.length > 1
    ? '--manifest goes with one file; beside each file its own FILE.manifest.json is found by itself.'
    : undefined;
}

async function checkOne(file: string, args: CheckFileArguments): Promise<FileVerdict | { unusable: string }> {
  if (!existsSync(file)) return missing(file);
  if (!statSync(file).isFile()) {
    return {
      unusable: `${file} is a folder. A dump in directory format is checked as one file: tar cf dump.tar ${file}`,
    };
  }
  const manifest = await readManifest(file, args.manifest);
  if (manifest && 'unusable' in manifest) return manifest;
  return checkFile(createReadStream(file, { highWaterMark: pieceBytes }), {
    name: basename(file),
    format: args.format as ContentFormat | undefined,
    manifest,
  });
}

async function readManifest(
  file: string,
  given?: string,
): Promise<Manifest | { unusable: string } | undefined> {
  const path = given ?? manifestNameOf(file);
  if (!existsSync(path)) return given === undefined ? undefined : { unusable: `There is no file ${path}` };
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const said = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    return { unusable: `${path} is no manifest that Lifeboat can read: ${said}` };
  }
}

function missing(file: string): FileVerdict {
  return {
    ok: false,
    problem: 'missing',
    what: `There is no file ${file}`,
    mend: 'Look where the backup job writes to and whether it ran; take a backup now.',
    facts: { bytes: 0, sha256: '' },
  };
}

function describe(file: string, verdict: FileVerdict): string {
  const { facts } = verdict;
  if (!verdict.ok) return `${file}  ${verdict.problem}  ${verdict.what}\n    mend: ${verdict.mend}\n`;
  const what = [facts.format, facts.compression].filter(Boolean).join(', ');
  const tables = typeof facts.tables === 'number' ? `, ${facts.tables} tables with data` : '';
  return `${file}  sound  ${what}${tables}, ${facts.bytes} bytes, sha256 ${facts.sha256}\n${unseen(facts)}    Only a restore proves a backup: this says that the file is whole.\n`;
}

/** What the bytes alone can't show, so that nobody takes "sound" for more than it is. */
function unseen({ format, compression, unread, withoutChecksum }: FileVerdict['facts']): string {
  if (typeof unread === 'string') return `    Not looked into: ${unread}.\n`;
  const bare = compression === undefined && format === 'plain-sql';
  if (!bare && (withoutChecksum !== true || compression === 'gzip')) return '';
  return '    Its data has no checksum: a letter that became another one shows only with a manifest or a restore.\n';
}
