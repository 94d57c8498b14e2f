import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Plan } from '../../../shared/plan/schema.ts';
import { startProviders } from '../../communication/channels/providers.ts';
import { makeSelfSigned, type SelfSigned } from '../../support/self-signed.ts';
import type { Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';
import { readPlan } from '../deployed/packages.ts';
import { deploy, type Resource } from '../deployed/stack.ts';
import type { Api } from '../servers/kubernetes-node.ts';
import { startPostgresServer } from '../servers/postgres.ts';
import { startMiniStack, startMoto } from '../servers/python.ts';
import { startRedisServer } from '../servers/redis.ts';
import { type AwsFront, startAwsFront } from './aws-front.ts';
import { type Clock, startClock } from './clock.ts';
import {
  type Answer,
  type Asked,
  startHttpsFront,
  startPostgresFront,
  startSwitch,
  startTlsFront,
} from './fronts.ts';
import { fillDatabase, fillPurchases, makeDatabase, makeSecrets } from './liquid-abt.ts';
import { componentOf, domainOf, lastOf, makeMelbourne } from './melbourne.ts';
import { recordsOf, startNameServers } from './name-servers.ts';
import { melbournePlays, rdsPlays } from './plays.ts';
import { type RdsBridge, startRdsBridge } from './rds-bridge.ts';
import { startReplication } from './replication.ts';
import { makeStandbyCluster, type StandbyCluster } from './standby-cluster.ts';

/** The account of moto, and of LIQUID ABT's plan. */
export const account = '123456789012';

/** A tenth of every wait of a state machine; what a handler sees is the clock of the world. */
const waitScale = 0.1;

/** Providers of channels, as `startProviders` plays them. */
const providerHosts = ['slack.com', 'events.pagerduty.com', 'api.statuspage.io'];

/** What moto serves, by the names that requests are signed with; MiniStack serves the rest. */
const ofMoto = ['rds', 'route53', 'eks', 'elasticloadbalancing', 'codebuild', 'kms'];
/** Services that functions ask by way of the front, as the SDK's environment calls them. */
const asked = {
  database: ['RDS', 'ROUTE_53', 'KMS'],
  standby: ['EKS', 'ELASTIC_LOAD_BALANCING_V2', 'CODEBUILD', 'SECRETS_MANAGER', 'S3'],
};

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
  /** The database, whatever names lead to it. */
  postgres: { port: number };
  resources: Resource[];
  clock: Clock;
  front: AwsFront;
  rds: RdsBridge;
  providers: Awaited<ReturnType<typeof startProviders>>;
  app: App;
  stop(): Promise<void>;
};

/** A world in which Melbourne can take over. */
export type WithStandby = Loopback & {
  cluster: StandbyCluster;
  /** Where the application's name leads, as moto's Route 53 has it. */
  records(): ReturnType<typeof recordsOf>;
};

/** What the application answers at a path; 200 and a body unless it is told otherwise. */
export type App = { down: boolean; asked: string[] };

type Servers = {
  plan: Plan;
  moto: string;
  postgres: { port: number };
  certificate: SelfSigned;
  web: number;
  keep<S extends { stop(): Promise<unknown> }>(server: S): S;
  front: AwsFront;
};

export function startLoopback(installed: { bin: string }): Promise<Loopback> {
  return start(installed, async ({ plan, web }) => ({
    through: asked.database,
    routes: { [`${nameOf(plan)}:443`]: web },
    more: {},
  }));
}

/** The same, with all that Melbourne needs to take over, on a real Kubernetes API server. */
export function startWithStandby(installed: { bin: string }, api: Api): Promise<WithStandby> {
  return start(installed, async ({ plan, moto, postgres, certificate, web, keep, front }) => {
    await fillPurchases(postgres.port);
    const name = componentOf(plan, 'app-name', 'dns-name');
    const cache = componentOf(plan, 'cache-recovery', 'elasticache-replication-group');
    const { names, zone, targets } = await makeMelbourne(plan, moto);
    for (const [asPlanned, asMade] of names) front.rename(asPlanned, asMade);
    const cluster = keep(await makeStandbyCluster(api));
    const here = { endpoint: moto, region: plan.regions.recovery };
    front.play(melbournePlays({ moto: here, targets, api, cluster }));
    const records = () => recordsOf(moto, zone, name.name);
    const nameServers = await startNameServers(moto, zone, domainOf(name.name));
    keep({ stop: nameServers.close });
    const redis = keep(await startRedisServer(undefined, ''));
    const caches = keep(await startTlsFront(redis.port, certificate));
    const running = async () => ((await cluster.readyPods('liquid-abt-app')) > 0 ? web : undefined);
    const balancer = keep(await startSwitch(running));
    const users = keep(
      await startSwitch(async () => {
        const answering = (await records()).find(({ failover }) => failover === 'PRIMARY');
        return answering?.to === name.recoveryTarget ? balancer.port : undefined;
      }),
    );
    return {
      through: [...asked.database, ...asked.standby],
      routes: {
        'dns:53': nameServers.port,
        [`${name.name}:443`]: users.port,
        [`${name.recoveryTarget}:443`]: balancer.port,
        [`${cache.endpoint}:6379`]: caches.port,
      },
      more: { cluster, records },
    };
  });
}

const nameOf = (plan: Plan) => componentOf(plan, 'app-name', 'dns-name').name;

/** `through`: services that are asked by way of the front. `routes`: where names lead, as `preload.mjs` takes them. */
type Furniture<More> = { through: string[]; routes: Record<string, number>; more: More };

async function start<More>(
  installed: { bin: string },
  furnish: (servers: Servers) => Promise<Furniture<More>>,
): Promise<Loopback & More> {
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
    const clock = keep(startClock());
    const moto = keep(await startMoto());
    const postgres = keep(await startPostgresServer(installed.bin));
    const replication = keep(startReplication(postgres));
    const rds = keep(await startRdsBridge(moto.url, replication));
    const emulators = { rds: rds.url, moto: moto.url, ministack: '' };
    const front = keep(
      await startAwsFront(service => {
        if (service === 'rds') return emulators.rds;
        return ofMoto.includes(service) ? emulators.moto : emulators.ministack;
      }),
    );
    front.play(rdsPlays);
    const providers = keep(await startProviders());
    const app: App = { down: false, asked: [] };
    const { host, key } = await makeDatabase(plan, moto.url);
    front.rename(lastOf(componentOf(plan, 'database-beside', 'rds-restore-target').kmsKey), key);
    await fillDatabase(postgres.port);
    const names = [nameOf(plan), 'status.liquidtreasury.business', ...providerHosts, host];
    const cache = componentOf(plan, 'cache-recovery', 'elasticache-replication-group');
    const { primary, recovery } = plan.regions;
    const restored = [primary, recovery].map(region => `*.aaaaaaaaaa.${region}.rds.amazonaws.com`);
    const certificate = makeSelfSigned([...names, ...restored, cache.endpoint ?? ''], 30);
    const database = keep(
      await startPostgresFront(
        replication.portOf,
        certificate,
        () => rds.failedOver() || replication.portOf(host) !== postgres.port,
      ),
    );
    // What a backup is restored into is the same database under a name of its own, which moto gives it.
    const copies = keep(await startPostgresFront(replication.portOf, certificate));
    const web = keep(await startHttpsFront(certificate, asked => answerOf(app, providers, asked))).port;
    const { through, routes, more } = await furnish({
      ...{ plan, moto: moto.url, postgres, certificate, web, keep, front },
    });
    const databases = {
      ...Object.fromEntries(restored.map(name => [`${name}:5432`, copies.port])),
      [`${host}:5432`]: database.port,
    };
    const always = Object.fromEntries(names.map(name => [`${name}:443`, web]));
    const world = {
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'preload.mjs'))}`,
      LIFEBOAT_E2E_CLOCK: clock.file,
    };
    const ministack = keep(
      await startMiniStack({
        ...world,
        MINISTACK_ACCOUNT_ID: account,
        SFN_WAIT_SCALE: String(waitScale),
        LIFEBOAT_E2E_ROUTES: JSON.stringify({ ...always, ...databases, ...routes }),
        LIFEBOAT_E2E_CA: certificate.cert,
        ...Object.fromEntries(through.map(service => [`AWS_ENDPOINT_URL_${service}`, front.url])),
      }),
    );
    emulators.ministack = ministack.url;
    const place = { endpoint: ministack.url, region: plan.regions.recovery, environment: world };
    rds.masterSecretArn = await makeSecrets(ministack.url, plan, host);
    await clientOf(S3Client, place).send(
      new CreateBucketCommand({ Bucket: componentOf(plan, 'app-name', 'dns-name').gate.bucket }),
    );
    const resources = await deploy(place, plan);
    return {
      plan,
      place,
      moto: moto.url,
      postgres,
      resources,
      clock,
      front,
      rds,
      providers,
      app,
      stop,
      ...more,
    };
  } catch (error) {
    await stop();
    throw error;
  }
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
