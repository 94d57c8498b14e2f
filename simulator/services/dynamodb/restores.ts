import { action as restoreTable } from '../../../shared/actions/dynamodb/restore-table.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { existing, type Table, tableArn, tablesOf } from './tables.ts';

/** Backups of DynamoDB tables, and what is restored from them and from moments. */

/** DynamoDB Developer Guide, "Point-in-time recovery": up to 35 days back, up to five minutes before now. */
const oldestMs = 35 * 86_400_000;
const newestMs = 5 * 60_000;

type Backup = { arn: string; name: string; region: string; table: string; atMs: number };
const backupsOf = (world: World) => world.state<Backup[]>('dynamodb-backups', () => []);

/** A table that is deleted while point-in-time recovery is on leaves a system backup of its last state. */
export function keepLastState(world: World, region: string, name: string): void {
  if (!existing(world, region, name).pointInTime) return;
  const arn = `${tableArn(region, name)}/backup/0${world.nowMs()}-system`;
  backupsOf(world).push({
    arn,
    name: `${name}$DeletedTableBackup`,
    region,
    table: name,
    atMs: world.nowMs(),
  });
}

export function describeContinuousBackups(world: World, { region, input }: Call): unknown {
  const { pointInTime } = existing(world, region, String(input.TableName));
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: pointInTime
        ? {
            PointInTimeRecoveryStatus: 'ENABLED',
            EarliestRestorableDateTime: new Date(world.outageStartedAtMs - oldestMs),
            LatestRestorableDateTime: new Date(world.nowMs() - newestMs),
          }
        : { PointInTimeRecoveryStatus: 'DISABLED' },
    },
  };
}

export function updateContinuousBackups(world: World, call: Call): unknown {
  const table = existing(world, call.region, String(call.input.TableName));
  const wanted = call.input.PointInTimeRecoverySpecification as { PointInTimeRecoveryEnabled: boolean };
  table.pointInTime = wanted.PointInTimeRecoveryEnabled;
  world.changed(`dynamodb/${table.name}`, 'Point-in-time recovery was switched', 'lifeboat');
  return describeContinuousBackups(world, call);
}

export function listBackups(world: World, { region, input }: Call): unknown {
  return {
    BackupSummaries: backupsOf(world)
      .filter(one => one.region === region && one.table === input.TableName)
      .map(({ arn, name, table, atMs }) => ({
        TableName: table,
        BackupArn: arn,
        BackupName: name,
        BackupCreationDateTime: new Date(atMs),
        BackupStatus: 'AVAILABLE',
        BackupType: 'SYSTEM',
      })),
  };
}

export function restoreToMoment(world: World, { region, input }: Call): unknown {
  const source = existing(world, region, String(input.SourceTableName));
  if (!source.pointInTime) {
    const message = 'Point in time recovery is not enabled for the table';
    throw new SimulatedAwsError('PointInTimeRecoveryUnavailableException', message);
  }
  const momentMs = (input.RestoreDateTime as Date).getTime();
  if (momentMs > world.nowMs() - newestMs || momentMs < world.outageStartedAtMs - oldestMs) {
    throw new SimulatedAwsError('InvalidRestoreTimeException', 'An invalid restore time was specified.');
  }
  return begin(world, region, String(input.TargetTableName), source.name, momentMs, undefined);
}

export function restoreFromBackup(world: World, { region, input }: Call): unknown {
  const backup = backupsOf(world).find(({ arn }) => arn === input.BackupArn);
  if (!backup) throw new SimulatedAwsError('BackupNotFoundException', 'Backup not found');
  return begin(world, region, String(input.TargetTableName), backup.table, backup.atMs, backup.arn);
}

function begin(
  world: World,
  region: string,
  name: string,
  source: string,
  momentMs: number,
  backup: string | undefined,
): unknown {
  const { tables } = tablesOf(world);
  if (tables.some(one => one.region === region && one.name === name && !one.lost)) {
    throw new SimulatedAwsError('TableAlreadyExistsException', `Table already exists: ${name}`);
  }
  const seconds = world.duration(restoreTable.typical, `dynamodb-restore/${region}/${name}`);
  const readyAtMs = world.nowMs() + seconds * 1000;
  const heartbeat = tables.find(one => one.region === region && one.name === source)?.heartbeat;
  const restored = { backup, source, momentMs, readyAtMs };
  tables.push({ region, name, heartbeat, lost: false, pointInTime: false, restored, tags: [] });
  world.changed(`dynamodb/${name}`, `${name} is restored from ${source}`, 'lifeboat');
  world.after(seconds, `dynamodb/${name}`, `${name} is ACTIVE`, () => {});
  return { TableDescription: { TableName: name, TableStatus: 'CREATING' } };
}

export function deleteTable(world: World, { region, input }: Call): unknown {
  const table = existing(world, region, String(input.TableName));
  table.lost = true;
  world.changed(`dynamodb/${table.name}`, `${table.name} was deleted`, 'lifeboat');
  return { TableDescription: { TableName: table.name, TableStatus: 'DELETING' } };
}

const named = (world: World, region: string, arn: unknown) =>
  existing(world, region, String(arn).split('/')[1] ?? '');

export const listTags = (world: World, { region, input }: Call) => ({
  Tags: named(world, region, input.ResourceArn).tags,
});

export function tagTable(world: World, { region, input }: Call): unknown {
  const table = named(world, region, input.ResourceArn);
  table.tags.push(...(input.Tags as Table['tags']));
  world.changed(`dynamodb/${table.name}`, `${table.name} was tagged`, 'lifeboat');
  return {};
}

/** Every table of the plan holds something, and so does what is restored from it. */
export function scan(world: World, { region, input }: Call): unknown {
  existing(world, region, String(input.TableName));
  return { Count: 1, ScannedCount: 1 };
}
