import { createHash } from 'node:crypto';
import { crc64 } from '../../shared/backups/files/crc64.ts';
import { backupTag, backupTags, fileKey, snapshotName, volumeTag } from '../../shared/backups/names.ts';
import { occurrences } from '../../shared/backups/occurrences.ts';
import { type Source, sourceOfBackup } from '../../shared/backups/snapshots/source.ts';
import type { Schedule } from '../../shared/plan/schedule.ts';
import type { Backup, BackupOf } from '../../shared/plan/schema.ts';
import { ensureCluster } from '../kubernetes/cluster.ts';
import { storeObject as storeKubernetes } from '../kubernetes/store.ts';
import { addRecoveryPoint } from '../services/backup.ts';
import { addVolume } from '../services/ec2/volumes.ts';
import { keyArnOf } from '../services/kms.ts';
import { clusterSnapshotArn } from '../services/rds/cluster-snapshots.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { copyFrom } from '../services/rds/lineage.ts';
import { snapshotArn } from '../services/rds/snapshots.ts';
import { keyOf, rdsState } from '../services/rds/state.ts';
import { bucketsOf, storeObject } from '../services/s3/state.ts';
import { sleep } from '../world/sleep.ts';
import type { World } from '../world/world.ts';
import { writeArchive } from './pg-archive.ts';
import { playedTimes, type Span } from './sparse.ts';

const dayMs = 86_400_000;
/** More of each class than these are not needed for anybody to look at. */
const mostKept = 30;
/** Until a recovery point is finished, found, and copied. */
const copyTakesMs = 2 * 3_600_000;
/** Databases that a fleet has in a rehearsal, unless a test says otherwise. */
const fleetSize = 6;

export type ArrangeOptions = {
  /** SQL of the plan's rehearsal, which dumps hold, and the moment that its data is of. */
  sql: string;
  dataAtMs: number;
  fleetSize?: number;
  /** Ids of the classes that are made; all of the plan if it is left out. */
  only?: readonly string[];
};

/** Makes the backups that the plan says exist, as if its schedules had been kept until now. */
export function arrangeBackups(world: World, options: ArrangeOptions): void {
  const wanted = Object.entries(world.plan.backups).filter(([id]) => options.only?.includes(id) ?? true);
  for (const [, backup] of wanted) {
    if ('bucket' in backup) addBuckets(world, backup);
  }
  for (const [id, backup] of wanted) {
    const times = timesOf(world, backup);
    // AWS Backup's are copied once they are finished, so of several the newest may not be there yet.
    const copiedMs = world.nowMs() - copyTakesMs;
    for (const [nth, atMs] of times.entries())
      addOne(world, id, backup, atMs, options, nth === 0 || atMs <= copiedMs);
  }
}

/**
 * Lets backups go on being made: all of those that others make, and of those that Lifeboat makes the ones
 * that are due while the rehearsal does not carry its own part out (`playedTimes`).
 */
export function keepMaking(world: World, options: ArrangeOptions, span: Span): void {
  for (const [id, backup] of Object.entries(world.plan.backups)) {
    if (!backup.schedule || madeByItself(backup)) continue;
    const { due, played } = playedTimes(backup.schedule, span);
    const carriedOut = new Set(madeByOthers(backup) ? [] : played);
    const times = due.filter(atMs => !carriedOut.has(atMs));
    void makeInTurn(world, id, backup, [...justNow(backup.schedule, world.nowMs()), ...times], options);
  }
}

/** What was due so shortly before now that it was not settled when the world began. */
function justNow(schedule: Schedule, nowMs: number): number[] {
  return occurrences(schedule, nowMs - settledMs(schedule, nowMs), nowMs);
}

/** One timer at a time: the clock looks through all that are set whenever it moves. */
async function makeInTurn(
  world: World,
  id: string,
  backup: Backup,
  times: readonly number[],
  options: ArrangeOptions,
): Promise<void> {
  let day = Math.floor(world.nowMs() / dayMs);
  for (const atMs of times) {
    await sleep(atMs - world.nowMs());
    addOne(world, id, backup, atMs, options);
    if (Math.floor(atMs / dayMs) === day) continue;
    day = Math.floor(atMs / dayMs);
    expire(world, id, backup, atMs - backup.retention * 1000);
  }
}

/** Removes those whose time is over, once a day: what makes them would do it, or a lifecycle rule of the bucket. */
function expire(world: World, id: string, backup: Backup, oldestMs: number): void {
  if (backup.type === 'rds-snapshot' || backup.type === 'rds-snapshot-copy') {
    const state = rdsState(world);
    state.snapshots = state.snapshots.filter(
      ({ shown: { SnapshotCreateTime, TagList } }) =>
        !TagList?.some(({ Value }) => Value === id) ||
        (SnapshotCreateTime?.getTime() ?? oldestMs) >= oldestMs,
    );
  }
  if (!('prefix' in backup)) return;
  for (const name of [backup.bucket, ...(backup.copy ? [backup.copy.bucket] : [])]) {
    const objects = bucketsOf(world).get(name)?.objects;
    for (const [key, versions] of objects ?? []) {
      const newest = versions.at(-1);
      if (newest?.tags[backupTag] === id && newest.lastModified.getTime() < oldestMs) objects?.delete(key);
    }
  }
}

/** RDS makes these all the time, and the simulated one does. */
function madeByItself({ type }: Backup): boolean {
  return type === 'rds-automated' || type === 'rds-replicated-backups';
}

/** A dump that only a job inside a cluster or a build writes is written by the world, whoever started the job. */
export function madeByOthers(backup: Backup): boolean {
  return backup.type === 'dump' || backup.type === 'terraform-state' || backup.type === 'rds-fleet';
}

/** When they were made that are kept now, oldest first; at least one, a little before now. */
function timesOf(world: World, { schedule, retention }: Backup): number[] {
  const now = world.nowMs();
  const fromMs = now - Math.min(retention * 1000, 40 * dayMs);
  const past = schedule ? occurrences(schedule, fromMs, now - settledMs(schedule, now)) : [];
  return past.length > 0 ? past.slice(-mostKept) : [now - 2 * 3_600_000];
}

/** How long ago the newest one was made at the least: an hour, or as long as it is until the next one. */
function settledMs(schedule: Schedule, nowMs: number): number {
  const [first = 0, second = Number.POSITIVE_INFINITY] = occurrences(schedule, nowMs, nowMs + 2 * dayMs);
  return Math.min(3_600_000, second - first);
}

function addOne(
  world: World,
  id: string,
  backup: Backup,
  atMs: number,
  options: ArrangeOptions,
  copied = true,
): void {
  switch (backup.type) {
    case 'rds-snapshot': {
      const source = sourceOfBackup(world.plan, backup);
      addSnapshot(world, { id, backup, region: source.region, source, atMs });
      return;
    }
    case 'rds-snapshot-copy': {
      const source = sourceOfBackup(world.plan, backup);
      const { region, kmsKey } = backup;
      addSnapshot(world, { id, backup, region, source, atMs, kmsKey });
      return;
    }
    case 'rds-fleet': {
      for (let index = 1; index <= (options.fleetSize ?? fleetSize); index++) {
        const identifier = backup.instances.replace('*', String(index).padStart(4, '0'));
        addSnapshot(world, {
          id,
          backup,
          region: backup.region,
          source: { kind: 'instance', region: world.plan.regions.primary, identifier },
          atMs,
        });
      }
      return;
    }
    case 'aws-backup': {
      addRecoveryPoint(world, backup.region, backup.vault, backup.resource, atMs);
      if (backup.copyTo && copied)
        addRecoveryPoint(world, backup.copyTo.region, backup.copyTo.vault, backup.resource, atMs);
      return;
    }
    case 'velero':
      addVelero(world, backup, atMs);
      return;
    case 'volumes':
      addVolumeSnapshot(world, id, backup, atMs);
      return;
    case 'dump':
    case 'kubernetes-export':
    case 'secrets-export':
    case 'terraform-state':
      addFile(world, id, backup, atMs, options);
      return;
    default:
      return;
  }
}

/** Velero's Schedule, and a Backup that it has made. */
function addVelero(
  world: World,
  { cluster: id, namespace, veleroSchedule }: BackupOf<'velero'>,
  atMs: number,
): void {
  const component = world.plan.components[id];
  if (component?.type !== 'eks-cluster') return;
  const cluster = ensureCluster(world, component.name, component.region);
  const apiVersion = 'velero.io/v1';
  const template = { includedNamespaces: ['*'] };
  storeKubernetes(world, cluster, 'schedules', {
    apiVersion,
    kind: 'Schedule',
    metadata: { name: veleroSchedule, namespace },
    spec: { template },
  });
  const startTimestamp = new Date(atMs).toISOString();
  storeKubernetes(world, cluster, 'backups', {
    apiVersion,
    kind: 'Backup',
    metadata: {
      name: `${veleroSchedule}-${startTimestamp.replaceAll(/\D/g, '').slice(0, 14)}`,
      namespace,
      labels: { 'velero.io/schedule-name': veleroSchedule },
    },
    spec: template,
    status: { phase: 'Completed', startTimestamp },
  });
}

/** Volumes with the plan's tag, and a snapshot of each. */
function addVolumeSnapshot(world: World, id: string, backup: BackupOf<'volumes'>, atMs: number): void {
  const { region, tag, copyRegion, retention } = backup;
  const tags = [
    { Key: tag.key, Value: tag.value },
    ...backupTags(world.plan.system.id, id, new Date(atMs + retention * 1000)),
  ];
  for (const number of [1, 2]) {
    for (const where of [region, ...(copyRegion === undefined ? [] : [copyRegion])]) {
      const name = where === region ? `vol-${tag.value}-${number}` : `vol-copy-${tag.value}-${number}`;
      addVolume(
        world,
        { region: where, id: name, tags: where === region ? { [tag.key]: tag.value } : {} },
        {
          atMs,
          tags: where === region ? tags : [...tags, { Key: volumeTag, Value: `vol-${tag.value}-${number}` }],
        },
      );
    }
  }
}

type Placed = {
  id: string;
  backup: Backup;
  region: string;
  source: Source;
  atMs: number;
  kmsKey?: string;
};

function addSnapshot(world: World, { id, backup, region, source, atMs, kmsKey }: Placed): void {
  if (world.faults.has('no-snapshot') && region === world.plan.regions.recovery) return;
  if (source.kind === 'cluster') {
    addClusterSnapshot(world, { id, backup, region, source, atMs, kmsKey });
    return;
  }
  const of = rdsState(world).instances.get(keyOf(source.region, source.identifier));
  const name = snapshotName(source, id, new Date(atMs).toISOString());
  const key = kmsKey ?? of?.shown.KmsKeyId ?? keyOfTarget(world, backup) ?? 'alias/aws/rds';
  rdsState(world).snapshots.push({
    region,
    copyOf: of && copyFrom(of, atMs),
    shown: {
      DBSnapshotIdentifier: name,
      DBSnapshotArn: snapshotArn(region, name),
      DBInstanceIdentifier: source.identifier,
      SnapshotType: 'manual',
      Status: 'available',
      Engine: 'postgres',
      EngineVersion: '16.4',
      AllocatedStorage: 100,
      Encrypted: true,
      KmsKeyId: keyArnOf(world, region, key),
      SourceRegion: source.region,
      OriginalSnapshotCreateTime: new Date(atMs),
      SnapshotCreateTime: new Date(atMs),
      TagList: backupTags(world.plan.system.id, id, new Date(atMs + backup.retention * 1000)),
    },
  });
}

function addClusterSnapshot(world: World, { id, backup, region, source, atMs, kmsKey }: Placed): void {
  const { clusters, snapshots } = clusterState(world);
  const of = clusters.get(keyOf(source.region, source.identifier))?.shown;
  const name = snapshotName(source, id, new Date(atMs).toISOString());
  const key = kmsKey ?? of?.KmsKeyId ?? keyOfTarget(world, backup) ?? 'alias/aws/rds';
  snapshots.push({
    region,
    shown: {
      DBClusterSnapshotIdentifier: name,
      DBClusterSnapshotArn: clusterSnapshotArn(region, name),
      DBClusterIdentifier: source.identifier,
      SnapshotType: 'manual',
      Status: 'available',
      Engine: of?.Engine,
      EngineVersion: of?.EngineVersion,
      StorageEncrypted: true,
      KmsKeyId: keyArnOf(world, region, key),
      // A copy keeps the time of its original (RDS API Reference, DBClusterSnapshot).
      SnapshotCreateTime: new Date(atMs),
      ...(region !== source.region && {
        SourceDBClusterSnapshotArn: clusterSnapshotArn(source.region, name),
      }),
      TagList: backupTags(world.plan.system.id, id, new Date(atMs + backup.retention * 1000)),
    },
  });
}

function keyOfTarget(world: World, { verify }: Backup): string | undefined {
  const target = verify && world.plan.components[verify.into];
  const isTarget = target?.type === 'rds-restore-target' || target?.type === 'rds-cluster-restore-target';
  return isTarget ? target.kmsKey : undefined;
}

type FileBackup = BackupOf<'dump' | 'kubernetes-export' | 'secrets-export' | 'terraform-state'>;

function addBuckets(world: World, { bucket, region, copy, prefix }: FileBackup): void {
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

const suffixes = {
  'plain-sql': '.sql',
  'pg-custom': '.dump',
  tar: '.tar',
  json: '.json',
  'redis-rdb': '.rdb',
};

function addFile(world: World, id: string, backup: FileBackup, atMs: number, options: ArrangeOptions): void {
  const bucket = bucketsOf(world).get(backup.bucket);
  if (!bucket) return;
  const at = new Date(atMs).toISOString();
  const content = contentOf(world, backup, atMs, options);
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
  { sql, dataAtMs }: ArrangeOptions,
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

/** A dump of Redis with some short strings in it. */
export function redisDump(values: Record<string, string>): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const keys = Object.entries(values).flatMap(([key, value]) => [Buffer.from([0]), text(key), text(value)]);
  const body = Buffer.concat([
    Buffer.from('REDIS0011'),
    Buffer.from([0xfe, 0]),
    ...keys,
    Buffer.from([0xff]),
  ]);
  const checksum = Buffer.alloc(8);
  checksum.writeBigUInt64LE(crc64(body, 0n));
  return Buffer.concat([body, checksum]);
}

/** The data of a rehearsal is of one moment; a dump of another one holds the same rows as of then. */
function shiftTimes(seconds: number): string {
  return `DO $shift$ DECLARE c record; BEGIN
  FOR c IN SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type LIKE 'timestamp%' LOOP
    EXECUTE format('UPDATE %I SET %I = %I + interval ''${seconds} seconds''', c.table_name, c.column_name, c.column_name);
  END LOOP; END $shift$;`;
}
