import type { DBInstance } from '@aws-sdk/client-rds';
import type { TypicalDuration } from '../../../shared/actions/contract.ts';
import { rdsDurations } from '../../../shared/aws/rds-durations.ts';
import { appDependencies } from '../../world/dependencies.ts';
import { type Call, hashToUnit, SimulatedAwsError, type World } from '../../world/world.ts';
import { keyArnOf, keyIsEnabled } from '../kms.ts';
import { beginBackup } from './backups.ts';
import { portOf } from './engines.ts';
import { instanceArn } from './events.ts';
import { tagsOf, textOf } from './input.ts';
import type { CopyOf } from './lineage.ts';
import { accountId, change, endpointOf, keyOf, rdsState, remember, type SimulatedInstance } from './state.ts';

/** DB instances a region and account may have (RDS User Guide, "Quotas and constraints"). */
export const instanceQuota = 40;

/** What the new instance holds, and how it is made. */
export type Making = {
  identifier: string;
  kmsKeyArn: string;
  engine: string;
  copyOf: CopyOf | undefined;
  cutAtMs?: number;
  replica?: SimulatedInstance['replica'];
  shown?: Partial<DBInstance>;
  /** How it is spoken of: "restored", "created". */
  verb: string;
  /** What the duration is drawn by. */
  durationKey: string;
  takes: TypicalDuration;
};

/** Makes an instance, as each call does that makes one: it is creating, serves, is backed up, and is available. */
export function makeInstance(world: World, call: Call, making: Making): unknown {
  const { region } = call;
  const { identifier } = making;
  const state = rdsState(world);
  check(world, call, making);
  const zones = ['a', 'b', 'c']
    .map(letter => `${region}${letter}`)
    .filter(zone => !lostZones(world).has(zone));
  const multiAz = call.input.MultiAZ === true;
  const retention = call.input.BackupRetentionPeriod;
  const instance: SimulatedInstance = {
    region,
    serving: false,
    ...(making.cutAtMs !== undefined && { cutAtMs: making.cutAtMs }),
    ...(making.replica && { replica: making.replica }),
    // Another instance may have had the name before.
    server: `${keyOf(region, identifier)}@${world.nowMs()}`,
    ...(making.copyOf && { copyOf: making.copyOf }),
    shown: {
      DBInstanceIdentifier: identifier,
      DBInstanceStatus: 'creating',
      DBInstanceArn: instanceArn(region, identifier),
      DbiResourceId: resourceIdOf(region, `${identifier}/${world.nowMs()}`),
      DBInstanceClass: textOf(call, 'DBInstanceClass'),
      Engine: making.engine,
      MultiAZ: multiAz,
      AvailabilityZone: zones[0],
      SecondaryAvailabilityZone: multiAz ? zones[1] : undefined,
      StorageEncrypted: true,
      KmsKeyId: making.kmsKeyArn,
      DBSubnetGroup: { DBSubnetGroupName: textOf(call, 'DBSubnetGroupName') },
      DBParameterGroups: [
        { DBParameterGroupName: textOf(call, 'DBParameterGroupName'), ParameterApplyStatus: 'in-sync' },
      ],
      DeletionProtection: call.input.DeletionProtection === true,
      PubliclyAccessible: call.input.PubliclyAccessible === true,
      BackupRetentionPeriod: typeof retention === 'number' ? retention : making.replica ? 0 : 1,
      TagList: tagsOf(call),
      ...managedPassword(world, call, identifier),
      ...making.shown,
    },
  };
  state.instances.set(keyOf(region, identifier), instance);
  remember(world);
  world.changed(`rds/${identifier}`, `${identifier} is being ${making.verb} in ${region}`, 'lifeboat');
  const seconds = world.duration(making.takes, making.durationKey);
  const port = typeof call.input.Port === 'number' ? call.input.Port : portOf(making.engine);
  // It is reachable and backed up once before RDS calls it available.
  world.after(seconds * 0.85, `rds/${identifier}`, `${identifier} starts and is backed up`, () => {
    if (instance.shown.DBInstanceStatus !== 'creating') return;
    instance.serving = true;
    change(world, instance, {
      DBInstanceStatus: 'backing-up',
      Endpoint: { Address: endpointOf(region, identifier), Port: port },
    });
    if ((instance.shown.BackupRetentionPeriod ?? 0) > 0) beginBackup(world, instance, world.nowMs());
  });
  world.after(seconds, `rds/${identifier}`, `${identifier} is available`, () => {
    if (instance.shown.DBInstanceStatus === 'backing-up')
      change(world, instance, { DBInstanceStatus: 'available' });
  });
  return { DBInstance: structuredClone(instance.shown) };
}

/** With ManageMasterUserPassword RDS makes a password and keeps it in a secret of its own. */
function managedPassword(world: World, { region, input }: Call, identifier: string): Partial<DBInstance> {
  return input.ManageMasterUserPassword === true ? makePassword(world, region, identifier) : {};
}

/** The password that RDS makes for an instance or a cluster. */
export function makePassword(world: World, region: string, identifier: string, kind = 'db') {
  const id = resourceIdOf(region, `secret/${identifier}`).replace(/^db-/, `${kind}-`);
  const SecretArn = `arn:aws:secretsmanager:${region}:${accountId}:secret:rds!${id}-Ab1Cd2`;
  const password = hashToUnit(0, `password/${identifier}`).toString(36).slice(2);
  const value = JSON.stringify({ username: 'postgres', password });
  appDependencies(world).keepSecret(`rds!${id}`, region, value);
  return { MasterUserSecret: { SecretArn, SecretStatus: 'active' } };
}

/** CreateDBInstance: a new, empty database. */
export function createInstance(world: World, call: Call): unknown {
  const { region, input } = call;
  const key = typeof input.KmsKeyId === 'string' ? input.KmsKeyId : 'alias/aws/rds';
  const identifier = textOf(call, 'DBInstanceIdentifier');
  if (input.ManageMasterUserPassword !== true) textOf(call, 'MasterUserPassword');
  return makeInstance(world, call, {
    identifier,
    engine: textOf(call, 'Engine'),
    kmsKeyArn: keyArnOf(world, region, key),
    copyOf: undefined,
    shown: {
      DBName: typeof input.DBName === 'string' ? input.DBName : undefined,
      EngineVersion: typeof input.EngineVersion === 'string' ? input.EngineVersion : undefined,
      AllocatedStorage: Number(input.AllocatedStorage),
      MasterUsername: textOf(call, 'MasterUsername'),
    },
    verb: 'created',
    durationKey: `rds-create/${identifier}`,
    takes: rdsDurations.create,
  });
}

/** RDS's own id of an instance, which no rename changes. */
export function resourceIdOf(region: string, key: string): string {
  const part = (n: number) =>
    Math.floor(hashToUnit(n, `dbi/${region}/${key}`) * 36 ** 6)
      .toString(36)
      .padStart(6, '0');
  return `db-${[0, 1, 2, 3].map(part).join('')}`.toUpperCase().replace('DB-', 'db-');
}

/** Availability Zones that are gone; nothing new is put there. */
export function lostZones(world: World): Set<string> {
  return world.state('rds-lost-zones', () => new Set<string>());
}

/** What RDS refuses at once, in the order in which it looks. */
function check(world: World, call: Call, { identifier, kmsKeyArn }: Making): void {
  const { region, input } = call;
  const state = rdsState(world);
  if (state.instances.has(keyOf(region, identifier))) {
    throw new SimulatedAwsError('DBInstanceAlreadyExistsFault', `DB instance already exists: ${identifier}`);
  }
  const count = [...state.instances.values()].filter(instance => instance.region === region).length;
  if (count >= instanceQuota) {
    throw new SimulatedAwsError(
      'InstanceQuotaExceededFault',
      `Cannot create more than ${instanceQuota} DB instances in ${region}.`,
    );
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
  if (!keyIsEnabled(world, region, kmsKeyArn)) {
    throw new SimulatedAwsError(
      'KMSKeyNotAccessibleFault',
      `The specified KMS key [${kmsKeyArn}] does not exist, is not enabled or you do not have permissions to access it. (account ${accountId})`,
    );
  }
}

/** Security groups that exist are those that the plan's database targets name, in their regions. */
function securityGroupExists(world: World, region: string, id: string): boolean {
  return Object.values(world.plan.components).some(
    component =>
      (component.type === 'rds-restore-target' || component.type === 'rds-new-instance') &&
      component.region === region &&
      component.securityGroups.includes(id),
  );
}
