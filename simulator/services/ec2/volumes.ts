import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { beginSnapshot, snapshotsOf, tagsOf } from './snapshots.ts';

type Volume = { region: string; id: string; tags: Record<string, string> };

const volumesOf = (world: World) => world.state<Volume[]>('ec2-volumes', () => []);

/** A volume that exists, with a finished snapshot of an earlier time. */
export function addVolume(
  world: World,
  volume: Volume,
  snapshot: { atMs: number; tags: { Key: string; Value: string }[] },
): void {
  if (!volumesOf(world).some(({ id, region }) => id === volume.id && region === volume.region)) {
    volumesOf(world).push(volume);
  }
  snapshotsOf(world).push({
    region: volume.region,
    SnapshotId: `snap-${volume.id}-${snapshot.atMs}`,
    VolumeId: volume.id,
    State: 'completed',
    Progress: '100%',
    StartTime: new Date(snapshot.atMs),
    Encrypted: true,
    Tags: snapshot.tags,
  });
}

export function describeVolumes(world: World, { region, input }: Call) {
  const filters = (input.Filters ?? []) as { Name: string; Values: string[] }[];
  const found = volumesOf(world).filter(
    volume =>
      volume.region === region &&
      filters.every(({ Name, Values }) => Values.includes(volume.tags[Name.replace(/^tag:/, '')] ?? '')),
  );
  return {
    Volumes: found.map(({ id, tags }) => ({
      VolumeId: id,
      State: 'in-use',
      Encrypted: true,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  };
}

export function createSnapshot(world: World, call: Call) {
  const volume = volumesOf(world).find(
    ({ id, region }) => id === call.input.VolumeId && region === call.region,
  );
  if (!volume) {
    throw new SimulatedAwsError(
      'InvalidVolume.NotFound',
      `The volume '${call.input.VolumeId}' does not exist.`,
    );
  }
  const { region: _, ...shown } = beginSnapshot(world, call.region, volume.id, tagsOf(call), {
    Encrypted: true,
  });
  return shown;
}

export function deleteSnapshot(world: World, { region, input }: Call) {
  const all = snapshotsOf(world);
  const index = all.findIndex(one => one.SnapshotId === input.SnapshotId && one.region === region);
  if (index < 0)
    throw new SimulatedAwsError(
      'InvalidSnapshot.NotFound',
      `The snapshot '${input.SnapshotId}' does not exist.`,
    );
  all.splice(index, 1);
  world.changed(`ec2/${input.SnapshotId}`, 'The snapshot is deleted', 'lifeboat');
  return {};
}
