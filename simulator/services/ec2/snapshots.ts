import type { Snapshot, Tag } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { fleetOf, resourceId } from '../../world/fleet.ts';
import { seenState } from '../../world/history.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';

/** Small volumes, incremental: minutes. Experience. */
const snapshotDuration = { minSeconds: 60, likelySeconds: 240, maxSeconds: 900 };

type Kept = Snapshot & { region: string };

export const snapshotsOf = (world: World) => world.state<Kept[]>('ec2-snapshots', () => []);

/** How many were ever made: an id is never given twice, also when others were deleted. */
const madeSoFar = (world: World) => world.state('ec2-snapshots-made', () => ({ count: 0 }));

const tagsInput = z
  .array(z.object({ Tags: z.array(z.object({ Key: z.string(), Value: z.string() })) }))
  .default([]);

/** Begins a snapshot of a volume; it is complete after a while. */
export function beginSnapshot(
  world: World,
  region: string,
  volume: string,
  tags: Tag[],
  more: Partial<Snapshot> = {},
): Kept {
  const made: Kept = {
    region,
    SnapshotId: resourceId(world, 'snap', `${region}/${volume}/${madeSoFar(world).count++}`),
    VolumeId: volume,
    State: 'pending',
    Progress: '0%',
    StartTime: world.now(),
    Tags: tags,
    ...more,
  };
  snapshotsOf(world).push(made);
  const resource = `ec2/${made.SnapshotId}`;
  world.changed(resource, `A snapshot of ${volume} begins`, 'lifeboat');
  world.after(world.duration(snapshotDuration, resource), resource, 'The snapshot is complete', () => {
    made.State = 'completed';
    made.Progress = '100%';
  });
  return made;
}

export const tagsOf = (call: Call): Tag[] =>
  tagsInput.parse(call.input.TagSpecifications).flatMap(({ Tags }) => Tags);

export function createSnapshots(world: World, call: Call) {
  const { InstanceId } = z.object({ InstanceId: z.string() }).parse(call.input.InstanceSpecification);
  const instance = fleetOf(world).find(one => one.id === InstanceId && one.region === call.region);
  if (!instance) {
    throw new SimulatedAwsError(
      'InvalidInstanceID.NotFound',
      `The instance ID '${InstanceId}' does not exist`,
    );
  }
  const tags = tagsInput.parse(call.input.TagSpecifications).flatMap(({ Tags }) => Tags);
  const { region: _, ...shown } = beginSnapshot(world, call.region, instance.volume, tags);
  return { Snapshots: [shown] };
}

export function copySnapshot(world: World, call: Call) {
  const { SourceSnapshotId: id, SourceRegion } = z
    .object({ SourceSnapshotId: z.string(), SourceRegion: z.string() })
    .parse(call.input);
  const source = snapshotsOf(world).find(one => one.SnapshotId === id && one.region === SourceRegion);
  if (!source || world.isLost(SourceRegion)) {
    throw new SimulatedAwsError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
  }
  if (source.State !== 'completed') {
    throw new SimulatedAwsError('IncorrectState', `The snapshot '${id}' is not completed.`);
  }
  const tags = tagsInput.parse(call.input.TagSpecifications).flatMap(({ Tags }) => Tags);
  // A copy shows a volume id of no meaning.
  const copy = beginSnapshot(world, call.region, 'vol-ffffffff', tags, {
    Encrypted: true,
    KmsKeyId: String(call.input.KmsKeyId),
  });
  return { SnapshotId: copy.SnapshotId, Tags: tags };
}

export function describeSnapshots(world: World, call: Call) {
  const filters = z
    .array(z.object({ Name: z.string(), Values: z.array(z.string()) }))
    .default([])
    .parse(call.input.Filters);
  const found = seenState(world, 'ec2-snapshots', snapshotsOf(world)).filter(
    snapshot =>
      snapshot.region === call.region &&
      filters.every(({ Name, Values }) =>
        snapshot.Tags?.some(({ Key, Value }) => `tag:${Key}` === Name && Values.includes(Value ?? '')),
      ),
  );
  return { Snapshots: found.map(({ region: _, ...snapshot }) => ({ ...snapshot })) };
}
