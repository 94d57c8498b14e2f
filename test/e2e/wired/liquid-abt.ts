import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import type { Plan } from '../../../shared/plan/schema.ts';
import { clientOf } from '../deployed/clients.ts';

/** The Multi-AZ instance of the plan, in moto. Returns the name of its endpoint, and the id of its key there. */
export async function makeDatabase(plan: Plan, moto: string): Promise<{ host: string; key: string }> {
  const sydney = { endpoint: moto, region: plan.regions.primary };
  const { KeyMetadata } = await clientOf(KMSClient, sydney).send(new CreateKeyCommand({}));
  const client = clientOf(RDSClient, sydney);
  const { DBInstance } = await client.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'liquid-abt-production',
      DBInstanceClass: 'db.r6g.large',
      Engine: 'postgres',
      EngineVersion: '16.4',
      AllocatedStorage: 100,
      MultiAZ: true,
      StorageEncrypted: true,
      KmsKeyId: KeyMetadata?.Arn,
      BackupRetentionPeriod: 35,
      MasterUsername: 'lifeboat',
      MasterUserPassword: 'not-a-secret',
      DBName: 'liquid_abt',
      Port: 5432,
    }),
  );
  return { host: DBInstance?.Endpoint?.Address ?? '', key: KeyMetadata?.KeyId ?? '' };
}

/** The database of the plan with what its checks read, in a PostgreSQL server of this world's own. */
export async function fillDatabase(port: number): Promise<void> {
  const connect = async (database: string) => {
    const client = new pg.Client({ connectionString: `postgres://lifeboat@127.0.0.1:${port}/${database}` });
    await client.connect();
    return client;
  };
  const admin = await connect('postgres');
  await admin.query('CREATE DATABASE liquid_abt');
  await admin.end();
  const client = await connect('liquid_abt');
  await client.query(`CREATE TABLE lifeboat_heartbeat (id int PRIMARY KEY, seen_at timestamptz NOT NULL)`);
  await client.query(`CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL)`);
  await client.query(`INSERT INTO tenants VALUES (1, 'Treasury')`);
  await client.end();
}

/**
 * What the plan refers to, by name. The tokens are those that `startProviders` takes. Returns the ARN of a password as
 * RDS makes one for an instance.
 */
export async function makeSecrets(endpoint: string, plan: Plan, host: string): Promise<string> {
  const login = { username: 'lifeboat', password: 'not-a-secret', host, dbname: 'liquid_abt' };
  const secrets: [region: string, name: string, values: Record<string, string>][] = [
    [plan.regions.primary, 'liquid-abt/production/database', login],
    [plan.regions.recovery, 'liquid-abt/dr/database', login],
    [
      plan.regions.recovery,
      'liquid-abt/slack',
      { 'bot-token': 'xoxb-token', 'signing-secret': 'slack-signing' },
    ],
    [
      plan.regions.recovery,
      'liquid-abt/pagerduty',
      { 'routing-key': 'routing-key', 'webhook-secret': 'pd-signing' },
    ],
    [plan.regions.recovery, 'liquid-abt/statuspage', { 'api-key': 'page-token' }],
  ];
  for (const [region, Name, values] of secrets) {
    const client = clientOf(SecretsManagerClient, { endpoint, region });
    await client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(values) }));
  }
  const made = { username: 'lifeboat', password: 'not-a-secret' };
  const { ARN = '' } = await clientOf(SecretsManagerClient, {
    endpoint,
    region: plan.regions.recovery,
  }).send(new CreateSecretCommand({ Name: 'rds!db-proof', SecretString: JSON.stringify(made) }));
  return ARN;
}

/** What the checks after the loss of a region read besides. */
export async function fillPurchases(port: number): Promise<void> {
  const client = new pg.Client({ connectionString: `postgres://lifeboat@127.0.0.1:${port}/liquid_abt` });
  await client.connect();
  await client.query('CREATE TABLE bitcoin_purchases (id int, tenant_id int, amount_aud numeric)');
  await client.query('INSERT INTO bitcoin_purchases VALUES (1, 1, 250), (2, 1, 100)');
  await client.end();
}
