import { bucketRegion, objectAnswers } from '../services/s3.ts';
import { componentsOf, plainName, type UserName, userNames } from './addresses.ts';
import { type Answer, authoritativeAnswer, weightsOf } from './dns-plane.ts';
import { watch } from './health-checks.ts';
import type { World } from './world.ts';

type Held = Answer & { askedAtMs: number; due: boolean };

/** The resolver that Lifeboat's own functions and probes use; it caches like any other. */
export const ownResolver = 'own';

/**
 * What a resolver answers: what it asked for last, until the TTL ends. Users ask all the time, so every resolver of
 * the plan always holds an answer, each since its own moment; it asks again in the second that the TTL ends.
 */
export function resolverAnswer(world: World, resolver: string, name: UserName): Answer {
  const held = heldBy(world, resolver, name);
  const ageSeconds = (world.nowMs() - held.askedAtMs) / 1000;
  const left = held.ttlSeconds - (held.ttlSeconds > 0 ? ageSeconds % held.ttlSeconds : 0);
  return { values: held.values, ttlSeconds: Math.ceil(left) };
}

function heldBy(world: World, resolver: string, name: UserName): Held {
  const all = world.state('resolver-caches', () => new Map<string, Held>());
  const key = `${resolver}/${name.name}`;
  const known = all.get(key);
  if (known) return known;
  const answer = authoritativeAnswer(world, name.name, name.recordType, resolver) ?? {
    values: [],
    ttlSeconds: 0,
  };
  const agoSeconds = world.random(`resolver/${key}`) * answer.ttlSeconds;
  const made = { ...answer, askedAtMs: world.nowMs() - agoSeconds * 1000, due: false };
  all.set(key, made);
  return made;
}

/** Every cache that exists: the plan's resolvers and Lifeboat's own, for each name. */
export function fillCaches(world: World): void {
  for (const name of userNames(world.plan)) {
    for (const resolver of [...name.resolvers, ownResolver]) heldBy(world, resolver, name);
    lastAnswers(world).set(name.name, answerText(world, name));
  }
}

const lastAnswers = (world: World) => world.state('last-answers', () => new Map<string, string>());

/** What the zone answers, with its weights where several answers have one. */
function answerText(world: World, name: UserName): string {
  const answer = authoritativeAnswer(world, name.name, name.recordType);
  return `${answer?.values.join(' ') ?? ''}${weightsOf(world, name.name)}`;
}

/** Compares the answers with those before, and has each resolver ask again when its TTL ends. */
export function refreshAnswers(world: World): void {
  const last = lastAnswers(world);
  for (const name of userNames(world.plan)) {
    const text = answerText(world, name);
    const before = last.get(name.name) ?? plainName(heldBy(world, ownResolver, name).values.join(' '));
    if (before === text) continue;
    last.set(name.name, text);
    world.changed(`dns/${name.name}`, `The zone answers ${text || 'nothing'}`);
    for (const resolver of [...name.resolvers, ownResolver]) askAgainLater(world, resolver, name);
  }
}

function askAgainLater(world: World, resolver: string, name: UserName): void {
  const held = heldBy(world, resolver, name);
  if (held.due) return;
  held.due = true;
  const { ttlSeconds } = resolverAnswer(world, resolver, name);
  world.after(ttlSeconds, `resolver/${resolver}/${name.name}`, 'The resolver asks again', () => {
    const fresh = authoritativeAnswer(world, name.name, name.recordType, resolver) ?? {
      values: [],
      ttlSeconds: 0,
    };
    Object.assign(held, fresh, { askedAtMs: world.nowMs(), due: false });
  });
}

/** Lets the checkers find out that what they watch changed, and users follow. Called at every change of the world. */
export function followChange(world: World, resource: string): void {
  if (resource.startsWith('s3/')) {
    for (const name of componentsOf(world.plan, 'dns-name')) {
      if (resource !== `s3/${name.gate.bucket}/${name.gate.key}`) continue;
      watch(world, name.primaryHealthCheck, objectAnswers(world, name.gate.bucket, name.gate.key), () =>
        refreshAnswers(world),
      );
    }
  }
  if (/^(target|region|load-balancer)\//.test(resource)) refreshAnswers(world);
}

/** What a region's loss does to the checks: its endpoints and its gate objects stop answering. */
export function loseChecks(world: World, region: string): void {
  turnChecks(world, region, false);
}

/** The endpoints of a region answer the checkers again. */
export function returnChecks(world: World, region: string): void {
  turnChecks(world, region, true);
}

function turnChecks(world: World, region: string, answers: boolean): void {
  for (const name of componentsOf(world.plan, 'dns-name')) {
    const { bucket, key } = name.gate;
    if (bucketRegion(world, bucket) === region) {
      const open = answers && objectAnswers(world, bucket, key);
      watch(world, name.primaryHealthCheck, open, () => refreshAnswers(world));
    }
  }
  for (const endpoint of componentsOf(world.plan, 'endpoint')) {
    if (endpoint.region === region)
      watch(world, `endpoint-${endpoint.id}`, answers, () => refreshAnswers(world));
  }
}
