import { type Pglite, scratchOf } from '../shared/backups/verify/embedded.ts';
import type { Scratch } from '../shared/backups/verify/file.ts';

/** Packed beside the function and not into its bundle: it is WebAssembly, and only a dump's proof needs it. */
const packageName = '@electric-sql/pglite';

/** Starts an empty Postgres in this process, in memory. */
export async function openEmbeddedPostgres(): Promise<Scratch> {
  const { PGlite } = (await import(packageName)) as { PGlite: { create(): Promise<Pglite> } };
  return scratchOf(await PGlite.create());
}
