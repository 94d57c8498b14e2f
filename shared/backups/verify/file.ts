import type { Backup, VerifyPlan } from '../../plan/schema.ts';
import type { SqlConnection } from '../../ports.ts';
import type { Runtime } from '../../runtime.ts';
import { createByteReader } from '../files/byte-reader.ts';
import { decompress } from '../files/decompress.ts';
import { createArchiveWalker } from '../files/pg-custom.ts';
import { FileProblem } from '../files/problem.ts';
import { bytesOf, checkObject, getObject, readManifest } from '../survey/files.ts';
import type { Point } from './points.ts';
import { askRestored } from './queries.ts';
import type { Verification } from './record.ts';
import { insertsOf, statementsOf } from './sql-script.ts';

/** An embedded Postgres that is empty, and gone when it is closed. */
export type Scratch = SqlConnection & { exec(sql: string): Promise<void> };
export type OpenScratch = () => Promise<Scratch>;

/** More does not fit into the memory of a function beside Postgres itself. */
const mostEmbeddedBytes = 512 * 2 ** 20;

/** Roles and extensions of the source are not there; what is about them says nothing of the data. */
const beside =
  /^(ALTER [\s\S]* OWNER TO|GRANT|REVOKE|COMMENT ON EXTENSION|ALTER DEFAULT PRIVILEGES|SECURITY LABEL|CREATE EXTENSION|SET (default_tablespace|transaction_timeout|xmloption)|ALTER (DATABASE|ROLE)|CREATE ROLE)/i;

type Proof = Pick<Verification, 'checks' | 'rpoSeconds' | 'rtoSeconds' | 'parts' | 'reasons'>;

/**
 * Restores a dump for real into an embedded Postgres and asks it. A file that is damaged, or that Postgres refuses, is
 * a reason; it never throws for what a file may contain.
 */
export async function proveFile(
  runtime: Runtime,
  backup: Backup,
  verify: VerifyPlan,
  point: Point,
  openScratch?: OpenScratch,
): Promise<Proof> {
  const failed = (what: string, mend: string): Proof => ({
    checks: [],
    rpoSeconds: null,
    rtoSeconds: null,
    parts: [],
    reasons: [{ what, mend }],
  });
  if (backup.type !== 'dump')
    return failed(`A ${backup.type} is no dump`, 'Name an rds-restore-target under "verify.into".');
  if (!openScratch)
    return failed('This function has no embedded Postgres', 'Deploy again; the verify function brings it.');
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(point.from) ?? [];
  const place = {
    bucket,
    region: backup.bucket === bucket ? backup.region : (backup.copy?.region ?? backup.region),
  };
  const began = runtime.clock.now().getTime();
  const since = () => Math.round((runtime.clock.now().getTime() - began) / 1000);
  const verdict = await checkObject(runtime, backup, place, key);
  if (!verdict.ok) return failed(`${key} is ${verdict.problem}: ${verdict.what}`, verdict.mend);
  if (verdict.facts.bytes > mostEmbeddedBytes) {
    return failed(
      `${key} has ${verdict.facts.bytes} bytes, which does not fit into the embedded Postgres`,
      'Give "verify" a "larger": an rds-new-instance, and a codebuild-project that restores into it.',
    );
  }
  const readSeconds = since();
  const manifest = await readManifest(runtime, place, key);
  const scratch = await openScratch();
  try {
    const body = bytesOf(await getObject(runtime, place, key));
    const { format, compression } = verdict.facts;
    await loadDump(compression ? decompress(body, compression) : body, format ?? '', scratch);
    const loadSeconds = since() - readSeconds;
    const pointAt = new Date(manifest?.sourceTime ?? point.at);
    const { checks, rpoSeconds } = await askRestored(scratch, verify, pointAt, manifest);
    return {
      checks,
      rpoSeconds,
      rtoSeconds: since(),
      parts: [
        { name: 'read', seconds: readSeconds },
        { name: 'restore', seconds: loadSeconds },
        { name: 'queries', seconds: since() - loadSeconds - readSeconds },
      ],
      reasons: [],
    };
  } catch (error) {
    if (error instanceof FileProblem) return failed(`${key}: ${error.message}`, error.mend);
    if (error instanceof DumpRefused)
      return failed(
        `${key}: ${error.message}`,
        'Look at the statement in the dump; the same would stop a real restore.',
      );
    throw error;
  } finally {
    await scratch.end();
  }
}

class DumpRefused extends Error {}

/** Runs a dump's statements. What is about roles and extensions is left out; any other refusal ends it. */
export async function loadDump(
  content: AsyncIterable<Uint8Array>,
  format: string,
  scratch: Pick<Scratch, 'exec'>,
): Promise<void> {
  for await (const statement of format === 'pg-custom'
    ? archiveStatements(content)
    : plainStatements(content, format)) {
    if (beside.test(statement)) continue;
    try {
      await scratch.exec(statement);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (/^CREATE SCHEMA/i.test(statement) && /already exists/.test(said)) continue;
      throw new DumpRefused(`Postgres refuses "${statement.slice(0, 80).replaceAll(/\s+/g, ' ')}": ${said}`);
    }
  }
  // A dump empties the search path, so that it names everything in full; the plan's queries do not.
  await scratch.exec('RESET ALL;');
}

function plainStatements(content: AsyncIterable<Uint8Array>, format: string): AsyncGenerator<string> {
  if (format !== 'plain-sql')
    throw new FileProblem(
      'wrong-format',
      `A dump of format ${format} can't be restored into the embedded Postgres`,
      'Write it as plain SQL or in the custom format, or restore into an instance.',
    );
  return statementsOf(textOf(content));
}

async function* archiveStatements(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const walker = await createArchiveWalker(createByteReader(content));
  yield* walker.definitions('before-data');
  for await (const { table, columns, data } of walker.tables())
    yield* insertsOf(table, columns, textOf(data));
  yield* walker.definitions('after-data');
}

async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}
