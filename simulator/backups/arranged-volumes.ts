import { backupTags, volumeTag } from '../../shared/backups/names.ts';
import type { BackupOf } from '../../shared/plan/schema.ts';
import { addVolume } from '../services/ec2/volumes.ts';
import type { World } from '../world/world.ts';

/** Volumes with the plan's tag, and a snapshot of each. */
export function addVolumeSnapshot(world: World, id: string, backup: BackupOf<'volumes'>, atMs: number): void {
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
