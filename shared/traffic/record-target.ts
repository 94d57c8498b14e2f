import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import type { Evidence, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { normalName, recordSetSchema, targetOf, ttlSecondsOf } from './records.ts';

export type DnsRecord = ComponentOf<'dns-record'>;
export type Target = 'primary' | 'recovery';

/** TTL above which users notice the wait: Route 53 advises 60 s or less for records that may have to move. */
const longTtlSeconds = 60;

/** A simple or weighted record set as it is kept for going back. */
export const keptSetSchema = recordSetSchema.extend({
  SetIdentifier: z.string().optional(),
  Weight: z.number().optional(),
});
export type KeptSet = z.infer<typeof keptSetSchema>;

/** The name that a record is to be answered with on one side. */
export function targetName(record: DnsRecord, to: Target): string {
  return to === 'recovery' ? record.recoveryTarget : record.primaryTarget;
}

/** The record set that leads to one side: an alias where the plan names the target's zone, a value otherwise. */
export function setFor(record: DnsRecord, to: Target): ResourceRecordSet {
  const zone = to === 'recovery' ? record.recoveryTargetHostedZone : record.primaryTargetHostedZone;
  const target = targetName(record, to);
  const base = { Name: `${normalName(record.name)}.`, Type: record.recordType };
  if (zone === undefined) return { ...base, TTL: record.ttlSeconds, ResourceRecords: [{ Value: target }] };
  return {
    ...base,
    AliasTarget: {
      HostedZoneId: zone,
      DNSName: `${target}.`,
      EvaluateTargetHealth: record.evaluateTargetHealth,
    },
  };
}

/** Whether two sets answer the same: same target, as an alias or as a value. */
export function answersSame(one: ResourceRecordSet, other: ResourceRecordSet): boolean {
  return targetOf(one) === targetOf(other) && Boolean(one.AliasTarget) === Boolean(other.AliasTarget);
}

/** The one simple set of the record's name and type; undefined when there is none. */
export function simpleSetOf(
  record: DnsRecord,
  sets: readonly ResourceRecordSet[],
): ResourceRecordSet | undefined {
  return sets.find(set => set.Type === record.recordType && set.SetIdentifier === undefined);
}

/**
 * Why Route 53 would refuse a simple record beside what a name has, or why the record would not be what users get:
 * another record of a type that excludes this one, or a routing policy.
 */
export function conflictsOf(record: DnsRecord, sets: readonly ResourceRecordSet[]): Reason[] {
  const reasons: Reason[] = [];
  const conflict = sets.find(set =>
    record.recordType === 'CNAME' ? set.Type !== 'CNAME' : set.Type === 'CNAME',
  );
  if (conflict) {
    reasons.push({
      what: `${record.name} is of type ${conflict.Type} in zone ${record.hostedZone}, and the plan says ${record.recordType}: Route 53 refuses both for one name.`,
      mend: `Set recordType of "${record.id}" to what the zone has; for an alias that is A, with the hosted zones of the targets.`,
    });
  }
  const routed = sets.find(set => set.Type === record.recordType && set.SetIdentifier !== undefined);
  if (routed) {
    reasons.push({
      what: `${record.name} has a record with a routing policy (${routed.SetIdentifier}), so a simple record can't be written beside it.`,
      mend: 'Use route53.failover, route53.shift-weight or arc.routing-control, whichever made the records.',
    });
  }
  return reasons;
}

/** What does not stop the step, but whoever reads the report must know. */
export function cautionsOf(record: DnsRecord, sets: readonly ResourceRecordSet[]): Evidence[] {
  const cautions: Evidence[] = [];
  if (record.recordType === 'A' && sets.some(set => set.Type === 'AAAA')) {
    cautions.push({
      what: `${record.name} also has an AAAA record, which this step leaves alone: users with IPv6 go where that one leads.`,
    });
  }
  const current = simpleSetOf(record, sets);
  const ttl = current ? ttlSecondsOf(current) : 0;
  if (ttl > longTtlSeconds) {
    cautions.push({
      what: `The TTL of the old record is ${ttl} s: users may keep it for so long, whatever the new record says. Lower it to ${longTtlSeconds} s ahead of time.`,
    });
  }
  return cautions;
}
