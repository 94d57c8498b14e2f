import type { OpenScratch } from '../shared/backups/verify/file.ts';
import { handleVerify, verifyEventSchema } from '../shared/backups/verify/handle.ts';
import { connectSql } from '../shared/network/sql.ts';
import { pageFirstLevel } from '../shared/triage/page.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { parseInput } from './parse-input.ts';
import { loadRuntime, type RuntimeProvider } from './runtime.ts';
import { takeEvent } from './take-event.ts';

/** Proves backups by restoring them, and removes what the proofs leave behind. */
export function createVerifyHandler(runtime: RuntimeProvider, openScratch?: OpenScratch) {
  return takeEvent(async (event: unknown) => {
    const ready = await runtime();
    return handleVerify(
      ready,
      parseInput(verifyEventSchema, event, 'verify'),
      pageFirstLevel(ready),
      openScratch,
    );
  });
}

export const handler = createVerifyHandler(loadRuntime({ sql: connectSql }), openEmbeddedPostgres);
