import { parseSecretReference } from '../../shared/aws/secret-reference.ts';
import type { ComponentOf } from '../../shared/plan/components.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { dialectOfDatabase } from '../../shared/sql/dialects/dialects.ts';
import { componentsOf } from '../world/addresses.ts';
import { appDependencies } from '../world/dependencies.ts';
import { channelSecretValues, placeOfSecret } from '../world/providers/hosts.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';
import { clusterEndpointOf } from './rds/clusters.ts';
import { endpointOf } from './rds.ts';
import { leak } from './secretsmanager/leaks.ts';
import { describeSecret, randomPassword, refuseReplica, rotate } from './secretsmanager/rotation.ts';
import {
  followSource,
  makeCurrent,
  type Secret,
  secrets,
  stagesOf,
  versionId,
} from './secretsmanager/state.ts';

/** How far behind a stale read is. */
const staleByMs = 20_000;

export const service: SimulatedService = {
  name: 'secretsmanager',
  operations: {
    GetSecretValue: getValue,
    PutSecretValue: putValue,
    CreateSecret: createSecret,
    DescribeSecret: (world, call) => describeSecret(world, existing(world, call)),
    GetRandomPassword: randomPassword,
    RotateSecret: (world, call) =>
      rotate(world, existing(world, call), String(call.input.ClientRequestToken)),
    UpdateSecretVersionStage: moveStage,
  },
  arrange(world, plan) {
    arrangeSecrets(world, plan);
    for (const secret of secrets(world).values()) followSource(world, secret);
    appDependencies(world).keepSecret = (name, region, value) => putSecret(world, region, name, value);
    appDependencies(world).secretValue = (name, region) => {
      const secret = secrets(world).get(`${region}/${name}`);
      return secret?.versions.get(secret.current);
    };
  },
  strike(world, { type, component }) {
    if (component.type !== 'secret' || type !== 'intrusion') return undefined;
    return leak(world, component);
  },
};

/** Makes a secret that exists before the outage, such as the one that signs links. */
export function putSecret(world: World, region: string, name: string, value: string): void {
  const version = versionId(`${region}/${name}`);
  secrets(world).set(`${region}/${name}`, {
    name,
    region,
    versions: new Map([[version, value]]),
    current: version,
    previous: undefined,
    currentSinceMs: Number.NEGATIVE_INFINITY,
  });
}

/**
 * Secrets of the plan: one per secret component and one per reference in credentials and contacts. They hold what an
 * application reads: a connection to the plan's first database, which is where it points before a recovery.
 */
function arrangeSecrets(world: World, plan: Plan): void {
  const components = Object.values(plan.components);
  const database = components.find(
    component => component.type === 'rds-instance' || component.type === 'rds-cluster',
  );
  for (const component of components) {
    if (!('credentials' in component) || component.credentials === undefined) continue;
    const values = cacheTypes.has(component.type)
      ? cacheUser
      : {
          ...connectionOf(liveOf(plan, component) ?? database ?? serverFor(plan, component.region)),
          engine: 'engine' in component ? component.engine : 'postgres',
        };
    addReference(world, component.region, component.credentials, values);
  }
  for (const component of components) {
    const connection = connectionOf(database ?? serverFor(plan, component.region));
    if (component.type === 'secret') {
      addKeys(world, component.region, component.name, connection);
      for (const key of component.keys ?? []) {
        addReference(world, component.region, `secret:${component.name}#${key}`, connection);
      }
    }
  }
  for (const reference of referencesIn(Object.values(plan.scenarios).map(({ phases }) => phases))) {
    for (const region of regionsOf(plan, reference)) addReference(world, region, reference, {});
  }
  for (const { reference, value } of channelSecretValues(plan)) {
    const place = placeOfSecret(reference);
    if (place?.key) addKeys(world, plan.regions.recovery, place.name, { [place.key]: value });
    else if (place) putSecret(world, plan.regions.recovery, place.name, value);
  }
  for (const person of Object.values(plan.people)) {
    if (person.contact)
      addReference(world, plan.regions.recovery, person.contact, { contact: '+61400000000' });
  }
}

function hostOf(database: AnyDatabase | undefined): string {
  if (database === undefined) return 'localhost';
  if ('host' in database) return database.host;
  const endpoint = database.type === 'rds-cluster' ? clusterEndpointOf : endpointOf;
  return endpoint(database.region, database.identifier);
}

/** Where a secret is that a step reads: where the plan says, and in the recovery region if it says nothing. */
function regionsOf(plan: Plan, reference: string): string[] {
  const name = /^secret:([^#]+)/.exec(reference)?.[1];
  const declared = componentsOf(plan, 'secret').filter(one => one.name === name);
  return declared.length > 0 ? declared.map(({ region }) => region) : [plan.regions.recovery];
}

/** References that stand in the parameters of steps, such as the key of a request. */
function* referencesIn(value: unknown): Generator<string> {
  if (typeof value === 'string' && /^secret:[^$]+$/.test(value)) yield value;
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) yield* referencesIn(inner);
}

const cacheTypes = new Set(['elasticache-replication-group', 'elasticache-target', 'redis-server']);
/** What a cache with AUTH asks for; a secret without a key holds both. */
const cacheUser = { username: 'default', password: 'simulated-auth-token' };

/** Systems that run their database themselves have a server in each region, and a secret that leads to it. */
function serverFor(plan: Plan, region: string): OwnServer | undefined {
  const servers = [...componentsOf(plan, 'postgres-server'), ...componentsOf(plan, 'mysql-server')];
  return servers.find(server => server.region === region) ?? servers[0];
}

type OwnServer = ComponentOf<'postgres-server'> | ComponentOf<'mysql-server'>;
type AnyDatabase = ComponentOf<'rds-instance'> | ComponentOf<'rds-cluster'> | OwnServer;

/**
 * The database that applications with these credentials connect to before a recovery: itself, which for a standing
 * replica is good for reading, or the one that a target is restored from.
 */
function liveOf(plan: Plan, component: Plan['components'][string]): AnyDatabase | undefined {
  if (component.type === 'rds-instance' || component.type === 'rds-cluster') return component;
  if (component.type === 'mysql-server') return component;
  if (component.type !== 'rds-restore-target' && component.type !== 'rds-cluster-restore-target')
    return undefined;
  const source = plan.components[component.source];
  return source && liveOf(plan, source);
}

function connectionOf(database: AnyDatabase | undefined): Record<string, string> {
  const host = hostOf(database);
  const port = String(database?.port ?? 5432);
  const name = database?.database ?? 'postgres';
  const username = 'lifeboat';
  const password = 'simulated';
  // The keys that RDS itself writes into the secrets that it manages.
  const engine = database !== undefined && 'engine' in database ? database.engine : 'postgres';
  return { engine, username, password, host, port, dbname: name };
}

/** A key that is referred to and that RDS does not write holds what its name says: a connection URL, or a password. */
function addReference(world: World, region: string, reference: string, values: Record<string, string>): void {
  const parsed = parseSecretReference(reference);
  if (parsed.store !== 'secretsmanager') return;
  const { username, password, host, port, dbname } = values;
  const { protocol } = dialectOfDatabase(values);
  const url = `${protocol}//${username}:${password}@${host}:${port}/${dbname}`;
  const usual = password ?? Object.values(values)[0] ?? 'simulated';
  const fallback = /url|uri|dsn/i.test(parsed.key ?? '') && host !== undefined ? url : usual;
  const named = parsed.key === undefined ? {} : { [parsed.key]: values[parsed.key] ?? fallback };
  addKeys(world, region, parsed.name, { ...values, ...named });
}

function addKeys(world: World, region: string, name: string, values: Record<string, string>): void {
  const known = secrets(world).get(`${region}/${name}`);
  const present: Record<string, string> = known ? JSON.parse(known.versions.get(known.current) ?? '{}') : {};
  putSecret(world, region, name, JSON.stringify({ ...values, ...present }));
}

function getValue(world: World, call: Call): unknown {
  const secret = existing(world, call);
  const stage = call.input.VersionStage ?? 'AWSCURRENT';
  const wanted =
    typeof call.input.VersionId === 'string'
      ? call.input.VersionId
      : stage === 'AWSPREVIOUS'
        ? secret.previous
        : seenVersion(world, secret);
  const value = wanted === undefined ? undefined : secret.versions.get(wanted);
  if (wanted === undefined || value === undefined) {
    throw new SimulatedAwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${wanted ?? String(stage)}`,
    );
  }
  return {
    Name: secret.name,
    VersionId: wanted,
    SecretString: value,
    VersionStages: stagesOf(secret, wanted),
  };
}

/** The same token and value again is the same request; another one finds the name taken. */
function createSecret(world: World, call: Call): unknown {
  const name = String(call.input.Name);
  const key = `${call.region}/${name}`;
  const token = String(call.input.ClientRequestToken);
  const value = String(call.input.SecretString);
  const known = secrets(world).get(key);
  if (known && known.versions.get(token) !== value) {
    throw new SimulatedAwsError('ResourceExistsException', `The secret ${name} already exists.`);
  }
  if (!known) {
    secrets(world).set(key, {
      name,
      region: call.region,
      versions: new Map([[token, value]]),
      current: token,
      previous: undefined,
      currentSinceMs: Number.NEGATIVE_INFINITY,
    });
    world.changed(`secret/${name}`, `${name} is made`, 'lifeboat');
  }
  return { Name: name, VersionId: token };
}

function putValue(world: World, call: Call): unknown {
  const secret = existing(world, call);
  refuseReplica(world, secret);
  const token = String(call.input.ClientRequestToken);
  const value = String(call.input.SecretString);
  const known = secret.versions.get(token);
  if (known !== undefined && known !== value) {
    throw new SimulatedAwsError(
      'ResourceExistsException',
      'A version of this secret with this token exists already, with another value.',
    );
  }
  if (known === undefined) {
    secret.versions.set(token, value);
    makeCurrent(world, secret, token);
    world.changed(`secret/${secret.name}`, `${secret.name} has a new version`, 'lifeboat');
  }
  return { Name: secret.name, VersionId: token, VersionStages: stagesOf(secret, token) };
}

function moveStage(world: World, call: Call): unknown {
  const secret = existing(world, call);
  const to = String(call.input.MoveToVersionId);
  if (!secret.versions.has(to)) {
    throw new SimulatedAwsError('ResourceNotFoundException', `The secret has no version ${to}.`);
  }
  if (call.input.VersionStage !== 'AWSCURRENT' || call.input.RemoveFromVersionId !== secret.current) {
    throw new SimulatedAwsError(
      'InvalidParameterException',
      'The parameter RemoveFromVersionId must be the version that the staging label is attached to.',
    );
  }
  makeCurrent(world, secret, to);
  world.changed(`secret/${secret.name}`, `${secret.name} is back at an earlier version`, 'lifeboat');
  return { Name: secret.name };
}

function existing(world: World, call: Call): Secret {
  const id = String(call.input.SecretId);
  const name = id.startsWith('arn:') ? (id.split(':')[6] ?? '').replace(/-\w{6}$/, '') : id;
  const secret = secrets(world).get(`${call.region}/${name}`);
  if (secret) return secret;
  throw new SimulatedAwsError(
    'ResourceNotFoundException',
    "Secrets Manager can't find the specified secret.",
  );
}

/** The version that a read takes for the current one. */
function seenVersion(world: World, secret: Secret): string {
  const stale = world.faults.has('stale-read:secretsmanager');
  const fresh = world.nowMs() - secret.currentSinceMs < staleByMs;
  return stale && fresh ? (secret.previous ?? secret.current) : secret.current;
}
