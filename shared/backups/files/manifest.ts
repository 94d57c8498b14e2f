import * as z from 'zod';
import { FileProblem } from './problem.ts';

/**
 * What Lifeboat writes beside each file that it has made, as `<file>.manifest.json`: what it is, from when the data is,
 * and by what it can be recognised. Times are ISO-8601 UTC.
 */
export const manifestSchema = z.object({
  version: z.literal(1),
  system: z.string(),
  /** Id of the backup class in the plan. */
  backup: z.string(),
  file: z.string(),
  /** The moment whose data is in it: when the dump began to read. */
  sourceTime: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal'),
  /** Rows by table, counted in the source at `sourceTime`. */
  rows: z.record(z.string(), z.number().int().nonnegative()).optional(),
  /** Who or what made it: the run, the job, the person. */
  by: z.string().default('unknown'),
});
export type Manifest = z.output<typeof manifestSchema>;

export const manifestNameOf = (file: string) => `${file}.manifest.json`;

type Seen = { bytes: number; sha256: string; rows?: unknown };

/** What about a file is not as its manifest says; undefined when it fits, or when there is none. */
export function compareWithManifest(seen: Seen, manifest: Manifest | undefined): FileProblem | undefined {
  if (!manifest) return undefined;
  const differs = (what: string) => new FileProblem('differs-from-manifest', what);
  if (seen.bytes !== manifest.bytes) {
    return differs(`The file has ${seen.bytes} bytes, and ${manifest.bytes} by its manifest`);
  }
  if (seen.sha256 !== manifest.sha256) {
    return differs(`The file's SHA-256 is ${seen.sha256}, and ${manifest.sha256} by its manifest`);
  }
  const rows = z.record(z.string(), z.number()).safeParse(seen.rows).data ?? {};
  for (const [table, counted] of Object.entries(rows)) {
    const wanted = manifest.rows?.[table] ?? manifest.rows?.[table.replace(/^public\./, '')];
    if (wanted !== undefined && wanted !== counted) {
      return differs(`${table} has ${counted} rows in the file, and ${wanted} by its manifest`);
    }
  }
  return undefined;
}
