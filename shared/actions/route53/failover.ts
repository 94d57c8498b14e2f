import * as z from 'zod';
import { dnsName } from '../../plan/components.ts';
import { durationSchema } from '../../plan/duration.ts';
import { describeSight, lookAround, type Sight } from '../../traffic/answers.ts';
import { baselineOf, baselineSchema, isSettled } from '../../traffic/baseline.ts';
import { pointRecordsAtRecovery, restoreRecords } from '../../traffic/change-records.ts';
import {
  deleteGate,
  type Gate,
  type GateMemory,
  ownMemory,
  readGate,
  writeGate,
} from '../../traffic/gate.ts';
import { failoverPermissions } from '../../traffic/permissions.ts';
import { judgeTopology } from '../../traffic/records.ts';
import { readTopology } from '../../traffic/route53.ts';
import {
  type ActionContext,
  defineAction,
  type Evidence,
  type Observation,
  type Preparation,
  type Reason,
} from '../contract.ts';

const parameters = z.object({
  name: dnsName,
  fallbackAfter: durationSchema.meta({
    description:
      'How long the health check may take to move the answers before the records themselves are changed',
  }),
});
type Parameters = z.output<typeof parameters>;

async function prepare(context: ActionContext, { name }: Parameters): Promise<Preparation> {
  const [topology, gate, sight] = await Promise.all([
    readTopology(context.aws, name),
    readGate(context, name),
    lookAround(context.network, name),
  ]);
  const shared = sharedGate(context, name, gate);
  if (shared) return { status: 'refused', reasons: [shared], evidence: [] };
  const evidence: Evidence[] = [{ what: `${name.name} is answered now by ${describeSight(sight)}.` }];
  if (topology.status === 'known') {
    const reasons = judgeTopology(name, topology.sets, topology.check);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
  } else {
    evidence.push({
      what: `The Route 53 control plane does not answer, so the records of ${name.name} are taken to be as the plan says: ${topology.why}`,
    });
  }
  const baseline = baselineOf(context, { name, topology, gate, sight });
  evidence.push({
    what: `Resolvers may keep the old answer for ${baseline.previousTtlSeconds} s.`,
    data: { previous: baseline.previous ?? null },
  });
  if (isSettled(context, gate, sight, baseline)) {
    const outputs = outputsOf('already-done', sight, baseline.previousTtlSeconds);
    return { status: 'already-done', baseline, outputs, evidence };
  }
  return { status: 'ready', baseline, evidence };
}

/** One object can't keep two names apart: closing it for one would move the other. */
function sharedGate(context: ActionContext, name: Parameters['name'], gate: Gate): Reason | undefined {
  const memory = gate.open ? gate.memory : undefined;
  if (!memory || memory.run !== context.run.id || memory.name === name.name) return undefined;
  return {
    what: `The gate object ${name.gate.key} in ${name.gate.bucket} is also the gate of ${memory.name}.`,
    mend: 'Give each name a gate object and a health check of its own.',
  };
}

async function act(context: ActionContext, { name }: Parameters, stored: object): Promise<void> {
  const gate = await readGate(context, name);
  if (ownMemory(context, name, gate)) return;
  const memory: GateMemory = {
    ...baselineSchema.parse(stored),
    run: context.run.id,
    name: name.name,
    openedAt: context.clock.now().toISOString(),
  };
  await writeGate(
    context,
    name,
    memory,
    `Opened the gate of ${name.name}: the primary counts as unhealthy, Route 53 answers ${name.recoveryTarget}.`,
  );
}

/**
 * Reads, with two exceptions that are recorded before they are made and safe to repeat: it notes in the gate object
 * when the answers moved, and after `fallbackAfter` it changes the records, since only here is known that the health
 * check alone was not enough.
 */
async function observe(context: ActionContext, { name, fallbackAfter }: Parameters): Promise<Observation> {
  const [gate, sight] = await Promise.all([readGate(context, name), lookAround(context.network, name)]);
  const memory = ownMemory(context, name, gate);
  if (!memory) {
    return {
      status: 'pending',
      note: `The gate object of ${name.name} is missing or was written by somebody else; retry the step to open the gate again.`,
    };
  }
  const seen = describeSight(sight);
  if (sight.authoritative.side !== 'recovery') {
    const kept = await forgetMove(context, name, memory, sight);
    if (context.elapsedSeconds < fallbackAfter) return { status: 'pending', note: `Not moved yet: ${seen}` };
    const change = await pointRecordsAtRecovery(context, name, kept);
    if (change.status === 'failed') return { ...change, evidence: [{ what: `Answers: ${seen}` }] };
    const note = change.status === 'done' ? 'The records point to the recovery target.' : change.note;
    return { status: 'pending', note: `${note} Now ${seen}` };
  }
  const movedAt = memory.movedAt ?? (await noteMove(context, name, memory));
  const soakedSeconds = (context.clock.now().getTime() - Date.parse(movedAt)) / 1000;
  if (!sight.majorityAtRecovery)
    return { status: 'pending', note: `Resolvers still hold the old answer: ${seen}` };
  if (soakedSeconds < memory.previousTtlSeconds) {
    return {
      status: 'pending',
      note: `Answers moved at ${movedAt}; caches may hold the old one for ${memory.previousTtlSeconds} s.`,
    };
  }
  const method = memory.recordsChangedAt
    ? 'record-change'
    : memory.movedBefore
      ? 'already-done'
      : 'data-plane';
  return {
    status: 'done',
    outputs: outputsOf(method, sight, memory.previousTtlSeconds),
    evidence: [{ what: `${name.name} leads to ${name.recoveryTarget}: ${seen}.`, data: { movedAt, method } }],
  };
}

async function noteMove(
  context: ActionContext,
  name: Parameters['name'],
  memory: GateMemory,
): Promise<string> {
  const movedAt = context.clock.now().toISOString();
  await writeGate(context, name, { ...memory, movedAt }, `Noted when the answers of ${name.name} moved.`);
  return movedAt;
}

/** Answers that went back start the wait for caches again. Silence tells nothing and changes nothing. */
async function forgetMove(
  context: ActionContext,
  name: Parameters['name'],
  memory: GateMemory,
  sight: Sight,
): Promise<GateMemory> {
  if (!memory.movedAt || sight.authoritative.side === 'silent') return memory;
  const { movedAt: _, ...kept } = memory;
  await writeGate(context, name, kept, `Noted that the answers of ${name.name} went back.`);
  return kept;
}

async function undo(context: ActionContext, { name }: Parameters, stored: object): Promise<Observation> {
  const gate = await readGate(context, name);
  const memory = ownMemory(context, name, gate);
  const undone = (what: string): Observation => ({ status: 'done', outputs: {}, evidence: [{ what }] });
  if (gate.open && !memory) return undone('The gate was not opened by this step; it was left as it is.');
  const before = baselineSchema.safeParse(stored).data;
  const previous = memory?.previous ?? before?.previous;
  if (previous) {
    const restored = await restoreRecords(context, name, previous);
    if (restored.status === 'failed') return { ...restored, evidence: [] };
    if (restored.status === 'pending') return restored;
    // A control plane that is down matters only if there is something to put back.
    if (restored.status === 'unreachable' && memory?.recordsChangedAt) {
      return { status: 'pending', note: restored.note };
    }
  }
  if (memory?.adopted) return undone('The gate had been open before this run; it was left open.');
  // Last, since the memory of what to put back goes with it.
  if (memory) await deleteGate(context, name);
  const sight = await lookAround(context.network, name);
  const answers = describeSight(sight);
  if (sight.authoritative.side !== 'recovery' || before?.movedBefore)
    return undone(`${name.name} is answered by ${answers}.`);
  return { status: 'pending', note: `The gate is closed; the answers follow: ${answers}` };
}

type Method = 'data-plane' | 'record-change' | 'already-done';

function outputsOf(method: Method, sight: Sight, previousTtlSeconds: number) {
  return { method, answers: sight.authoritative.values, previousTtlSeconds };
}

/**
 * Moves a name to the recovery region through the data plane: writing the gate object makes the primary's inverted
 * health check unhealthy, and Route 53 answers the secondary. Changing the records is the fallback. Done when the
 * zone's servers and most resolvers answer the recovery target and the old TTL has passed since.
 */
export const action = defineAction({
  kind: 'route53.failover',
  summary:
    'Moves a name to the recovery region, by the health-check gate first and by a record change if need be',
  parameters,
  components: { name: 'dns-name' },
  outputs: {
    method: 'data-plane, record-change or already-done',
    answers: 'What the zone answers now',
    previousTtlSeconds: 'How long resolvers could keep the old answer',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-users'],
  typical: {
    minSeconds: 90,
    likelySeconds: 170,
    maxSeconds: 600,
    source:
      'Route 53 Developer Guide: checks every 10 or 30 s, threshold 3; then the old TTL (60 s for an alias)',
  },
  failureModes: [
    'The Route 53 control plane (us-east-1) is down: the gate still works, the fallback waits',
    'The gate object is not public, so health checkers can’t see it',
    'Name is an alias where a CNAME is declared, or has no failover pair',
    'The old TTL is long, and users stay with the old region until it ends',
    'The secondary has a health check of its own and is unhealthy: Route 53 answers the primary',
  ],
  permissions: ({ name }) => failoverPermissions(name),
  prepare,
  act,
  observe,
  undo,
});
