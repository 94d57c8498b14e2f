import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateDBParameterGroupCommand,
  CreateDBSubnetGroupCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { type Ids, primary, recovery, runId, taggedByRun } from './case.ts';

/** Databases of the cases, as components and as they are made in an emulator. */

const sql = {
  engine: 'postgres',
  multiAz: true,
  database: 'shop',
  port: 5432,
  credentials: 'secret:shop/db#url',
  writeProbe: 'INSERT INTO heartbeat VALUES (1) ON CONFLICT DO NOTHING',
};
export const database = { ...sql, type: 'rds-instance', region: primary, identifier: 'shop-db' };
export const standby = { ...database, region: recovery, identifier: 'shop-standby' };
export const replica = { ...standby, identifier: 'shop-replica', multiAz: false, replicaOf: 'database' };

/** A MySQL with a parameter group of its own. */
export const mysql = {
  ...database,
  identifier: 'shop-mysql',
  engine: 'mysql',
  port: 3306,
  parameterGroup: 'shop-mysql8',
  credentials: 'secret:shop/mysql',
};

const { engine: _, ...likeSource } = sql;
export const target = (ids: Ids) => ({
  ...likeSource,
  type: 'rds-restore-target',
  region: recovery,
  identifier: 'shop-dr',
  source: 'database',
  sourceIdentifier: 'shop-db',
  sourceRegion: primary,
  instanceClass: 'db.r6g.large',
  subnetGroup: 'shop-dr',
  securityGroups: ['sg-0dr'],
  parameterGroup: 'shop-pg16',
  kmsKey: ids.key ?? 'alias/shop-dr',
});
export const fresh = {
  ...sql,
  type: 'rds-new-instance',
  region: recovery,
  identifier: 'shop-new',
  engineVersion: '16.4',
  instanceClass: 'db.r6g.large',
  allocatedStorage: 100,
  subnetGroup: 'shop-dr',
  securityGroups: ['sg-0dr'],
  parameterGroup: 'shop-pg16',
  kmsKey: 'alias/shop-dr',
};

export const rds = (aws: AwsClients, region = recovery) => aws.client(RDSClient, region);

const instance = {
  Engine: 'postgres',
  EngineVersion: '16.4',
  DBInstanceClass: 'db.r6g.large',
  AllocatedStorage: 100,
  DBName: 'shop',
  MasterUsername: 'shop',
  MasterUserPassword: 'a-long-password',
};

/** The secret that says how to log in, in both regions. */
export async function makeSecret(aws: AwsClients): Promise<void> {
  for (const region of [primary, recovery]) {
    const SecretString = JSON.stringify({ url: 'postgresql://shop:a-long-password@shop-db:5432/shop' });
    await aws
      .client(SecretsManagerClient, region)
      .send(new CreateSecretCommand({ Name: 'shop/db', SecretString }));
  }
}

export async function makeDatabase(aws: AwsClients, region = primary, identifier = 'shop-db'): Promise<void> {
  await rds(aws, region).send(
    new CreateDBInstanceCommand({
      ...instance,
      DBInstanceIdentifier: identifier,
      MultiAZ: true,
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 7,
    }),
  );
}

export async function makeReplica(aws: AwsClients): Promise<void> {
  await rds(aws).send(
    new CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: 'shop-replica',
      SourceDBInstanceIdentifier: `arn:aws:rds:${primary}:${await accountOf(aws)}:db:shop-db`,
      DBInstanceClass: 'db.r6g.large',
    }),
  );
}

/** Key, subnet group and parameter group that a restore needs. */
export async function makeGroups(aws: AwsClients, region = recovery): Promise<Ids> {
  const kms = aws.client(KMSClient, region);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/shop-dr', TargetKeyId: KeyMetadata?.KeyId }));
  const ec2 = aws.client(EC2Client, region);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.9.1.0/24' }));
  await rds(aws, region).send(
    new CreateDBSubnetGroupCommand({
      DBSubnetGroupName: 'shop-dr',
      DBSubnetGroupDescription: 'recovery',
      SubnetIds: [Subnet?.SubnetId ?? ''],
    }),
  );
  await rds(aws, region).send(
    new CreateDBParameterGroupCommand({
      DBParameterGroupName: 'shop-pg16',
      DBParameterGroupFamily: 'postgres16',
      Description: 'recovery',
    }),
  );
  return { keyArn: KeyMetadata?.Arn ?? '' };
}

export async function accountOf(aws: AwsClients): Promise<string> {
  const { DBInstances = [] } = await rds(aws, primary).send(new DescribeDBInstancesCommand({}));
  return DBInstances[0]?.DBInstanceArn?.split(':')[4] ?? '';
}

/** An instance that this run made earlier, in either world. */
export async function makeInstanceOfRun(aws: AwsClients, tagged = true): Promise<void> {
  await rds(aws).send(
    new CreateDBInstanceCommand({
      ...instance,
      DBInstanceIdentifier: `shop-dr-${runId}`,
      DBSubnetGroupName: 'shop-dr',
      DBParameterGroupName: 'shop-pg16',
      VpcSecurityGroupIds: ['sg-0dr'],
      StorageEncrypted: true,
      KmsKeyId: 'alias/shop-dr',
      ...(tagged && { Tags: taggedByRun }),
    }),
  );
}

/** What RDS says of an instance, as far as cases ask for it. */
export async function stateOf(aws: AwsClients, identifier: string, region = recovery) {
  const { DBInstances = [] } = await rds(aws, region).send(new DescribeDBInstancesCommand({}));
  const found = DBInstances.find(one => one.DBInstanceIdentifier === identifier);
  if (!found) return { instance: 'gone' };
  const tags = Object.fromEntries((found.TagList ?? []).map(({ Key, Value }) => [Key, Value]));
  return {
    status: found.DBInstanceStatus,
    ofRun: tags['lifeboat:run'],
    expires: tags['lifeboat:expires-at'],
  };
}

/** moto offers classes of Aurora and Neptune only. */
export const classesOnOffer = {
  'rds.DescribeOrderableDBInstanceOptions': `<DescribeOrderableDBInstanceOptionsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeOrderableDBInstanceOptionsResult><OrderableDBInstanceOptions><OrderableDBInstanceOption><Engine>postgres</Engine><EngineVersion>16.4</EngineVersion><DBInstanceClass>db.r6g.large</DBInstanceClass><MultiAZCapable>true</MultiAZCapable></OrderableDBInstanceOption></OrderableDBInstanceOptions></DescribeOrderableDBInstanceOptionsResult></DescribeOrderableDBInstanceOptionsResponse>`,
};

export async function makeMysql(aws: AwsClients): Promise<void> {
  await aws.client(SecretsManagerClient, primary).send(
    new CreateSecretCommand({
      Name: 'shop/mysql',
      SecretString: JSON.stringify({ username: 'shop', password: 'a-long-password', engine: 'mysql' }),
    }),
  );
  await rds(aws, primary).send(
    new CreateDBParameterGroupCommand({
      DBParameterGroupName: mysql.parameterGroup,
      DBParameterGroupFamily: 'mysql8.0',
      Description: 'shop',
    }),
  );
  await rds(aws, primary).send(
    new CreateDBInstanceCommand({
      ...instance,
      DBInstanceIdentifier: mysql.identifier,
      Engine: 'mysql',
      EngineVersion: '8.0.39',
      Port: mysql.port,
      DBParameterGroupName: mysql.parameterGroup,
    }),
  );
}
