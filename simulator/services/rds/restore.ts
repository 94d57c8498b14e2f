import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyIsEnabled } from '../kms.ts';
import { latestTimeMs } from './backups.ts';
import { instanceArn } from './events.ts';
import { accountId, change, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

/** `server` is the id of the server that it was copied from. */
type Source = { kmsKeyArn: string; engine: string; cutAtMs: number; server: string };

export function restoreToPointInTime(world: World, call: Call): unknown {
  const arn = textOf(call, 'SourceDBInstanceAutomatedBackupsArn');
  const backup = rdsState(world).backups.find(one => one.arn === arn && one.region === call.region);
  if (!backup) {
    throw new SimulatedAwsError(
      'DBInstanceAutomatedBackupNotFoundFault',
      `Automated backup ${arn} not found.`,
      404,
    );
  }
  const latestMs = latestTimeMs(world, backup);
  const wanted = call.input.RestoreTime;
  if (
    call.input.UseLatestRestorableTime !== true &&
    !(wanted instanceof Date && wanted.getTime() < latestMs)
  ) {
    throw new SimulatedAwsError(
      'InvalidParameterValue',
      `The specified instance cannot be restored to a time later than ${new Date(latestMs).toISOString()}.`,
    );
  }
  const cutAtMs = wanted instanceof Date ? wanted.getTime() : latestMs;
  return create(
    world,
    call,
    textOf(call, 'TargetDBInstanceIdentifier'),
    { ...backup, cutAtMs, server: keyOf(backup.source.region, backup.source.identifier) },
    'restoreToPointInTime',
  );
}

export function restoreFromSnapshot(world: World, call: Call): unknown {
  const id = textOf(call, 'DBSnapshotIdentifier');
  const snapshot = rdsState(world).snapshots.find(
    one =>
      one.region === call.region && (one.shown.DBSnapshotIdentifier === id || one.shown.DBSnapshotArn === id),
  )?.shown;
  if (!snapshot) throw new SimulatedAwsError('DBSnapshotNotFoundFault', `DBSnapshot ${id} not found.`, 404);
  const source = {
    kmsKeyArn: snapshot.KmsKeyId ?? '',
    engine: snapshot.Engine ?? 'postgres',
    cutAtMs: (snapshot.OriginalSnapshotCreateTime ?? new Date(0)).getTime(),
    server: keyOf(snapshot.SourceRegion ?? call.region, snapshot.DBInstanceIdentifier ?? ''),
  };
  return create(world, call, textOf(call, 'DBInstanceIdentifier'), source, 'restoreFromSnapshot');
}

function create(
  world: World,
  call: Call,
  identifier: string,
  source: Source,
  duration: 'restoreToPointInTime' | 'restoreFromSnapshot',
): unknown {
  const { region } = call;
  const state = rdsState(world);
  check(world, call, identifier, source);
  const zones = ['a', 'b'].map(letter => `${region}${letter}`);
  const instance: SimulatedInstance = {
    region,
    server: keyOf(region, identifier),
    copyOf: { id: source.server, untilMs: source.cutAtMs },
    serving: false,
    cutAtMs: source.cutAtMs,
    shown: {
      DBInstanceIdentifier: identifier,
      DBInstanceStatus: 'creating',
      DBInstanceArn: instanceArn(region, identifier),
      DBInstanceClass: textOf(call, 'DBInstanceClass'),
      Engine: source.engine,
      MultiAZ: call.input.MultiAZ === true,
      AvailabilityZone: zones[0],
      SecondaryAvailabilityZone: call.input.MultiAZ === true ? zones[1] : undefined,
      StorageEncrypted: true,
      KmsKeyId: source.kmsKeyArn,
      DBSubnetGroup: { DBSubnetGroupName: textOf(call, 'DBSubnetGroupName') },
      DeletionProtection: call.input.DeletionProtection === true,
      PubliclyAccessible: call.input.PubliclyAccessible === true,
      TagList: tagsOf(call),
    },
  };
  state.instances.set(keyOf(region, identifier), instance);
  remember(world);
  world.changed(`rds/${identifier}`, `${identifier} is being restored in ${region}`, 'lifeboat');
  const seconds = world.duration(rdsDurations[duration], `rds-restore/${identifier}`);
  const port = typeof call.input.Port === 'number' ? call.input.Port : 5432;
  // It is reachable and backed up once before RDS calls it available.
  world.after(seconds * 0.85, `rds/${identifier}`, `${identifier} starts and is backed up`, () => {
    if (instance.shown.DBInstanceStatus !== 'creating') return;
    instance.serving = true;
    change(world, instance, {
      DBInstanceStatus: 'backing-up',
      Endpoint: { Address: endpointOf(region, identifier), Port: port },
    });
  });
  world.after(seconds, `rds/${identifier}`, `${identifier} is available`, () => {
    if (instance.shown.DBInstanceStatus === 'backing-up')
      change(world, instance, { DBInstanceStatus: 'available' });
  });
  return { DBInstance: structuredClone(instance.shown) };
}

/** What RDS refuses at once, in the order in which it looks. */
function check(world: World, call: Call, identifier: string, source: Source): void {
  const { region, input } = call;
  const state = rdsState(world);
  if (state.instances.has(keyOf(region, identifier))) {
    throw new SimulatedAwsError('DBInstanceAlreadyExistsFault', `DB instance already exists: ${identifier}`);
  }
  const subnetGroup = textOf(call, 'DBSubnetGroupName');
  if (!state.subnetGroups.has(`${region}/${subnetGroup}`)) {
    throw new SimulatedAwsError(
      'DBSubnetGroupNotFoundFault',
      `DB subnet group '${subnetGroup}' does not exist.`,
      404,
    );
  }
  const parameterGroup = textOf(call, 'DBParameterGroupName');
  if (!state.parameterGroups.has(`${region}/${parameterGroup}`)) {
    throw new SimulatedAwsError(
      'DBParameterGroupNotFoundFault',
      `DBParameterGroup not found: ${parameterGroup}`,
      404,
    );
  }
  const groups = Array.isArray(input.VpcSecurityGroupIds) ? input.VpcSecurityGroupIds : [];
  const unknown = groups.find(id => !securityGroupExists(world, region, String(id)));
  if (unknown !== undefined) {
    throw new SimulatedAwsError(
      'InvalidParameterValue',
      `Invalid security group , groupId= ${unknown}, groupName=.`,
    );
  }
  if (!keyIsEnabled(world, region, source.kmsKeyArn)) {
    throw new SimulatedAwsError(
      'KMSKeyNotAccessibleFault',
      `The specified KMS key [${source.kmsKeyArn}] does not exist, is not enabled or you do not have permissions to access it. (account ${accountId})`,
    );
  }
}

/** Security groups that exist are those that the plan's restore targets name, in their regions. */
function securityGroupExists(world: World, region: string, id: string): boolean {
  return Object.values(world.plan.components).some(
    component =>
      component.type === 'rds-restore-target' &&
      component.region === region &&
      component.securityGroups.includes(id),
  );
}

function textOf(call: Call, key: string): string {
  const value = call.input[key];
  if (typeof value === 'string') return value;
  throw new SimulatedAwsError('InvalidParameterValue', `${call.operation} needs ${key}.`);
}

function tagsOf(call: Call): { Key: string; Value: string }[] {
  const tags = Array.isArray(call.input.Tags) ? call.input.Tags : [];
  return tags.map(tag => ({ Key: String(tag.Key), Value: String(tag.Value) }));
}
