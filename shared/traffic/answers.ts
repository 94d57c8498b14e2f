import { isIP } from 'node:net';
import { LifeboatError } from '../errors.ts';
import type { ComponentOf } from '../plan/components.ts';
import type { DnsAnswer, Network } from '../ports.ts';
import { normalName } from './records.ts';

/** What has to be known of a name to tell where its answers lead. */
type DnsName = Pick<
  ComponentOf<'dns-name'>,
  'name' | 'recordType' | 'primaryTarget' | 'recoveryTarget' | 'resolvers'
>;

/** A resolver that takes longer is of no use to a user either. */
const dnsTimeoutMs = 3_000;

/** Where an answer leads. `other`: to neither target; `silent`: there was no answer. */
export type Side = 'primary' | 'recovery' | 'other' | 'silent';
export type SeenBy = { resolver: string; side: Side; values: string[]; ttlSeconds: number };
export type Sight = {
  authoritative: SeenBy;
  resolvers: SeenBy[];
  /** More than half of the plan's resolvers answer the recovery target. */
  majorityAtRecovery: boolean;
  /** More than half of them answer the primary target. */
  majorityAtPrimary: boolean;
};

/** Asks the zone's own servers and every resolver of the plan where a name leads now. */
export async function lookAround(network: Network, name: DnsName): Promise<Sight> {
  const [authoritative, ...resolvers] = await Promise.all([
    ask(network, name, 'authoritative'),
    ...name.resolvers.map(resolver => ask(network, name, resolver)),
  ]);
  const seen = { authoritative, resolvers, majorityAtRecovery: false, majorityAtPrimary: false };
  return {
    ...seen,
    majorityAtRecovery: majorityAt(seen, 'recovery'),
    majorityAtPrimary: majorityAt(seen, 'primary'),
  };
}

/** Whether more than half of the resolvers answer this side. */
export function majorityAt(sight: Pick<Sight, 'resolvers'>, side: Side): boolean {
  return sight.resolvers.filter(seen => seen.side === side).length * 2 > sight.resolvers.length;
}

/** One line for notes and evidence: `authoritative: recovery, 1.1.1.1: primary`. */
export function describeSight(sight: Sight): string {
  return [sight.authoritative, ...sight.resolvers].map(seen => `${seen.resolver}: ${seen.side}`).join(', ');
}

async function ask(network: Network, name: DnsName, resolver: string): Promise<SeenBy> {
  try {
    const answer = await query(network, name.name, name.recordType, resolver);
    const side = await sideOf(network, name, answer, resolver);
    return { resolver, side, values: answer.values, ttlSeconds: answer.ttlSeconds };
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    return { resolver, side: 'silent', values: [], ttlSeconds: 0 };
  }
}

async function sideOf(network: Network, name: DnsName, answer: DnsAnswer, resolver: string): Promise<Side> {
  if (name.recordType === 'CNAME') {
    const target = normalName(answer.values[0] ?? '');
    if (target === normalName(name.recoveryTarget)) return 'recovery';
    return target === normalName(name.primaryTarget) ? 'primary' : 'other';
  }
  // An alias is answered with the load balancer's addresses, which change; so they are looked up at the same place.
  const recovery = await addressesOf(network, name.recoveryTarget, resolver);
  if (answer.values.some(value => recovery.includes(value))) return 'recovery';
  const primary = await addressesOf(network, name.primaryTarget, resolver).catch((): string[] => []);
  return answer.values.some(value => primary.includes(value)) ? 'primary' : 'other';
}

async function addressesOf(network: Network, target: string, resolver: string): Promise<string[]> {
  if (isIP(target)) return [target];
  return (await query(network, target, 'A', resolver)).values;
}

function query(network: Network, name: string, type: 'A' | 'CNAME', resolver: string): Promise<DnsAnswer> {
  return network.dns({ name, type, resolver, timeoutMs: dnsTimeoutMs });
}
