import { componentsOf } from '../../world/addresses.ts';
import { setPassword } from '../../world/sql-journal.ts';
import { type Call, hashToUnit, SimulatedAwsError, type World } from '../../world/world.ts';
import { makeCurrent, replicasOf, type Secret, sourceOf, stagesOf } from './state.ts';

/** A rotation function makes a user's password anew and tries it. Experience: 10 to 60 s. */
const rotationDuration = { minSeconds: 8, likelySeconds: 25, maxSeconds: 90 };

function componentOf(world: World, { name, region }: Secret) {
  return componentsOf(world.plan, 'secret').find(one => one.name === name && one.region === region);
}

export function describeSecret(world: World, secret: Secret): unknown {
  const stages = [...secret.versions.keys()].map(id => [id, stagesOf(secret, id)]);
  const source = sourceOf(world, secret);
  const replicas = replicasOf(world, source ?? secret);
  return {
    Name: secret.name,
    VersionIdsToStages: Object.fromEntries(stages),
    RotationEnabled: componentOf(world, secret)?.rotation !== undefined,
    ...((source || replicas.length > 0) && { PrimaryRegion: source?.region ?? secret.region }),
    ...(replicas.length > 0 && {
      ReplicationStatus: replicas.map(({ region }) => ({ Region: region, Status: 'InSync' })),
    }),
  };
}

export function refuseReplica(world: World, secret: Secret): void {
  if (!sourceOf(world, secret)) return;
  const message =
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
  throw new SimulatedAwsError('InvalidRequestException', message);
}

export function rotate(world: World, secret: Secret, token: string): unknown {
  refuseReplica(world, secret);
  const how = componentOf(world, secret)?.rotation;
  if (how === undefined) {
    throw new SimulatedAwsError(
      'InvalidRequestException',
      'No Lambda rotation function ARN is associated with this secret.',
    );
  }
  if (secret.versions.has(token)) return { Name: secret.name, VersionId: token };
  if (secret.rotating !== undefined) {
    throw new SimulatedAwsError(
      'InvalidRequestException',
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
  }
  secret.rotating = token;
  const resource = `secret/${secret.name}`;
  world.changed(resource, `${secret.name} is being rotated`, 'lifeboat');
  const seconds = world.duration(
    rotationDuration,
    `secret-rotation/${secret.region}/${secret.name}/${token}`,
  );
  world.after(seconds, resource, `${secret.name} has been rotated`, () => {
    const value = freshValue(world, secret, token, how);
    secret.versions.set(token, value);
    secret.rotating = undefined;
    makeCurrent(world, secret, token);
  });
  return { Name: secret.name, VersionId: token };
}

/** The value with a new password; the database that it opens knows the new one and forgets the old one. */
function freshValue(world: World, secret: Secret, token: string, how: 'database' | 'other'): string {
  const values = JSON.parse(secret.versions.get(secret.current) ?? '{}') as Record<string, string>;
  const old = values.password ?? '';
  const password = randomText(world, token, 32);
  if (how === 'database' && values.host) setPassword(world, values.host, values.username ?? '', password);
  const renewed = Object.entries(values).map(([key, value]) => [
    key,
    value === old ? password : String(value).replace(`:${old}@`, `:${password}@`),
  ]);
  return JSON.stringify(Object.fromEntries(renewed));
}

export function randomPassword(world: World, { input }: Call): unknown {
  const counter = world.state('random-passwords', () => ({ made: 0 }));
  counter.made += 1;
  return { RandomPassword: randomText(world, `random/${counter.made}`, Number(input.PasswordLength ?? 32)) };
}

function randomText(world: World, key: string, length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const letter = (n: number) => letters[Math.floor(hashToUnit(world.seed, `${key}/${n}`) * letters.length)];
  return Array.from({ length }, (_, n) => letter(n)).join('');
}
