import { isIP } from 'node:net';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import { LifeboatError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { dnsRecord } from '../../plan/components.ts';
import { describeSight, lookAround, majorityAt } from '../../traffic/answers.ts';
import { recordChangeDuration } from '../../traffic/change-records.ts';
import { recordPermissions } from '../../traffic/permissions.ts';
import {
  answersSame,
  cautionsOf,
  conflictsOf,
  keptSetSchema,
  setFor,
  simpleSetOf,
  targetName,
} from '../../traffic/record-target.ts';
import { targetOf, ttlSecondsOf } from '../../traffic/records.ts';
import { listRecordSets } from '../../traffic/route53.ts';
import { judgeWrite, unsynced, writeRecords } from '../../traffic/write-records.ts';
import { type ActionContext, defineAction, type Observation, type Preparation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { fail, finish, pending } from '../outcomes.ts';

const parameters = z.object({
  record: dnsRecord,
  to: z
    .enum(['recovery', 'primary'])
    .default('recovery')
    .meta({ description: 'Which target the name leads to afterwards; primary is the way back' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  /** The record set before, or null where there was none. */
  previous: keptSetSchema.nullable(),
  previousTtlSeconds: z.number(),
  changeId: z.string().optional(),
  movedAt: z.string().optional(),
});

async function prepare(context: ActionContext, { record, to }: Parameters): Promise<Preparation> {
  const refused = refuseProductionInDrill(context, record.region, `the name ${record.name}`);
  if (refused) return refused;
  const sets = await listRecordSets(context.aws, record);
  const reasons = [...conflictsOf(record, sets), ...(await unresolved(context, targetName(record, to)))];
  const evidence = cautionsOf(record, sets);
  if (reasons.length > 0) return { status: 'refused', reasons, evidence };
  const current = simpleSetOf(record, sets);
  const previousTtlSeconds = current ? ttlSecondsOf(current) : 0;
  const previous = current ? keptSetSchema.parse(current) : null;
  const sight = await lookAround(context.network, record);
  evidence.push({
    what: current
      ? `${record.name} leads to ${targetOf(current)} with a TTL of ${previousTtlSeconds} s; answers: ${describeSight(sight)}.`
      : `${record.name} has no record of type ${record.recordType}; answers: ${describeSight(sight)}.`,
    data: { previous },
  });
  const baseline = { previous, previousTtlSeconds };
  if (current && answersSame(current, setFor(record, to)) && sight.authoritative.side === to) {
    if (majorityAt(sight, to)) {
      return { status: 'already-done', baseline, outputs: outputsOf(sight, previous, 0), evidence };
    }
  }
  return { status: 'ready', baseline, evidence };
}

/** A name that does not exist is a mistake in the plan; a resolver that is silent says nothing. */
async function unresolved(context: ActionContext, target: string) {
  if (isIP(target)) return [];
  const answer = await context.network
    .dns({ name: target, type: 'A', resolver: 'authoritative', timeoutMs: 3_000 })
    .catch((error: unknown) => {
      if (error instanceof LifeboatError) return undefined;
      throw error;
    });
  if (answer === undefined || answer.values.length > 0) return [];
  return [
    {
      what: `The target ${target} has no address, so users would be sent nowhere.`,
      mend: 'Take the DNS name from the load balancer itself (elbv2.describe shows it), and correct the plan.',
    },
  ];
}

function outputsOf(
  sight: Awaited<ReturnType<typeof lookAround>>,
  previous: z.infer<typeof keptSetSchema> | null,
  previousTtlSeconds: number,
): JsonObject {
  return {
    answers: sight.authoritative.values,
    previousTarget: previous ? targetOf(previous) : '',
    previousTtlSeconds,
  };
}

async function act(context: ActionContext, { record, to }: Parameters): Promise<void> {
  const current = simpleSetOf(record, await listRecordSets(context.aws, record));
  const wanted = setFor(record, to);
  if (current && answersSame(current, wanted)) return;
  const from = current ? targetOf(current) : 'nothing';
  await writeRecords(
    context,
    record,
    [wanted],
    `Pointed ${record.name} from ${from} to ${targetOf(wanted)}.`,
  );
}

async function observe(
  context: ActionContext,
  { record, to }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const baseline = baselineSchema.parse(stored);
  const waiting = await unsynced(context, baseline.changeId);
  if (waiting) return pending(waiting);
  const sight = await lookAround(context.network, record);
  const seen = describeSight(sight);
  if (sight.authoritative.side !== to) return notMoved(context, { record, to }, seen);
  const movedAt = baseline.movedAt ?? context.clock.now().toISOString();
  if (!baseline.movedAt) await context.remember({ movedAt });
  if (!majorityAt(sight, to)) return pending(`Resolvers still hold the old answer: ${seen}`);
  const soakedSeconds = (context.clock.now().getTime() - Date.parse(movedAt)) / 1000;
  if (soakedSeconds < baseline.previousTtlSeconds) {
    return pending(
      `Answers moved at ${movedAt}; caches may hold the old one for ${baseline.previousTtlSeconds} s.`,
    );
  }
  const outputs = outputsOf(sight, baseline.previous, baseline.previousTtlSeconds);
  return finish(`${record.name} leads to ${targetName(record, to)}: ${seen}.`, outputs, { movedAt });
}

/** The name servers follow within a minute. When they do not, somebody may have written the record since. */
async function notMoved(
  context: ActionContext,
  { record, to }: Parameters,
  seen: string,
): Promise<Observation> {
  if (context.elapsedSeconds < 180) return pending(`Not moved yet: ${seen}`);
  const current = await readSet(context, record);
  if (current === 'unreachable' || (current && answersSame(current, setFor(record, to)))) {
    return pending(`The record is written, and the answers have not followed yet: ${seen}`);
  }
  return fail(
    `${record.name} was changed by somebody else after this step: it leads to ${current ? targetOf(current) : 'nothing'}.`,
    'Find out who changes it (a pipeline, external-dns, another run), stop that, then retry the step.',
  );
}

async function readSet(
  context: ActionContext,
  record: Parameters['record'],
): Promise<ResourceRecordSet | undefined | 'unreachable'> {
  try {
    return simpleSetOf(record, await listRecordSets(context.aws, record));
  } catch (error) {
    judgeWrite(error, record);
    return 'unreachable';
  }
}

async function undo(
  context: ActionContext,
  { record, to }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { previous } = baselineSchema.parse(stored);
  const current = await readSet(context, record);
  if (current === 'unreachable')
    return pending('The Route 53 control plane in us-east-1 does not answer yet.');
  const sight = await lookAround(context.network, record);
  const back = previous
    ? current !== undefined && answersSame(current, previous)
    : current === undefined || !answersSame(current, setFor(record, to));
  const same = previous !== null && answersSame(previous, setFor(record, to));
  if (back && (same || sight.authoritative.side !== to)) {
    return finish(
      `${record.name} leads to ${previous ? targetOf(previous) : 'nothing'} again: ${describeSight(sight)}.`,
    );
  }
  if (back) return pending(`The record is as before, and the answers follow: ${describeSight(sight)}`);
  try {
    if (previous) {
      const what = `Put the previous record of ${record.name} back: ${targetOf(previous)}.`;
      await writeRecords(context, record, [previous], what);
    } else if (current) {
      const what = `Deleted the record of ${record.name} that this step had made.`;
      await writeRecords(context, record, [current], what, 'DELETE');
    }
  } catch (error) {
    return judgeWrite(error, record);
  }
  return pending('The previous record was put back.');
}

/**
 * Points a name at the other region by writing its record. Needs Route 53's control plane in us-east-1: where a
 * failover pair or ARC routing controls were made ahead of time, they come first. Done when every name server and
 * most resolvers answer the new target and the old record's TTL has passed since.
 */
export const action = defineAction({
  kind: 'route53.upsert',
  summary: 'Points a name at a target by writing its record, and waits until users see it',
  parameters,
  components: { record: 'dns-record' },
  outputs: {
    answers: 'What the zone answers now',
    previousTarget: 'What the name led to before; empty where it had no record',
    previousTtlSeconds: 'How long resolvers could keep the old answer',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-users'],
  typical: recordChangeDuration,
  failureModes: [
    'The Route 53 control plane (us-east-1) is down, and records can not be changed',
    'The name is an alias where the plan says CNAME, or has a routing policy',
    'The TTL of the old record is long, and users stay with the old region until it ends',
    'A pipeline or external-dns writes the old record back',
  ],
  permissions: ({ record }) => recordPermissions(record, ['UPSERT', 'DELETE']),
  prepare,
  act,
  observe,
  undo,
});
