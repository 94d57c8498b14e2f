import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { earliestTimeMs, latestTimeMs } from './backups.ts';
import { makeInstance } from './create.ts';
import { textOf } from './input.ts';
import { copyFrom } from './lineage.ts';
import { type AutomatedBackup, rdsState } from './state.ts';

/** RestoreDBInstanceToPointInTime: from a backup by its ARN, or from an instance of the region, living or deleted. */
export function restoreToPointInTime(world: World, call: Call): unknown {
  const backup = backupFor(world, call);
  const cutAtMs = momentOf(world, call, backup);
  const identifier = textOf(call, 'TargetDBInstanceIdentifier');
  return makeInstance(world, call, {
    identifier,
    kmsKeyArn: backup.kmsKeyArn,
    engine: backup.engine,
    copyOf: backup.of && copyFrom(backup.of, cutAtMs),
    cutAtMs,
    verb: 'restored',
    durationKey: `rds-restore/${identifier}`,
    takes: rdsDurations.restoreToPointInTime,
  });
}

function backupFor(world: World, { region, input }: Call): AutomatedBackup {
  const here = rdsState(world).backups.filter(backup => backup.region === region);
  const { SourceDBInstanceAutomatedBackupsArn: arn, SourceDbiResourceId: resource } = input;
  const found =
    arn !== undefined
      ? here.find(backup => backup.arn === arn)
      : resource !== undefined
        ? here.find(({ of }) => of?.shown.DbiResourceId === resource)
        : here.find(
            ({ of, status }) =>
              status === 'active' && of?.shown.DBInstanceIdentifier === input.SourceDBInstanceIdentifier,
          );
  if (found && found.status !== 'pending') return found;
  if (input.SourceDBInstanceIdentifier !== undefined) {
    throw new SimulatedAwsError(
      'DBInstanceNotFoundFault',
      `DBInstance ${input.SourceDBInstanceIdentifier} not found.`,
      404,
    );
  }
  throw new SimulatedAwsError(
    'DBInstanceAutomatedBackupNotFoundFault',
    `Automated backup ${arn ?? resource} not found.`,
    404,
  );
}

function momentOf(world: World, { input }: Call, backup: AutomatedBackup): number {
  const latestMs = latestTimeMs(world, backup);
  const wanted = input.RestoreTime;
  if (input.UseLatestRestorableTime === true) return latestMs;
  if (!(wanted instanceof Date && wanted.getTime() < latestMs)) {
    throw new SimulatedAwsError(
      'InvalidParameterValue',
      `The specified instance cannot be restored to a time later than ${new Date(latestMs).toISOString()}.`,
    );
  }
  const earliestMs = earliestTimeMs(world, backup);
  if (wanted.getTime() < earliestMs) {
    throw new SimulatedAwsError(
      'InvalidParameterValue',
      `The specified instance cannot be restored to a time earlier than ${new Date(earliestMs).toISOString()}.`,
    );
  }
  return wanted.getTime();
}

export function restoreFromSnapshot(world: World, call: Call): unknown {
  const id = textOf(call, 'DBSnapshotIdentifier');
  const snapshot = rdsState(world).snapshots.find(
    one =>
      one.region === call.region && (one.shown.DBSnapshotIdentifier === id || one.shown.DBSnapshotArn === id),
  );
  if (!snapshot) throw new SimulatedAwsError('DBSnapshotNotFoundFault', `DBSnapshot ${id} not found.`, 404);
  const { shown } = snapshot;
  if (shown.Status !== 'available') {
    throw new SimulatedAwsError('InvalidDBSnapshotStateFault', `DBSnapshot ${id} is ${shown.Status}.`);
  }
  const identifier = textOf(call, 'DBInstanceIdentifier');
  return makeInstance(world, call, {
    identifier,
    kmsKeyArn: shown.KmsKeyId ?? '',
    engine: shown.Engine ?? 'postgres',
    copyOf: snapshot.copyOf,
    cutAtMs: (shown.OriginalSnapshotCreateTime ?? shown.SnapshotCreateTime ?? new Date(0)).getTime(),
    verb: 'restored',
    durationKey: `rds-restore/${identifier}`,
    takes: rdsDurations.restoreFromSnapshot,
  });
}
