import type { Reason } from '../../actions/contract.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { shortHash } from '../../aws/names.ts';
import { readReplicatedBackups, readSnapshots } from '../../aws/rds-reader.ts';
import { restorePoints } from '../../aws/rds-restore-points.ts';
import type { Backup } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { listFiles } from '../survey/files.ts';
import { recoveryPoints } from '../survey/other-services.ts';
import { databaseOf, globOf, isOfClass, readAllSnapshots } from '../survey/rds.ts';
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
    case 'rds-automated': {
      const { region, identifier } = databaseOf(plan, backup.component);
      const where = backup.type === 'rds-automated' ? region : backup.region;
      const backups = await readReplicatedBackups(aws, where, { identifier, region });
      return backups.flatMap(one =>
        restorePoints([one], []).map(({ from, at }) => ({
          point: { method: 'automated-backup' as const, from, at: at.toISOString(), useLatest: true },
          earliest: one.RestoreWindow?.EarliestTime,
        })),
      );
    }
    case 'rds-snapshot':
    case 'rds-snapshot-copy': {
      const component = backup.type === 'rds-snapshot' ? backup.component : sourceOf(plan, backup.of);
      const { region, identifier } = databaseOf(plan, component);
      const where = backup.type === 'rds-snapshot' ? region : backup.region;
      const snapshots = await readSnapshots(aws, where, { identifier, region });
      const own =
        backup.type === 'rds-snapshot'
          ? snapshots.filter(isOfClass(id))
          : snapshots.filter(one => one.SnapshotType === 'manual');
      return restorePoints([], own).map(({ from, at }) => snapshotPoint(from, at));
    }
    case 'rds-fleet': {
      const pattern = globOf(of ?? backup.instances);
      const snapshots = await readAllSnapshots({ aws }, backup.region, of);
      const own = snapshots.filter(({ DBInstanceIdentifier = '' }) => pattern.test(DBInstanceIdentifier));
      return restorePoints([], own).map(({ from, at }) => snapshotPoint(from, at));
    }
    case 'aws-backup': {
      const { vault, region } = backup.copyTo ?? backup;
      const found = await recoveryPoints({ aws }, region, vault, backup.resource);
      return found
        .filter(({ usable, id: arn }) => usable === true && arn.includes(':snapshot:'))
        .map(({ id: arn, at }) => snapshotPoint(arn, at));
    }
    case 'dump': {
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
    default:
      return [];
  }
}

const snapshotPoint = (from: string, at: Date): Window => ({
  point: { method: 'snapshot', from, at: at.toISOString(), useLatest: false },
});

function sourceOf(plan: Runtime['plan'], id: string): string {
  const source = plan.backups[id];
  return source && 'component' in source ? source.component : '';
}

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
    mend: 'Make one now (lifeboat backups PLAN create), or look with `lifeboat backups PLAN check` at what is wrong.',
  };
}
