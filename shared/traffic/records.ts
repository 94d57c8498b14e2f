import type { HealthCheck, ResourceRecordSet } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import type { Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';

type DnsName = ComponentOf<'dns-name'>;

/** Seconds that resolvers keep an alias to a load balancer: Route 53 answers with the target's TTL (Developer Guide). */
const aliasTtlSeconds = 60;

/** The two record sets that Route 53 chooses between by the primary's health check. */
export type FailoverPair = { primary: ResourceRecordSet; secondary: ResourceRecordSet };

/** What every record set that is kept for going back can have, whatever its routing. */
export const recordSetSchema = z.object({
  Name: z.string(),
  Type: z.enum(['A', 'CNAME']),
  TTL: z.number().optional(),
  ResourceRecords: z.array(z.object({ Value: z.string() })).optional(),
  AliasTarget: z
    .object({ HostedZoneId: z.string(), DNSName: z.string(), EvaluateTargetHealth: z.boolean() })
    .optional(),
  HealthCheckId: z.string().optional(),
});

/** A record set of a failover pair as it is kept for going back. */
export const storedSetSchema = recordSetSchema.extend({
  SetIdentifier: z.string(),
  Failover: z.enum(['PRIMARY', 'SECONDARY']),
});
export type StoredSet = z.infer<typeof storedSetSchema>;

/** A pair in the form that is kept. */
export function storable({ primary, secondary }: FailoverPair): StoredSet[] {
  return z.array(storedSetSchema).parse([primary, secondary]);
}

/** DNS names are equal without regard to case and the last dot; Route 53 adds `dualstack.` to a load balancer's. */
export function normalName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');
}

/** What a record set points to: an alias's target, or its only value. */
export function targetOf(set: ResourceRecordSet): string {
  return normalName(set.AliasTarget?.DNSName ?? set.ResourceRecords?.[0]?.Value ?? '');
}

export function ttlSecondsOf(set: ResourceRecordSet): number {
  return set.AliasTarget ? aliasTtlSeconds : (set.TTL ?? aliasTtlSeconds);
}

/** The failover pair of a name among its record sets, or undefined if there is none of the wanted type. */
export function pairOf(name: DnsName, sets: readonly ResourceRecordSet[]): FailoverPair | undefined {
  const ofName = sets.filter(
    set => normalName(set.Name ?? '') === normalName(name.name) && set.Type === name.recordType,
  );
  const primary = ofName.find(set => set.Failover === 'PRIMARY');
  const secondary = ofName.find(set => set.Failover === 'SECONDARY');
  return primary && secondary && { primary, secondary };
}

/**
 * Whether writing the gate object will move the name, as far as Route 53's configuration tells: empty when it will.
 * The secondary is judged strictly, since that is where users are going to be sent.
 */
export function judgeTopology(
  name: DnsName,
  sets: readonly ResourceRecordSet[],
  check: HealthCheck | undefined,
): Reason[] {
  const pair = pairOf(name, sets);
  if (!pair) return [missingPair(name, sets)];
  return [...judgePair(name, pair), ...judgeCheck(name, check)];
}

function missingPair(name: DnsName, sets: readonly ResourceRecordSet[]): Reason {
  const ofName = sets.filter(set => normalName(set.Name ?? '') === normalName(name.name));
  const conflict = ofName.find(
    set => set.Type !== name.recordType && ['A', 'AAAA', 'CNAME'].includes(set.Type ?? ''),
  );
  if (conflict) {
    return {
      what: `${name.name} is of type ${conflict.Type} in zone ${name.hostedZone}, and the plan says ${name.recordType}: Route 53 refuses both for one name.`,
      mend: `Set recordType of "${name.id}" to what the zone has, or replace the records by a failover pair of type ${name.recordType}.`,
    };
  }
  return {
    what: `${name.name} has no PRIMARY and SECONDARY failover records of type ${name.recordType} in zone ${name.hostedZone}.`,
    mend: `Make the pair ahead of time: PRIMARY to ${name.primaryTarget} with health check ${name.primaryHealthCheck}, SECONDARY to ${name.recoveryTarget}.`,
  };
}

function judgePair(name: DnsName, { primary, secondary }: FailoverPair): Reason[] {
  const reasons: Reason[] = [];
  if (targetOf(secondary) !== normalName(name.recoveryTarget)) {
    reasons.push({
      what: `The SECONDARY record of ${name.name} points to ${targetOf(secondary)}, not to ${name.recoveryTarget}.`,
      mend: 'Correct the record or the recoveryTarget of the plan: users are going to be sent where the record points.',
    });
  }
  if (![name.primaryTarget, name.recoveryTarget].map(normalName).includes(targetOf(primary))) {
    reasons.push({
      what: `The PRIMARY record of ${name.name} points to ${targetOf(primary)}, which the plan does not know.`,
      mend: 'Correct the record or the primaryTarget of the plan.',
    });
  }
  if (primary.HealthCheckId !== name.primaryHealthCheck) {
    reasons.push({
      what: `The PRIMARY record of ${name.name} has ${primary.HealthCheckId ? `health check ${primary.HealthCheckId}` : 'no health check'}, not ${name.primaryHealthCheck}.`,
      mend: 'Attach the inverted health check that watches the gate object to the PRIMARY record.',
    });
  }
  return reasons;
}

function judgeCheck(name: DnsName, check: HealthCheck | undefined): Reason[] {
  const id = name.primaryHealthCheck;
  const config = check?.HealthCheckConfig;
  if (!config) {
    return [
      {
        what: `The health check ${id} does not exist.`,
        mend: `Make an inverted HTTPS health check of the object ${name.gate.key} in ${name.gate.bucket}, and put its id into the plan.`,
      },
    ];
  }
  const reasons: Reason[] = [];
  if (!config.Inverted) {
    reasons.push({
      what: `The health check ${id} is not inverted: the gate object would make the primary healthy instead of unhealthy.`,
      mend: 'Turn on "Invert health check status" for it.',
    });
  }
  if (config.Disabled) {
    reasons.push({
      what: `The health check ${id} is disabled, so it does not look at the gate object.`,
      mend: 'Enable the health check.',
    });
  }
  const watched = `${config.FullyQualifiedDomainName ?? ''}/${(config.ResourcePath ?? '').replace(/^\//, '')}`;
  if (!watched.includes(name.gate.bucket) || !watched.endsWith(`/${name.gate.key}`)) {
    reasons.push({
      what: `The health check ${id} (${config.Type}) watches ${watched === '/' ? 'no address' : watched}, not the object ${name.gate.key} in ${name.gate.bucket}.`,
      mend: 'Point the health check at the gate object, or correct the gate in the plan.',
    });
  }
  return reasons;
}

/**
 * The record sets to write so that every answer is the recovery target, whatever the health checks say. The PRIMARY
 * gets the SECONDARY's value and keeps its health check (a PRIMARY that is no alias can't be without one): healthy
 * or not, either member of the pair then answers the same. Empty when it is so already.
 */
export function setsForRecovery({ primary, secondary }: FailoverPair): ResourceRecordSet[] {
  if (targetOf(primary) === targetOf(secondary)) return [];
  return [
    {
      ...primary,
      TTL: secondary.TTL,
      ResourceRecords: secondary.ResourceRecords,
      AliasTarget: secondary.AliasTarget,
    },
  ];
}
