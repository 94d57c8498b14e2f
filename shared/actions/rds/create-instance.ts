import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { grantsKey, readsKey } from '../../aws/kms-permissions.ts';
import { runTag } from '../../aws/names.ts';
import { kmsKeyArn, rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { masterUser } from '../../aws/rds-master-user.ts';
import { nameTaken, ownInstance } from '../../aws/rds-own-instance.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { missingInRegion } from '../../aws/rds-region-checks.ts';
import { removeInstance } from '../../aws/rds-removal.ts';
import { refusalOf } from '../../aws/rds-restore-requests.ts';
import { isOfRun } from '../../aws/rds-run-tag.ts';
import { identifierLength, lookForWriter } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { rdsNewInstance } from '../../plan/components.ts';
import { defineAction, type Reason } from '../contract.ts';
import { finish, ready } from '../outcomes.ts';

const parameters = z.object({ database: rdsNewInstance });
const baselineSchema = z.object({ instance: z.string() });

/**
 * Makes an empty database to load a dump into, with everything that RDS would otherwise default to something wrong. The
 * master user is the one of the component's credentials, so that applications and the dump's owner need no others.
 */
export const action = defineAction({
  kind: 'rds.create-instance',
  summary: 'Makes a new, empty database, to load a dump into',
  parameters,
  components: { database: 'rds-new-instance' },
  outputs: {
    instance: 'identifier of the new DB instance',
    endpoint: 'its host name',
    port: 'its port',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['makes-new', 'brings-data'],
  asks: 'database',
  typical: rdsDurations.create,
  failureModes: [
    'Quota of instances or storage reached, or no capacity for the class',
    'The region does not offer the class, the engine version or the parameter group',
    'RDS refuses the password of the credentials',
    'Available, but the write probe fails because security groups do not fit',
  ],
  permissions({ database: { region, identifier, subnetGroup, parameterGroup, kmsKey, credentials } }) {
    const made = rdsArn('db', region, `${identifier}-*`);
    const tagged = { Null: { [`aws:RequestTag/${runTag}`]: 'false' } };
    const ownOnly = { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } };
    const _key = kmsKeyArn(region, kmsKey);
    return [
      { actions: ['rds:DescribeDBInstances'], resources: [made] },
      { actions: ['rds:CreateDBInstance', 'rds:AddTagsToResource'], resources: [made], conditions: tagged },
      {
        actions: ['rds:CreateDBInstance'],
        resources: [
          rdsArn('subgrp', region, subnetGroup),
          rdsArn('pg', region, parameterGroup),
          rdsArn('og', region, 'default*'),
        ],
        reason: 'What the new instance refers to',
      },
      { actions: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'], resources: [made], conditions: ownOnly },
      {
        actions: ['rds:CreateDBSnapshot'],
        resources: [made, rdsArn('snapshot', region, `${identifier}-*`)],
        reason: 'The final snapshot when it is undone',
      },
      { actions: ['rds:DescribeDBSubnetGroups'], resources: [rdsArn('subgrp', region, subnetGroup)] },
      { actions: ['rds:DescribeDBParameterGroups'], resources: [rdsArn('pg', region, parameterGroup)] },
      {
        actions: ['rds:DescribeOrderableDBInstanceOptions'],
        resources: ['*'],
        reason: 'The action has no resource-level permission',
      },
      readsKey(region, kmsKey),
      grantsKey('rds', region, kmsKey),
      secretReadPermission(credentials, region),
    ];
  },

  async prepare(context, { database }) {
    const { region, engine: name, engineVersion: version } = database;
    const instance = context.names.resource(database.identifier, identifierLength);
    const [existing, key, missing, user] = await Promise.all([
      readInstance(context.aws, region, instance),
      readKey(context.aws, region, database.kmsKey),
      missingInRegion(context.aws, database, { name, version }),
      masterUser(context, database),
    ]);
    const reasons: Reason[] = [...missing];
    if (!key.usable) reasons.push(key.reason);
    if ('what' in user) reasons.push(user);
    if (existing !== undefined && !isOfRun(existing, context.run.id))
      reasons.push(nameTaken(instance, region));
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    return ready({ instance }, `${region} has all that a new ${name} ${version} instance needs`);
  },

  async act(context, { database }, baseline) {
    const { instance } = baselineSchema.parse(baseline);
    const { region } = database;
    if (await ownInstance(context, region, instance)) return;
    const user = await masterUser(context, database);
    if ('what' in user) throw new Error(user.what);
    await context.changed({
      call: 'rds.CreateDBInstance',
      region,
      resource: instance,
      what: `New, empty ${database.engine} ${database.engineVersion} instance`,
    });
    try {
      await request({ call: 'rds.CreateDBInstance', region }, () =>
        context.aws.client(RDSClient, region).send(
          new CreateDBInstanceCommand({
            DBInstanceIdentifier: instance,
            DBInstanceClass: database.instanceClass,
            Engine: database.engine,
            EngineVersion: database.engineVersion,
            AllocatedStorage: database.allocatedStorage,
            StorageType: database.storageType,
            StorageEncrypted: true,
            KmsKeyId: database.kmsKey,
            DBName: database.database,
            MasterUsername: user.name,
            MasterUserPassword: user.password,
            Port: database.port,
            MultiAZ: database.multiAz,
            DBSubnetGroupName: database.subnetGroup,
            VpcSecurityGroupIds: database.securityGroups,
            DBParameterGroupName: database.parameterGroup,
            PubliclyAccessible: false,
            CopyTagsToSnapshot: true,
            DeletionProtection: context.run.mode !== 'drill',
            BackupRetentionPeriod: 7,
            Tags: context.names.tags(),
          }),
        ),
      );
    } catch (error) {
      // An earlier request was carried out and its reply was lost.
      if (!isNamed(error, 'DBInstanceAlreadyExistsFault')) throw refusalOf(error, database) ?? error;
      await ownInstance(context, region, instance);
    }
  },

  async observe(context, { database }, baseline) {
    const { instance } = baselineSchema.parse(baseline);
    const seen = await lookForWriter(context, database, instance);
    if (seen.status !== 'available') return seen;
    const outputs = { instance, endpoint: seen.host, port: seen.port };
    return finish(`${instance} is available and takes writes at ${seen.host}:${seen.port}`, outputs, outputs);
  },

  async undo(context, { database }, baseline) {
    return removeInstance(context, database.region, baselineSchema.parse(baseline).instance);
  },
});
