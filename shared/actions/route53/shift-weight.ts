import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { dnsRecord } from '../../plan/components.ts';
import { recordChangeDuration } from '../../traffic/change-records.ts';
import { recordPermissions } from '../../traffic/permissions.ts';
import { type DnsRecord, type KeptSet, keptSetSchema } from '../../traffic/record-target.ts';
import { normalName, targetOf, ttlSecondsOf } from '../../traffic/records.ts';
import { listRecordSets } from '../../traffic/route53.ts';
import { judgeWrite, unsynced, writeRecords } from '../../traffic/write-records.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  record: dnsRecord,
  recoveryPercent: z
    .number()
    .int()
    .min(0)
    .max(100)
    .meta({ description: 'Share of answers that lead to the recovery target afterwards' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  previous: z.array(keptSetSchema).length(2),
  previousTtlSeconds: z.number(),
  /** When every name server was first seen to have the weights: caches take them from then on. */
  syncedAt: z.string().optional(),
  changeId: z.string().optional(),
});

type Pair = { primary: ResourceRecordSet; recovery: ResourceRecordSet };

/** The two weighted sets of a name, told apart by what they lead to. */
function weightedPair(record: DnsRecord, sets: readonly ResourceRecordSet[]): Pair | undefined {
  const weighted = sets.filter(set => set.Type === record.recordType && set.Weight !== undefined);
  const leadingTo = (target: string) => weighted.find(set => targetOf(set) === normalName(target));
  const [primary, recovery] = [leadingTo(record.primaryTarget), leadingTo(record.recoveryTarget)];
  return weighted.length === 2 && primary && recovery ? { primary, recovery } : undefined;
}

/** The share of the recovery target, in percent. With all weights at 0 Route 53 answers each as often. */
function shareOf({ primary, recovery }: Pair): number {
  const [one = 0, other = 0] = [primary.Weight, recovery.Weight];
  return one + other === 0 ? 50 : Math.round((other * 100) / (one + other));
}

function withShare({ primary, recovery }: Pair, percent: number): ResourceRecordSet[] {
  return [
    { ...primary, Weight: 100 - percent },
    { ...recovery, Weight: percent },
  ];
}

async function readPair(context: ActionContext, record: DnsRecord): Promise<Pair | undefined> {
  return weightedPair(record, await listRecordSets(context.aws, record));
}

async function undo(
  context: ActionContext,
  { record }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { previous } = baselineSchema.parse(stored);
  const weightOf = (sets: readonly (KeptSet | ResourceRecordSet)[], target: string) =>
    sets.find(set => targetOf(set) === normalName(target))?.Weight;
  try {
    const pair = await readPair(context, record);
    const now = pair ? [pair.primary, pair.recovery] : [];
    const targets = [record.primaryTarget, record.recoveryTarget];
    if (targets.every(target => weightOf(now, target) === weightOf(previous, target))) {
      return finish(`The weights of ${record.name} are as before.`);
    }
    await writeRecords(context, record, previous, `Put the weights of ${record.name} back.`);
    return pending('The weights were put back.');
  } catch (error) {
    return judgeWrite(error, record);
  }
}

/**
 * Sends a share of the users of a name to the recovery region. One step moves to one share: a gradual move is several
 * steps, with checks between them. Done when the weights read back, every name server has them, and the old TTL has
 * passed.
 */
export const action = defineAction({
  kind: 'route53.shift-weight',
  summary: 'Sends a share of the users of a name to the recovery region, by weighted records',
  parameters,
  components: { record: 'dns-record' },
  outputs: {
    recoveryPercent: 'Share of answers that lead to the recovery target',
    previousPercent: 'The share before',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-users'],
  typical: recordChangeDuration,
  failureModes: [
    'The Route 53 control plane (us-east-1) is down, and weights can not be changed',
    'A resolver serves many users: the share of users differs from the share of answers',
    'A weighted record without a health check is answered although its target is down',
  ],
  permissions: ({ record }) => recordPermissions(record, ['UPSERT']),
  async prepare(context, { record, recoveryPercent }) {
    const pair = await readPair(context, record);
    if (!pair) {
      return refuse(
        `${record.name} does not have exactly two weighted records of type ${record.recordType}, one to ${record.primaryTarget} and one to ${record.recoveryTarget}.`,
        `Make them in zone ${record.hostedZone} ahead of time, or use route53.upsert for a simple record.`,
      );
    }
    const previousTtlSeconds = Math.max(ttlSecondsOf(pair.primary), ttlSecondsOf(pair.recovery));
    const previous = z.array(keptSetSchema).parse([pair.primary, pair.recovery]);
    const baseline = { previous, previousTtlSeconds };
    const share = shareOf(pair);
    const what = `${share} % of the answers for ${record.name} lead to ${record.recoveryTarget}.`;
    if (share === recoveryPercent) {
      return alreadyDone(baseline, { recoveryPercent, previousPercent: share }, what);
    }
    return ready(baseline, what, { previous });
  },
  async act(context, { record, recoveryPercent }) {
    const pair = await readPair(context, record);
    if (!pair || shareOf(pair) === recoveryPercent) return;
    const what = `Moved the share of ${record.recoveryTarget} for ${record.name} from ${shareOf(pair)} % to ${recoveryPercent} %.`;
    await writeRecords(context, record, withShare(pair, recoveryPercent), what);
  },
  async observe(context, { record, recoveryPercent }, stored) {
    const baseline = baselineSchema.parse(stored);
    const waiting = await unsynced(context, baseline.changeId);
    if (waiting) return pending(waiting);
    const pair = await readPair(context, record);
    if (!pair) {
      return fail(
        `The weighted records of ${record.name} are gone.`,
        `Look at zone ${record.hostedZone}: who removed them? Put them back, then retry the step.`,
      );
    }
    if (shareOf(pair) !== recoveryPercent) {
      return pending(`The share reads ${shareOf(pair)} %, not ${recoveryPercent} %.`);
    }
    const syncedAt = baseline.syncedAt ?? context.clock.now().toISOString();
    if (!baseline.syncedAt) await context.remember({ syncedAt });
    const soakedSeconds = (context.clock.now().getTime() - Date.parse(syncedAt)) / 1000;
    if (soakedSeconds < baseline.previousTtlSeconds) {
      return pending(`Caches may hold the old answers for ${baseline.previousTtlSeconds} s.`);
    }
    const [primary, recovery] = baseline.previous;
    const previousPercent = primary && recovery ? shareOf({ primary, recovery }) : 0;
    const what = `${recoveryPercent} % of the answers for ${record.name} lead to ${record.recoveryTarget}, ${previousPercent} % before.`;
    return finish(what, { recoveryPercent, previousPercent });
  },
  undo,
});
