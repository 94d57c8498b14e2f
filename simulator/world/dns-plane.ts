import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { ComponentOf } from '../../shared/plan/components.ts';
import { componentsOf, plainName, userNames } from './addresses.ts';
import { isHealthy } from './health-checks.ts';
import { balancerServes, loadBalancers } from './load-balancing.ts';
import type { World } from './world.ts';

/**
 * Route 53's data plane: what the authoritative servers answer. It works however the control plane
 * (`services/route53.ts`, us-east-1) is.
 */

export type Zone = {
  id: string;
  name: string;
  /** As the control plane has them, and as the authoritative servers answer them (up to 60 s later). */
  sets: ResourceRecordSet[];
  served: ResourceRecordSet[];
  version: number;
  servedVersion: number;
};
export type Answer = { values: string[]; ttlSeconds: number };
type DnsName = ComponentOf<'dns-name'>;

/** Route 53 advises 60 s or less for records with a health check (API Reference, ResourceRecordSet, TTL). */
const failoverTtlSeconds = 60;

export function zonesOf(world: World): Map<string, Zone> {
  return world.state('hosted-zones', () => {
    const made = new Map<string, Zone>();
    for (const name of componentsOf(world.plan, 'dns-name')) {
      const zone = made.get(name.hostedZone) ?? emptyZone(world, name.hostedZone);
      zone.sets.push(...failoverPair(world, name));
      zone.served = [...zone.sets];
      made.set(name.hostedZone, zone);
    }
    for (const record of componentsOf(world.plan, 'dns-record')) {
      const zone = made.get(record.hostedZone) ?? emptyZone(world, record.hostedZone);
      zone.sets.push(...recordSets(world, record));
      zone.served = [...zone.sets];
      made.set(record.hostedZone, zone);
    }
    return made;
  });
}

/** The zone's name is what its names have in common; of a single name, everything but the first label. */
function emptyZone(world: World, id: string): Zone {
  const names = userNames(world.plan).filter(name => name.hostedZone === id);
  const parents = names.map(name => name.name.split('.').slice(1).reverse());
  let common = parents[0] ?? [];
  for (const labels of parents) {
    const same = common.findIndex((label, index) => label !== labels[index]);
    if (same >= 0) common = common.slice(0, same);
  }
  return {
    id,
    name: `${[...common].reverse().join('.')}.`,
    sets: [],
    served: [],
    version: 0,
    servedVersion: 0,
  };
}

function failoverPair(world: World, name: DnsName): ResourceRecordSet[] {
  const base = { Name: `${name.name}.`, Type: name.recordType };
  return [
    {
      ...base,
      SetIdentifier: `${name.id}-primary`,
      Failover: 'PRIMARY',
      HealthCheckId: name.primaryHealthCheck,
      ...pointTo(world, name, name.primaryTarget),
    },
    {
      ...base,
      SetIdentifier: `${name.id}-recovery`,
      Failover: 'SECONDARY',
      ...pointTo(world, name, name.recoveryTarget),
    },
  ];
}

/** What the zone has before the outage: everybody goes to the primary. */
function recordSets(world: World, record: ComponentOf<'dns-record'>): ResourceRecordSet[] {
  const setOf = (target: string): ResourceRecordSet => ({
    Name: `${record.name}.`,
    Type: record.recordType,
    ...pointTo(world, record, target),
  });
  const [primary, recovery] = [setOf(record.primaryTarget), setOf(record.recoveryTarget)];
  const [one, other] = [`${record.id}-primary`, `${record.id}-recovery`];
  switch (record.routing) {
    case 'simple':
      return [primary];
    case 'weighted':
      return [
        { ...primary, SetIdentifier: one, Weight: 100 },
        { ...recovery, SetIdentifier: other, Weight: 0 },
      ];
    case 'failover':
      return [
        { ...primary, SetIdentifier: one, Failover: 'PRIMARY', HealthCheckId: record.primaryHealthCheck },
        {
          ...recovery,
          SetIdentifier: other,
          Failover: 'SECONDARY',
          HealthCheckId: record.recoveryHealthCheck,
        },
      ];
  }
}

/** An A record of a load balancer is an alias. The gate alone decides, so its target's health is not evaluated. */
function pointTo(
  world: World,
  name: Pick<DnsName, 'recordType'>,
  target: string,
): Partial<ResourceRecordSet> {
  const balancer = loadBalancers(world).get(plainName(target));
  if (name.recordType === 'A' && balancer && !isAddress(target)) {
    return {
      AliasTarget: {
        HostedZoneId: balancer.hostedZoneId,
        DNSName: `${target}.`,
        EvaluateTargetHealth: false,
      },
    };
  }
  return { TTL: failoverTtlSeconds, ResourceRecords: [{ Value: target }] };
}

function isAddress(text: string): boolean {
  return /^[\d.]+$/.test(text);
}

/** What the authoritative servers answer now; undefined if the name is in none of the zones. */
export function authoritativeAnswer(
  world: World,
  name: string,
  type: string,
  asker = 'authoritative',
): Answer | undefined {
  const zones = [...zonesOf(world).values()];
  const sets = zones
    .flatMap(zone => zone.served)
    .filter(set => plainName(set.Name ?? '') === plainName(name));
  const chosen = choose(
    world,
    sets.filter(set => set.Type === type || set.Type === 'CNAME'),
    asker,
  );
  return chosen && answerOf(world, chosen, type);
}

/** Primary while it is healthy, else the secondary if that is healthy, else the primary again (Developer Guide). */
function choose(world: World, sets: ResourceRecordSet[], asker: string): ResourceRecordSet | undefined {
  if (sets.some(set => set.Weight !== undefined)) return chooseByWeight(world, sets, asker);
  const primary = sets.find(set => set.Failover === 'PRIMARY');
  const secondary = sets.find(set => set.Failover === 'SECONDARY');
  if (!primary || !secondary) return primary ?? secondary ?? sets[0];
  return !isSetHealthy(world, primary) && isSetHealthy(world, secondary) ? secondary : primary;
}

/** Each asker has a place of its own in the range of weights, so that as a share grows, more of them move, and none back. */
function chooseByWeight(
  world: World,
  sets: readonly ResourceRecordSet[],
  asker: string,
): ResourceRecordSet | undefined {
  const healthy = sets.filter(set => isSetHealthy(world, set));
  const usable = healthy.length > 0 ? healthy : sets;
  const total = usable.reduce((sum, set) => sum + (set.Weight ?? 0), 0);
  const place = world.random(`weighted/${asker}/${usable[0]?.Name}`) * total;
  let reached = 0;
  return usable.find(set => {
    reached += set.Weight ?? 0;
    return place < reached;
  });
}

/** ` (90/10)` for a name with weights, and nothing for others. */
export function weightsOf(world: World, name: string): string {
  const sets = [...zonesOf(world).values()].flatMap(zone => zone.served);
  const weights = sets.flatMap(set =>
    plainName(set.Name ?? '') === plainName(name) ? (set.Weight ?? []) : [],
  );
  return weights.length > 0 ? ` (${weights.join('/')})` : '';
}

function isSetHealthy(world: World, set: ResourceRecordSet): boolean {
  if (set.HealthCheckId && !isHealthy(world, set.HealthCheckId)) return false;
  if (!set.AliasTarget?.EvaluateTargetHealth) return true;
  const balancer = loadBalancers(world).get(plainName(set.AliasTarget.DNSName ?? ''));
  return balancer === undefined || balancerServes(world, balancer);
}

function answerOf(world: World, set: ResourceRecordSet, type: string): Answer {
  const values = (set.ResourceRecords ?? []).map(record => record.Value ?? '');
  const target = plainName(set.AliasTarget?.DNSName ?? values[0] ?? '');
  // An alias has its target's TTL, 60 s for a load balancer.
  if (set.AliasTarget) return { values: loadBalancers(world).get(target)?.addresses ?? [], ttlSeconds: 60 };
  if (set.Type === type) return { values: values.map(plainName), ttlSeconds: set.TTL ?? 0 };
  return {
    values: loadBalancers(world).get(target)?.addresses ?? [],
    ttlSeconds: Math.min(60, set.TTL ?? 60),
  };
}
