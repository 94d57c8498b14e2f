import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { ActionContext, Reason, TypicalDuration } from '../actions/contract.ts';
import { isNamed, isThrottle, isUnreachable } from '../aws/aws-errors.ts';
import type { ComponentOf } from '../plan/components.ts';
import { type GateMemory, writeGate } from './gate.ts';
import { normalName, pairOf, type StoredSet, setsForRecovery, storable, targetOf } from './records.ts';
import { listRecordSets, messageOf, route53Region, upsertRecordSets } from './route53.ts';

/** From the change of a record until nobody is answered with what it was. */
export const recordChangeDuration: TypicalDuration = {
  minSeconds: 60,
  likelySeconds: 100,
  maxSeconds: 600,
  source:
    'Route 53 API Reference, ChangeResourceRecordSets: changes reach all name servers within 60 s; then the old TTL',
};

type DnsName = ComponentOf<'dns-name'>;
export type RecordChange =
  | { status: 'pending'; note: string }
  /** Pending as well, and nothing could be read or written. */
  | { status: 'unreachable'; note: string }
  | { status: 'done' }
  | { status: 'failed'; reasons: Reason[] };

/**
 * The fallback when the gate has not moved the answers: both records of the pair are made to answer the recovery
 * target. Safe to call again at any time, and called from observe: it reads first and writes only what differs, the
 * previous record sets and the intent are in the gate object, and the change in the ledger, before the request is
 * sent. A control plane that does not answer leaves it pending.
 */
export async function pointRecordsAtRecovery(
  context: ActionContext,
  name: DnsName,
  memory: GateMemory,
): Promise<RecordChange> {
  try {
    const sets = await listRecordSets(context.aws, name);
    const pair = pairOf(name, sets);
    if (!pair || targetOf(pair.secondary) !== normalName(name.recoveryTarget)) {
      return { status: 'failed', reasons: [unusablePair(name)] };
    }
    const wanted = setsForRecovery(pair);
    if (wanted.length === 0) return { status: 'done' };
    await writeGate(
      context,
      name,
      {
        ...memory,
        previous: memory.previous ?? storable(pair),
        recordsChangedAt: context.clock.now().toISOString(),
      },
      `Kept the previous records of ${name.name} in the gate object.`,
    );
    await writeSets(
      context,
      name,
      wanted,
      `Pointed the PRIMARY record of ${name.name} from ${targetOf(pair.primary)} to ${targetOf(pair.secondary)}.`,
    );
    return {
      status: 'pending',
      note: 'The records were changed; the authoritative servers follow within 60 s.',
    };
  } catch (error) {
    return judgeFailure(error, name);
  }
}

/** Puts the previous record sets back, for undo. Reads first; only sets that differ in their target are written. */
export async function restoreRecords(
  context: ActionContext,
  name: DnsName,
  previous: readonly StoredSet[],
): Promise<RecordChange> {
  try {
    const now = await listRecordSets(context.aws, name);
    const wanted = previous.filter(before => {
      const current = now.find(set => set.SetIdentifier === before.SetIdentifier && set.Type === before.Type);
      return !current || targetOf(current) !== targetOf(before);
    });
    if (wanted.length === 0) return { status: 'done' };
    const targets = wanted.map(targetOf).join(', ');
    await writeSets(context, name, wanted, `Put the previous records of ${name.name} back: ${targets}.`);
    return { status: 'pending', note: 'The previous records were put back.' };
  } catch (error) {
    return judgeFailure(error, name);
  }
}

async function writeSets(
  context: ActionContext,
  name: DnsName,
  sets: readonly ResourceRecordSet[],
  what: string,
): Promise<void> {
  await context.changed({
    call: 'route53.ChangeResourceRecordSets',
    region: route53Region,
    resource: `${name.hostedZone}/${name.name}`,
    what,
  });
  await upsertRecordSets(context.aws, name, sets, `lifeboat run ${context.run.id}`);
}

function judgeFailure(error: unknown, name: DnsName): RecordChange {
  if (isUnreachable(error) || isThrottle(error)) {
    return {
      status: 'unreachable',
      note: `The Route 53 control plane in ${route53Region} does not take the record change yet: ${messageOf(error)}`,
    };
  }
  if (!isNamed(error, 'InvalidChangeBatch', 'NoSuchHostedZone', 'InvalidInput')) throw error;
  return {
    status: 'failed',
    reasons: [
      {
        what: `Route 53 refused the record change for ${name.name}: ${messageOf(error)}`,
        mend: `Change the PRIMARY record in zone ${name.hostedZone} by hand so that it points to ${name.recoveryTarget}, then retry the step.`,
      },
    ],
  };
}

function unusablePair(name: DnsName): Reason {
  return {
    what: `${name.name} has no failover pair whose SECONDARY points to ${name.recoveryTarget}, so its records can't be changed safely.`,
    mend: `Point ${name.name} to ${name.recoveryTarget} by hand in zone ${name.hostedZone}, then retry the step.`,
  };
}
