import { action as failOver } from '../../shared/actions/efs/fail-over-replication.ts';
import { componentsOf } from '../world/addresses.ts';
import { keepHistory, seenState } from '../world/history.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

/** EFS User Guide, "Amazon EFS replication": changes arrive within minutes, and most within 15. */
const lagDuration = { minSeconds: 60, likelySeconds: 300, maxSeconds: 840 };
/** Until a file system that was a replica once has what differs. Experience. */
const firstCopyDuration = { minSeconds: 180, likelySeconds: 600, maxSeconds: 2_400 };

type SimulatedFileSystem = { id: string; region: string; protection: 'ENABLED' | 'DISABLED' | 'REPLICATING' };
type Replication = {
  source: string;
  sourceRegion: string;
  destination: string;
  region: string;
  status: 'ENABLED' | 'ENABLING' | 'DELETING' | 'ERROR';
  /** Everything from before this moment has arrived once it stands still; it follows the time by the lag otherwise. */
  stoppedAtMs: number | undefined;
  startedAtMs: number;
  lagSeconds: number;
};
type EfsState = { fileSystems: SimulatedFileSystem[]; replications: Replication[] };

export const efsState = (world: World) =>
  world.state<EfsState>('efs', () => ({ fileSystems: [], replications: [] }));

const arnOf = (region: string, id: string) =>
  `arn:aws:elasticfilesystem:${region}:123456789012:file-system/${id}`;

/** Amazon EFS: file systems with mount targets, and what replicates one into another. Files are not played. */
export const service: SimulatedService = {
  name: 'elasticfilesystem',
  operations: {
    DescribeFileSystems: (world, call) => {
      const { id, region, protection } = fileSystemAt(
        shown(world),
        call.region,
        String(call.input.FileSystemId),
      );
      return {
        FileSystems: [
          {
            FileSystemId: id,
            FileSystemArn: arnOf(region, id),
            LifeCycleState: 'available',
            Encrypted: true,
            SizeInBytes: { Value: 42_000_000_000 },
            FileSystemProtection: { ReplicationOverwriteProtection: protection },
          },
        ],
      };
    },
    DescribeMountTargets: (world, call) => {
      const { id } = fileSystemAt(shown(world), call.region, String(call.input.FileSystemId));
      const targets = ['a', 'b'].map(zone => ({
        MountTargetId: `fsmt-${zone}${id.slice(4)}`,
        FileSystemId: id,
        SubnetId: `subnet-${zone}`,
        LifeCycleState: 'available',
      }));
      return { MountTargets: targets };
    },
    DescribeReplicationConfigurations: (world, call) => {
      const { id } = fileSystemAt(shown(world), call.region, String(call.input.FileSystemId));
      const found = shown(world).replications.find(one => one.source === id || one.destination === id);
      if (!found) throw noReplication(id);
      return { Replications: [described(world, found)] };
    },
    DeleteReplicationConfiguration: endReplication,
    UpdateFileSystemProtection: updateProtection,
    CreateReplicationConfiguration: createReplication,
  },
  arrange(world, plan) {
    const { fileSystems, replications } = efsState(world);
    const components = componentsOf(plan, 'efs-file-system');
    if (components.length === 0) return;
    for (const { fileSystemId: id, region, replicaOf } of components) {
      const source = components.find(one => one.id === replicaOf);
      fileSystems.push({ id, region, protection: source ? 'REPLICATING' : 'ENABLED' });
      if (!source) continue;
      const ends = { source: source.fileSystemId, sourceRegion: source.region, destination: id, region };
      replications.push({ ...ends, ...begun(world, id, 0), status: 'ENABLED' });
    }
    keepHistory(world, 'elasticfilesystem', () => efsState(world));
  },
  /** Nothing more arrives from a region that is lost. */
  loseRegion(world, region) {
    for (const one of efsState(world).replications) {
      if (one.sourceRegion === region) one.stoppedAtMs ??= lastMs(world, one);
    }
  },
  strike,
};

const shown = (world: World) => seenState(world, 'elasticfilesystem', efsState(world));

function begun(world: World, id: string, startedAtMs: number) {
  const lagSeconds = world.duration(lagDuration, `efs-lag/${id}/${startedAtMs}`);
  return { startedAtMs, lagSeconds, stoppedAtMs: undefined };
}

/** ms: everything from before has arrived. */
const lastMs = (world: World, { stoppedAtMs, lagSeconds, startedAtMs }: Replication) =>
  stoppedAtMs ?? Math.max(startedAtMs, world.nowMs() - lagSeconds * 1000);

const noReplication = (id: string) =>
  new SimulatedAwsError('ReplicationNotFound', `Replication configuration for '${id}' not found.`, 404);

function fileSystemAt({ fileSystems }: EfsState, region: string, id: string): SimulatedFileSystem {
  const found = fileSystems.find(one => one.id === id && one.region === region);
  if (found) return found;
  throw new SimulatedAwsError('FileSystemNotFound', `File system '${id}' does not exist.`, 404);
}

function described(world: World, replication: Replication) {
  const { source, sourceRegion, destination, region, status } = replication;
  const copied = status !== 'ENABLING';
  const at = new Date(lastMs(world, replication));
  return {
    SourceFileSystemId: source,
    SourceFileSystemRegion: sourceRegion,
    SourceFileSystemArn: arnOf(sourceRegion, source),
    OriginalSourceFileSystemArn: arnOf(sourceRegion, source),
    CreationTime: new Date(replication.startedAtMs),
    Destinations: [
      {
        Status: status,
        FileSystemId: destination,
        Region: region,
        ...(copied && { LastReplicatedTimestamp: at }),
      },
    ],
  };
}

/** In the region of either of the two. The other region learns of it when it answers. */
function endReplication(world: World, { region, input }: Call): unknown {
  const { fileSystems, replications } = efsState(world);
  const source = String(input.SourceFileSystemId);
  const found = replications.find(
    one => one.source === source && (one.region === region || one.sourceRegion === region),
  );
  if (!found) throw noReplication(source);
  if (found.status === 'DELETING') return {};
  found.stoppedAtMs ??= lastMs(world, found);
  found.status = 'DELETING';
  world.changed(`efs/${found.destination}`, 'Its replication is being ended', 'lifeboat');
  const seconds = world.duration(failOver.typical, `efs-end/${found.destination}/${world.nowMs()}`);
  world.after(seconds, `efs/${found.destination}`, 'The replica can be written to', () => {
    replications.splice(replications.indexOf(found), 1);
    const replica = fileSystems.find(one => one.id === found.destination && one.region === found.region);
    if (replica) replica.protection = 'ENABLED';
  });
  return {};
}

function updateProtection(world: World, { region, input }: Call): unknown {
  const found = fileSystemAt(efsState(world), region, String(input.FileSystemId));
  if (found.protection === 'REPLICATING') {
    const message = 'The file system is the destination of a replication configuration.';
    throw new SimulatedAwsError('ReplicationAlreadyExists', message, 409);
  }
  found.protection = input.ReplicationOverwriteProtection === 'DISABLED' ? 'DISABLED' : 'ENABLED';
  world.changed(`efs/${found.id}`, `Its overwrite protection is ${found.protection}`, 'lifeboat');
  return { ReplicationOverwriteProtection: found.protection };
}

function createReplication(world: World, { region, input }: Call): unknown {
  const state = efsState(world);
  const source = fileSystemAt(state, region, String(input.SourceFileSystemId));
  const [wanted] = input.Destinations as { Region: string; FileSystemId: string }[];
  const target = fileSystemAt(state, wanted?.Region ?? '', wanted?.FileSystemId ?? '');
  const taken = [source.id, target.id];
  if (state.replications.some(one => taken.includes(one.source) || taken.includes(one.destination))) {
    const message = 'The file system is already part of a replication configuration.';
    throw new SimulatedAwsError('ReplicationAlreadyExists', message, 409);
  }
  if (target.protection === 'ENABLED') {
    throw new SimulatedAwsError(
      'BadRequest',
      'Replication overwrite protection is enabled for the destination.',
    );
  }
  target.protection = 'REPLICATING';
  const ends = { source: source.id, sourceRegion: region, destination: target.id, region: target.region };
  const made: Replication = { ...ends, ...begun(world, target.id, world.nowMs()), status: 'ENABLING' };
  state.replications.push(made);
  world.changed(`efs/${target.id}`, `It becomes a replica of ${source.id}`, 'lifeboat');
  const seconds = world.duration(firstCopyDuration, `efs-copy/${target.id}/${world.nowMs()}`);
  world.after(seconds, `efs/${target.id}`, 'The first copy is done', () => {
    if (made.status === 'ENABLING') made.status = 'ENABLED';
  });
  return described(world, made);
}

/** The failure of a replica is one of its replication. Files that are lost are AWS Backup's matter. */
function strike(world: World, { type, component }: Blow): (() => boolean) | undefined {
  if (component.type !== 'efs-file-system' || type !== 'failure') return undefined;
  const { replications } = efsState(world);
  const found = replications.find(one => one.destination === component.fileSystemId);
  if (!found) return undefined;
  found.stoppedAtMs = lastMs(world, found);
  found.status = 'ERROR';
  world.changed(`efs/${found.destination}`, 'Its replication is in error');
  return () => found.status === 'ERROR' && replications.includes(found);
}
