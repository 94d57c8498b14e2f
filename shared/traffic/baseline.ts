import * as z from 'zod';
import type { ActionContext } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import type { Sight } from './answers.ts';
import { type Gate, ownMemory } from './gate.ts';
import { pairOf, storable, storedSetSchema, ttlSecondsOf } from './records.ts';
import type { Topology } from './route53.ts';

/** Assumed when neither Route 53 nor its servers tell the TTL: a common default, and long rather than short. */
const unknownTtlSeconds = 300;
/** Slowest way of the data plane: 3 checks at 30 s, and some propagation. Later than that a gate has had its effect. */
export const settleSeconds = 120;

/** What holds before a name is moved. */
export const baselineSchema = z.object({
  previous: z.array(storedSetSchema).optional(),
  previousTtlSeconds: z.number(),
  adopted: z.boolean(),
  movedBefore: z.boolean(),
});
export type Baseline = z.infer<typeof baselineSchema>;

type Found = { name: ComponentOf<'dns-name'>; topology: Topology; gate: Gate; sight: Sight };

/** What holds before the change. A second attempt takes it from the gate object that the first one wrote. */
export function baselineOf(context: ActionContext, { name, topology, gate, sight }: Found): Baseline {
  const own = ownMemory(context, name, gate);
  if (own) return baselineSchema.parse(own);
  const pair = topology.status === 'known' ? pairOf(name, topology.sets) : undefined;
  const previous = pair && storable(pair);
  return {
    ...(previous && { previous }),
    // The zone's own servers give the full TTL, so they stand in for a control plane that is down.
    previousTtlSeconds: pair
      ? ttlSecondsOf(pair.primary)
      : sight.authoritative.ttlSeconds || unknownTtlSeconds,
    adopted: gate.open,
    movedBefore: sight.authoritative.side === 'recovery',
  };
}

/** Open for so long that every cache has let go of the old answer, and seen to be so. */
export function isSettled(context: ActionContext, gate: Gate, sight: Sight, baseline: Baseline): boolean {
  if (!gate.open || !gate.lastModified) return false;
  const openSeconds = (context.clock.now().getTime() - gate.lastModified.getTime()) / 1000;
  return (
    sight.authoritative.side === 'recovery' &&
    sight.majorityAtRecovery &&
    openSeconds >= baseline.previousTtlSeconds + settleSeconds
  );
}
