import { sourceOfBackup } from '../../shared/backups/snapshots/source.ts';
import type { Backup } from '../../shared/plan/schema.ts';
import { addRecoveryPoint } from '../services/backup.ts';
import type { World } from '../world/world.ts';
import { addBuckets, addFile, type DumpedData } from './arranged-files.ts';
import { addSnapshot } from './arranged-snapshots.ts';
import { addVelero } from './arranged-velero.ts';
import { addVolumeSnapshot } from './arranged-volumes.ts';
import { timesOf } from './made-times.ts';

/** Until a recovery point is finished, found, and copied. */
const copyTakesMs = 2 * 3_600_000;
/** Databases that a fleet has in a rehearsal, unless a test says otherwise. */
const fleetSize = 6;

export type ArrangeOptions = DumpedData & {
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

/** Makes one backup of a class, as of a moment. `copied`: with its copy in the other region. */
export function addOne(
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
