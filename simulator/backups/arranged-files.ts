import { createHash } from 'node:crypto';
import { backupTags, fileKey } from '../../shared/backups/names.ts';
import type { BackupOf } from '../../shared/plan/schema.ts';
import { bucketsOf, storeObject } from '../services/s3/state.ts';
import type { World } from '../world/world.ts';
import { writeArchive } from './pg-archive.ts';
import { redisDump } from './redis-dump.ts';

/** Backups that are files in a bucket, and the buckets that they are in. */

export type FileBackup = BackupOf<'dump' | 'kubernetes-export' | 'secrets-export' | 'terraform-state'>;

export function addBuckets(world: World, { bucket, region, copy, prefix }: FileBackup): void {
  const buckets = bucketsOf(world);
  const made = (name: string, at: string) => ({ name, region: at, versioned: true, objects: new Map() });
  if (copy && !buckets.has(copy.bucket)) buckets.set(copy.bucket, made(copy.bucket, copy.region));
  const known = buckets.get(bucket) ?? made(bucket, region);
  buckets.set(bucket, { ...known, ...(copy && { replica: copy.bucket }) });
  // Files that stand for these while scenarios are rehearsed hold nothing that could be checked or restored.
  for (const name of [bucket, ...(copy ? [copy.bucket] : [])]) {
    const objects = buckets.get(name)?.objects;
    for (const key of objects?.keys() ?? []) if (key.startsWith(prefix)) objects?.delete(key);
  }
}

/** What dumps hold: SQL of the plan's rehearsal, and the moment that its data is of. */
export type DumpedData = { sql: string; dataAtMs: number };

const suffixes = {
  'plain-sql': '.sql',
  'pg-custom': '.dump',
  tar: '.tar',
  json: '.json',
  'redis-rdb': '.rdb',
};

export function addFile(world: World, id: string, backup: FileBackup, atMs: number, data: DumpedData): void {
  const bucket = bucketsOf(world).get(backup.bucket);
  if (!bucket) return;
  const at = new Date(atMs).toISOString();
  const content = contentOf(world, backup, atMs, data);
  const key =
    backup.type === 'terraform-state'
      ? backup.key
      : fileKey(backup.prefix, id, at, backup.type === 'dump' ? suffixes[backup.format] : '.json');
  const { kmsKey } = backup;
  const lastModified = new Date(atMs);
  const tags = Object.fromEntries(
    backupTags(world.plan.system.id, id, new Date(atMs + backup.retention * 1000)).map(({ Key, Value }) => [
      Key,
      Value,
    ]),
  );
  storeObject(world, bucket, key, { ...content, lastModified, tags, kmsKey });
  if (backup.type === 'terraform-state') return;
  const bytes = content.bytes ?? Buffer.from(content.body);
  const manifest = {
    version: 1,
    system: world.plan.system.id,
    backup: id,
    file: key,
    sourceTime: at,
    createdAt: at,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    by: 'the rehearsal',
  };
  storeObject(world, bucket, `${key}.manifest.json`, { body: JSON.stringify(manifest), lastModified, tags });
}

function contentOf(
  world: World,
  backup: FileBackup,
  atMs: number,
  { sql, dataAtMs }: DumpedData,
): { body: string; bytes?: Buffer } {
  if (backup.type === 'terraform-state')
    return { body: JSON.stringify({ version: 4, resources: [{ type: 'aws_vpc', name: 'main' }] }) };
  if (backup.type !== 'dump')
    return { body: JSON.stringify({ items: [{ kind: 'ConfigMap', metadata: { name: 'app' } }] }) };
  const statements = `${sql}\n${shiftTimes(Math.round((atMs - dataAtMs) / 1000))}`;
  switch (backup.format) {
    case 'pg-custom':
      return { body: '', bytes: writeArchive(world.plan.system.id, statements) };
    case 'json':
      return { body: JSON.stringify({ items: [1] }) };
    case 'redis-rdb':
      return {
        body: '',
        bytes: redisDump({ rehearsal: new Date(atMs).toISOString() }),
      };
    default:
      return {
        body: `--\n-- PostgreSQL database dump\n--\n\n${statements}\n\n--\n-- PostgreSQL database dump complete\n--\n\n`,
      };
  }
}

/** The data of a rehearsal is of one moment; a dump of another one holds the same rows as of then. */
function shiftTimes(seconds: number): string {
  return `DO $shift$ DECLARE c record; BEGIN
  FOR c IN SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type LIKE 'timestamp%' LOOP
    EXECUTE format('UPDATE %I SET %I = %I + interval ''${seconds} seconds''', c.table_name, c.column_name, c.column_name);
  END LOOP; END $shift$;`;
}
