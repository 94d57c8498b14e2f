import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import type { Plan } from '../../../shared/plan/schema.ts';
import { startProviders } from '../../communication/channels/providers.ts';
import { makeSelfSigned } from '../../support/self-signed.ts';
import type { Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';
import { readPlan } from '../deployed/packages.ts';
import { deploy, type Resource } from '../deployed/stack.ts';
import { startMiniStack, startMoto } from '../servers/python.ts';
import { type Answer, type Asked, startHttpsFront, startPostgresFront } from './fronts.ts';
import { type RdsBridge, startRdsBridge } from './rds-bridge.ts';

/** The account of moto, and of LIQUID ABT's plan. */
export const account = '123456789012';

/** A tenth of every wait of a state machine; what a handler sees is the real clock. */
const waitScale = 0.1;

/** Providers of channels, as `startProviders` plays them. */
const providerHosts = ['slack.com', 'events.pagerduty.com', 'api.statuspage.io'];

/**
 * LIQUID ABT deployed to MiniStack: its state machines, rules and topics there, its functions in real Node processes
 * that MiniStack starts, RDS and Route 53 in moto, the database a real PostgreSQL, and the application, Slack,
 * PagerDuty and the status page on loopback servers with certificates.
 */
export type Loopback = {
  plan: Plan;
  /** The recovery region of the deployment, on MiniStack. */
  place: Place;
  moto: string;
  resources: Resource[];
  rds: RdsBridge;
  providers: Awaited<ReturnType<typeof startProviders>>;
  app: App;
  stop(): Promise<void>;
};

/** What the application answers at a path; 200 and a body unless it is told otherwise. */
export type App = { down: boolean; asked: string[] };

export async function startLoopback(postgres: { port: number }): Promise<Loopback> {
  const stops: (() => Promise<unknown>)[] = [];
  const keep = <S extends { stop(): Promise<unknown> }>(server: S): S => {
    stops.unshift(() => server.stop());
    return server;
  };
  const stop = async () => {
    for (const each of stops) await each();
  };
  try {
    const plan = await readPlan('liquid-abt');
    const moto = keep(await startMoto());
    const rds = keep(await startRdsBridge(moto.url));
    const providers = keep(await startProviders());
    const app: App = { down: false, asked: [] };
    const host = await makeDatabase(plan, moto.url);
    await fillDatabase(postgres.port);
    const names = ['app.liquidtreasury.business', 'status.liquidtreasury.business', ...providerHosts, host];
    const restored = `*.${host.split('.').slice(1).join('.').replace(plan.regions.primary, plan.regions.recovery)}`;
    const certificate = makeSelfSigned([...names, restored]);
    // What a backup is restored into is the same database under a name of its own.
    const proof = keep(await startPostgresFront(postgres.port, certificate, () => true));
    const front = keep(await startPostgresFront(postgres.port, certificate, () => rds.failedOver()));
    const web = keep(await startHttpsFront(certificate, asked => answerOf(app, providers, asked)));
    const routes = {
      ...Object.fromEntries(names.map(name => [`${name}:443`, web.port])),
      [`${host}:5432`]: front.port,
      [`${restored}:5432`]: proof.port,
    };
    const ministack = keep(
      await startMiniStack({
        MINISTACK_ACCOUNT_ID: account,
        SFN_WAIT_SCALE: String(waitScale),
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'preload.mjs'))}`,
        LIFEBOAT_E2E_ROUTES: JSON.stringify(routes),
        LIFEBOAT_E2E_CA: certificate.cert,
        AWS_ENDPOINT_URL_RDS: rds.url,
        AWS_ENDPOINT_URL_ROUTE_53: moto.url,
      }),
    );
    const place = { endpoint: ministack.url, region: plan.regions.recovery };
    rds.masterSecretArn = await makeSecrets(ministack.url, plan, host);
    const resources = await deploy(place, plan);
    return { plan, place, moto: moto.url, resources, rds, providers, app, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The Multi-AZ instance of the plan, in moto. Returns the name of its endpoint. */
async function makeDatabase(plan: Plan, moto: string): Promise<string> {
  const client = clientOf(RDSClient, { endpoint: moto, region: plan.regions.primary });
  const { DBInstance } = await client.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'liquid-abt-production',
      DBInstanceClass: 'db.r6g.large',
      Engine: 'postgres',
      EngineVersion: '16.4',
      AllocatedStorage: 100,
      MultiAZ: true,
      StorageEncrypted: true,
      BackupRetentionPeriod: 35,
      MasterUsername: 'lifeboat',
      MasterUserPassword: 'not-a-secret',
      DBName: 'liquid_abt',
      Port: 5432,
    }),
  );
  return DBInstance?.Endpoint?.Address ?? '';
}

/** The database of the plan with what its checks read, in the suite's PostgreSQL. */
async function fillDatabase(port: number): Promise<void> {
  const connect = async (database: string) => {
    const client = new pg.Client({ connectionString: `postgres://lifeboat@127.0.0.1:${port}/${database}` });
    await client.connect();
    return client;
  };
  const admin = await connect('postgres');
  await admin.query('DROP DATABASE IF EXISTS liquid_abt WITH (FORCE)');
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
async function makeSecrets(endpoint: string, plan: Plan, host: string): Promise<string> {
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

async function answerOf(app: App, providers: Loopback['providers'], asked: Asked): Promise<Answer> {
  const { host, method, path, body } = asked;
  if (providerHosts.includes(host)) {
    const { authorization } = asked.headers;
    const {
      status,
      headers,
      body: said,
    } = await providers.http({
      url: `https://${host}${path}`,
      method: method as 'GET',
      headers: { ...(authorization && { authorization }), 'content-type': 'application/json' },
      ...(body && { body }),
      timeoutMs: 5_000,
    });
    return { status, headers: { 'content-type': headers['content-type'] ?? 'text/plain' }, body: said };
  }
  app.asked.push(`${method} ${host}${path}`);
  return app.down ? { status: 503, body: 'down' } : { status: 200, body: '{"status":"ok"}' };
}
