import type { Reason } from '../../actions/contract.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { shortHash } from '../../aws/names.ts';
import { readCluster } from '../../aws/rds-cluster-reader.ts';
import { readReplicatedBackups } from '../../aws/rds-reader.ts';
import { restorePoints } from '../../aws/rds-restore-points.ts';
import type { Backup, BackupOf } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { readSnapshotsOf, type Snapshot } from '../snapshots/read.ts';
import { type Source, sourceOfBackup } from '../snapshots/source.ts';
import { listFiles } from '../survey/files.ts';
import { recoveryPoints } from '../survey/other-services.ts';
import { globOf, readAllSnapshots } from '../survey/rds.ts';
import type { Verification } from './record.ts';

export type Point = NonNullable<Verification['point']>;
export type PointWish = 'latest' | 'random' | (string & {});
type Window = { point: Point; earliest?: Date };

/**
 * What can be restored of a class, the newest first. Looked up in the region where it is restored: a name that was made
 * up, or a snapshot of another region, is not among them.
 */
export async function pointsOf(runtime: Runtime, id: string, backup: Backup, of?: string): Promise<Window[]> {
  const { aws, plan } = runtime;
  switch (backup.type) {
    case 'rds-replicated-backups':
    case 'rds-automated':
      return momentsOf(runtime, backup);
    case 'rds-snapshot': {
      const source = sourceOfBackup(plan, backup);
      const snapshots = await readSnapshotsOf(runtime, source.region, source);
      return snapshots.filter(({ madeFor }) => madeFor === id).flatMap(snapshotOf(source.kind));
    }
    case 'rds-snapshot-copy': {
      const source = sourceOfBackup(plan, backup);
      const snapshots = await readSnapshotsOf(runtime, backup.region, source);
      return snapshots.filter(({ type }) => type === 'manual').flatMap(snapshotOf(source.kind));
    }
    case 'rds-fleet': {
      const pattern = globOf(of ?? backup.instances);
      const snapshots = await readAllSnapshots({ aws }, backup.region, of);
      return snapshots.filter(one => pattern.test(one.of)).flatMap(snapshotOf('instance'));
    }
    case 'aws-backup': {
      const { vault, region } = backup.copyTo ?? backup;
      const found = await recoveryPoints({ aws }, region, vault, backup.resource);
      return found.flatMap(({ usable, id: from, at }) => {
        const kind = from.includes(':cluster-snapshot:') ? 'cluster' : 'instance';
        return usable === true && from.includes('snapshot:') ? [snapshotPoint(kind, from, at)] : [];
      });
    }
    case 'dump':
      return filesOf(runtime, backup);
    default:
      return [];
  }
}

/** A database's automated backups, which hold any moment of a window. */
async function momentsOf(
  { aws, plan }: Runtime,
  backup: BackupOf<'rds-automated' | 'rds-replicated-backups'>,
): Promise<Window[]> {
  const { region, identifier, kind } = sourceOfBackup(plan, backup);
  const point = (method: Point['method'], from: string, at: Date, earliest?: Date): Window => ({
    point: { method, from, at: at.toISOString(), useLatest: true },
    earliest,
  });
  if (kind === 'cluster') {
    const cluster = await readCluster(aws, region, identifier);
    const { LatestRestorableTime: latest, EarliestRestorableTime: earliest } = cluster ?? {};
    return latest ? [point('cluster-time', identifier, latest, earliest)] : [];
  }
  const where = backup.type === 'rds-automated' ? region : backup.region;
  const backups = await readReplicatedBackups(aws, where, { identifier, region });
  return backups.flatMap(one =>
    restorePoints([one], []).map(({ from, at }) =>
      point('automated-backup', from, at, one.RestoreWindow?.EarliestTime),
    ),
  );
}

async function filesOf({ aws, plan }: Runtime, backup: BackupOf<'dump'>): Promise<Window[]> {
  const place = backup.copy && backup.copy.region === plan.regions.recovery ? backup.copy : backup;
  const files = await listFiles({ aws }, backup, place);
  return files.map(({ id: key, at, bytes }) => ({
    point: {
      method: 'file' as const,
      from: `s3://${place.bucket}/${key}`,
      at: at.toISOString(),
      useLatest: false,
      ...(bytes !== undefined && { bytes }),
    },
  }));
}

/** A finished snapshot; a shared one goes by its ARN. */
const snapshotOf =
  (kind: Source['kind']) =>
  ({ id, arn, at, type, usable }: Snapshot): Window[] =>
    usable === true ? [snapshotPoint(kind, type === 'shared' ? (arn ?? id) : id, at)] : [];

const snapshotPoint = (kind: Source['kind'], from: string, at: Date): Window => ({
  point: {
    method: kind === 'cluster' ? 'cluster-snapshot' : 'snapshot',
    from,
    at: at.toISOString(),
    useLatest: false,
  },
});

/** The newest, a random one (the same for the same verification), or the newest one up to a time. */
export function choosePoint(windows: readonly Window[], wish: PointWish, seed: string): Point | undefined {
  const [newest] = windows;
  if (!newest || wish === 'latest') return newest?.point;
  const unit = Number.parseInt(shortHash(seed, 8), 16) / 2 ** 32;
  if (wish === 'random') {
    if (!newest.earliest) return windows[Math.floor(unit * windows.length)]?.point;
    const from = newest.earliest.getTime();
    return atTime(newest, from + unit * (Date.parse(newest.point.at) - from));
  }
  const wantedMs = Date.parse(wish);
  const within = windows.find(
    ({ point, earliest }) => earliest && earliest.getTime() <= wantedMs && wantedMs <= Date.parse(point.at),
  );
  if (within) return atTime(within, wantedMs);
  return windows.find(({ point, earliest }) => !earliest && Date.parse(point.at) <= wantedMs)?.point;
}

function atTime({ point }: Window, atMs: number): Point {
  const second = new Date(Math.floor(atMs / 1000) * 1000).toISOString();
  return second >= point.at ? point : { ...point, at: second, useLatest: false };
}

/** Why there is nothing to restore: what a person has to know first is the key. */
export async function whyNoPoint(runtime: Runtime, backup: Backup, wish: PointWish): Promise<Reason> {
  const key = 'kmsKey' in backup && backup.kmsKey !== undefined ? backup.kmsKey : undefined;
  const region = 'region' in backup ? backup.region : runtime.plan.regions.recovery;
  const state = key === undefined ? undefined : await readKey(runtime.aws, region, key);
  if (state && !state.usable) return state.reason;
  return {
    what: `${backup.title}: there is nothing to restore in ${region}${wish === 'latest' || wish === 'random' ? '' : ` up to ${wish}`}`,
    mend: 'Look with `lifeboat backups PLAN check` at what is wrong and how to mend it.',
  };
}
