import { CreateDBInstanceReadReplicaCommand, type DBInstance, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { grantsKey, readsKey } from '../../aws/kms-permissions.ts';
import { runTag } from '../../aws/names.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { engineReason } from '../../aws/rds-engine.ts';
import { nameTaken, ownInstance } from '../../aws/rds-own-instance.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { missingInRegion } from '../../aws/rds-region-checks.ts';
import { removeInstance } from '../../aws/rds-removal.ts';
import { lagPermissions, readReplayed } from '../../aws/rds-replica.ts';
import { refusalOf } from '../../aws/rds-restore-requests.ts';
import { isOfRun } from '../../aws/rds-run-tag.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { identifierLength, lookForInstance, noInstance } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { regionSchema } from '../../plan/region.ts';
import { defineAction, type Reason } from '../contract.ts';
import { finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  /** What the replica must look like, and of which database it is made. */
  target: rdsRestoreTarget,
  /** Identifier of another source, such as a database that a run restored; for the way back, with its region. */
  sourceInstance: z.string().optional(),
  sourceRegion: regionSchema.optional(),
  /** Seconds that the replica may lag when it is called done. */
  maxLag: durationSchema.default(300),
});
const baselineSchema = z.object({ instance: z.string(), source: z.string() });

/**
 * Makes a read replica, in the region of its source or in another one: what is replicated from then on is what a later
 * promotion keeps. Done means that it replicates and lags less than the limit, as it says itself.
 */
export const action = defineAction({
  kind: 'rds.create-read-replica',
  summary: 'Makes a read replica in the same or another region and waits until it has caught up',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    instance: 'identifier of the replica',
    endpoint: 'its host name',
    port: 'its port',
    lagSeconds: 'seconds that it lagged when it was done',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['makes-new'],
  asks: 'target',
  typical: rdsDurations.createReplicaElsewhere,
  failureModes: [
    'The source has no automated backups, without which RDS makes no replica',
    'The key of the other region is missing, or the source is not encrypted',
    'It takes hours for a large database in another region, because a snapshot is copied first',
    'It is available and lags, because more is written than the link or the class carries',
  ],
  permissions({ target, sourceInstance, sourceRegion = target.sourceRegion }) {
    const { region, identifier, kmsKey } = target;
    const made = rdsArn('db', region, `${identifier}-*`);
    const source = rdsArn('db', sourceRegion, sourceInstance === undefined ? target.sourceIdentifier : '*');
    const tagged = { Null: { [`aws:RequestTag/${runTag}`]: 'false' } };
    const ownOnly = { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } };
    return [
      { actions: ['rds:DescribeDBInstances'], resources: [made, source] },
      {
        actions: ['rds:CreateDBInstanceReadReplica', 'rds:AddTagsToResource'],
        resources: [made],
        conditions: tagged,
      },
      {
        actions: ['rds:CreateDBInstanceReadReplica'],
        resources: [
          source,
          rdsArn('subgrp', region, target.subnetGroup),
          rdsArn('pg', region, target.parameterGroup),
          rdsArn('og', region, 'default*'),
        ],
        reason: 'What the replica is made of and refers to; the source is only read',
      },
      { actions: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'], resources: [made], conditions: ownOnly },
      { actions: ['rds:DescribeDBSubnetGroups'], resources: [rdsArn('subgrp', region, target.subnetGroup)] },
      {
        actions: ['rds:DescribeDBParameterGroups'],
        resources: [rdsArn('pg', region, target.parameterGroup)],
      },
      {
        actions: ['rds:DescribeOrderableDBInstanceOptions'],
        resources: ['*'],
        reason: 'The action has no resource-level permission',
      },
      readsKey(region, kmsKey),
      grantsKey('rds', region, kmsKey),
      secretReadPermission(target.credentials, region),
      ...lagPermissions(target),
    ];
  },

  async prepare(context, { target, sourceInstance, sourceRegion = target.sourceRegion }) {
    const { region } = target;
    const instance = context.names.resource(target.identifier, identifierLength);
    const name = sourceInstance ?? target.sourceIdentifier;
    let source: DBInstance | undefined;
    try {
      source = await readInstance(context.aws, sourceRegion, name);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return refuse(
        `RDS in ${sourceRegion} does not answer, so no replica can be made of ${name}`,
        `Restore from what is in ${region}: rds.find-restore-point and rds.restore need no source.`,
      );
    }
    if (source === undefined) {
      return { status: 'refused', reasons: [noInstance(name, sourceRegion)], evidence: [] };
    }
    const engine = { name: source.Engine ?? target.engine, version: source.EngineVersion };
    const [existing, key, missing] = await Promise.all([
      readInstance(context.aws, region, instance),
      readKey(context.aws, region, target.kmsKey),
      missingInRegion(context.aws, target, engine),
    ]);
    const reasons = [...missing, ...unfit(name, source, region === sourceRegion, target.engine)];
    if (!key.usable) reasons.push(key.reason);
    if (existing !== undefined && !isOfRun(existing, context.run.id))
      reasons.push(nameTaken(instance, region));
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const arn = source.DBInstanceArn ?? name;
    return ready(
      { instance, source: region === sourceRegion ? name : arn },
      `${name} in ${sourceRegion} can have a replica in ${region}; it will be ${instance}`,
    );
  },

  async act(context, { target }, baseline) {
    const { instance, source } = baselineSchema.parse(baseline);
    const { region } = target;
    if (await ownInstance(context, region, instance)) return;
    await context.changed({
      call: 'rds.CreateDBInstanceReadReplica',
      region,
      resource: instance,
      what: `New read replica of ${source}`,
    });
    try {
      await request({ call: 'rds.CreateDBInstanceReadReplica', region }, () =>
        context.aws.client(RDSClient, region).send(
          new CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier: instance,
            SourceDBInstanceIdentifier: source,
            DBInstanceClass: target.instanceClass,
            DBSubnetGroupName: target.subnetGroup,
            VpcSecurityGroupIds: target.securityGroups,
            DBParameterGroupName: target.parameterGroup,
            MultiAZ: target.multiAz,
            Port: target.port,
            // Within a region the replica has its source's key, and RDS takes no other.
            ...(source.startsWith('arn:') && { KmsKeyId: target.kmsKey }),
            PubliclyAccessible: false,
            CopyTagsToSnapshot: true,
            DeletionProtection: context.run.mode !== 'drill',
            Tags: context.names.tags(),
          }),
        ),
      );
    } catch (error) {
      // An earlier request was carried out and its reply was lost.
      if (!isNamed(error, 'DBInstanceAlreadyExistsFault')) throw refusalOf(error, target) ?? error;
      await ownInstance(context, region, instance);
    }
  },

  async observe(context, { target, maxLag }, baseline) {
    const { instance, source } = baselineSchema.parse(baseline);
    const seen = await lookForInstance(context, target, instance);
    if (seen.status !== 'available') return seen;
    const info = seen.instance.StatusInfos?.find(({ StatusType }) => StatusType === 'read replication');
    if (info?.Status === 'error' || info?.Status === 'terminated' || info?.Status === 'stopped') {
      const reason = replicationEnded(instance, `${info.Status} ${info.Message ?? ''}`.trim());
      return { status: 'failed', reasons: [reason], evidence: [] };
    }
    if (info?.Status !== 'replicating') return pending(`${instance} does not replicate yet`);
    const replayed = await readReplayed(context, target, {
      identifier: instance,
      host: seen.host,
      port: seen.port,
    });
    if (!replayed.known) return waitUnlessLasting(`${instance} replicates`, replayed);
    const lagSeconds = Math.max(
      0,
      Math.round((context.clock.now().getTime() - replayed.at.getTime()) / 1000),
    );
    if (lagSeconds > maxLag) {
      return pending(`${instance} lags ${formatDuration(lagSeconds)}, more than ${formatDuration(maxLag)}`);
    }
    const outputs = { instance, endpoint: seen.host, port: seen.port, lagSeconds };
    return finish(
      `${instance} replicates ${source} and lags ${formatDuration(lagSeconds)}`,
      outputs,
      outputs,
    );
  },

  async undo(context, { target }, baseline) {
    return removeInstance(context, target.region, baselineSchema.parse(baseline).instance);
  },
});

function unfit(name: string, source: DBInstance, sameRegion: boolean, wanted: string): Reason[] {
  const reasons: Reason[] = [];
  const meaning = meaningOfStatus(source.DBInstanceStatus, name);
  if (meaning.kind !== 'settled') {
    reasons.push({
      what: `${name} is ${meaning.status}, and RDS makes replicas only of what is available`,
      mend: 'Wait until it is available, then retry the step.',
    });
  }
  if (source.BackupRetentionPeriod === 0) {
    reasons.push({
      what: `${name} has no automated backups, without which RDS makes no replica`,
      mend: `Turn them on with aws rds modify-db-instance --db-instance-identifier ${name} --backup-retention-period 7 --apply-immediately, then retry.`,
    });
  }
  if (!sameRegion && source.StorageEncrypted !== true) {
    reasons.push({
      what: `${name} is not encrypted, and a replica of it in another region can't be`,
      mend: 'Restore it from an encrypted copy of a snapshot first, or leave kmsKey to what the source has.',
    });
  }
  const engine = engineReason({ identifier: name, engine: wanted }, source.Engine);
  if (engine) reasons.push(engine);
  return reasons;
}

function replicationEnded(instance: string, status: string): Reason {
  return {
    what: `The replication to ${instance} has ended: ${status}`,
    mend: 'Look at its log and at the space of its source. Remove it with undo, and retry the step.',
  };
}
