import * as z from 'zod';
import { dnsName } from '../../plan/components.ts';
import { describeSight, lookAround, type Sight } from '../../traffic/answers.ts';
import { settleSeconds } from '../../traffic/baseline.ts';
import { restoreRecords } from '../../traffic/change-records.ts';
import { deleteGate, gateMemorySchema, readGate, writeGate } from '../../traffic/gate.ts';
import { failoverPermissions } from '../../traffic/permissions.ts';
import { type ActionContext, defineAction, type Observation, type Preparation } from '../contract.ts';

const parameters = z.object({ name: dnsName });
type Parameters = z.output<typeof parameters>;

/** What the failover left in its gate object: all that going back, and undoing that, needs to know. */
const baselineSchema = z.object({ memory: gateMemorySchema });

async function prepare(context: ActionContext, { name }: Parameters): Promise<Preparation> {
  const [gate, sight] = await Promise.all([readGate(context, name), lookAround(context.network, name)]);
  const evidence = [{ what: `${name.name} is answered now by ${describeSight(sight)}.` }];
  if (!gate.open) {
    if (isBack(sight)) {
      return { status: 'already-done', baseline: {}, outputs: outputsOf(sight), evidence };
    }
    const what = `The gate of ${name.name} is closed already, and yet users are not sent to ${name.primaryTarget}.`;
    const mend = `Look at the health check ${name.primaryHealthCheck} and at the records of the zone ${name.hostedZone}; something else than Lifeboat holds users where they are.`;
    return { status: 'refused', reasons: [{ what, mend }], evidence };
  }
  if (!gate.memory || gate.memory.name !== name.name) {
    const what = `The gate object ${name.gate.key} in ${name.gate.bucket} was not written by a failover of ${name.name}.`;
    const mend =
      'Find out who wrote it and why; when nothing speaks against it, delete it by hand and retry the step.';
    return { status: 'refused', reasons: [{ what, mend }], evidence };
  }
  return { status: 'ready', baseline: { memory: gate.memory }, evidence };
}

/** The records first: once the gate is gone, so is the memory of what they were. */
async function act(context: ActionContext, { name }: Parameters, baseline: object): Promise<void> {
  const { memory } = baselineSchema.parse(baseline);
  if (memory.recordsChangedAt && memory.previous) {
    const restored = await restoreRecords(context, name, memory.previous);
    if (restored.status !== 'done') return;
  }
  const gate = await readGate(context, name);
  if (gate.open) await deleteGate(context, name);
}

async function observe(context: ActionContext, { name }: Parameters, baseline: object): Promise<Observation> {
  const { memory } = baselineSchema.parse(baseline);
  if (memory.recordsChangedAt && memory.previous) {
    const restored = await restoreRecords(context, name, memory.previous);
    if (restored.status === 'failed') return { ...restored, evidence: [] };
    if (restored.status !== 'done') return { status: 'pending', note: restored.note };
  }
  const gate = await readGate(context, name);
  if (gate.open) {
    // Left open by act while the records could not be put back.
    await deleteGate(context, name);
    return { status: 'pending', note: 'The records are back, and the gate is closed.' };
  }
  const sight = await lookAround(context.network, name);
  const seen = describeSight(sight);
  if (!isBack(sight)) return { status: 'pending', note: `Not back yet: ${seen}` };
  const soakSeconds = memory.previousTtlSeconds + settleSeconds;
  if (context.elapsedSeconds < soakSeconds) {
    return {
      status: 'pending',
      note: `Caches may hold the old answer until ${soakSeconds} s after the gate.`,
    };
  }
  const what = `${name.name} leads to ${name.primaryTarget} again: ${seen}.`;
  return { status: 'done', outputs: outputsOf(sight), evidence: [{ what }] };
}

/** Opens the gate again with the memory that it had. */
async function undo(context: ActionContext, { name }: Parameters, baseline: object): Promise<Observation> {
  const known = baselineSchema.safeParse(baseline);
  if (!known.success) {
    return { status: 'done', outputs: {}, evidence: [{ what: `${name.name} was not moved by this step` }] };
  }
  const gate = await readGate(context, name);
  if (!gate.open) {
    await writeGate(
      context,
      name,
      known.data.memory,
      `Opened the gate of ${name.name} again: Route 53 answers ${name.recoveryTarget}.`,
    );
  }
  const sight = await lookAround(context.network, name);
  const answers = describeSight(sight);
  if (sight.authoritative.side !== 'recovery') {
    return { status: 'pending', note: `The gate is open again; the answers follow: ${answers}` };
  }
  return { status: 'done', outputs: {}, evidence: [{ what: `${name.name} is answered by ${answers}.` }] };
}

function isBack(sight: Sight): boolean {
  return sight.authoritative.side === 'primary' && sight.majorityAtPrimary;
}

function outputsOf(sight: Sight) {
  return { answers: sight.authoritative.values };
}

/**
 * Moves a name back to the primary region after a route53.failover: records that were changed are put back, and the
 * gate object is deleted, so that the primary counts as healthy again. Done when the zone's servers and most resolvers
 * answer the primary target and caches have had their time.
 */
export const action = defineAction({
  kind: 'route53.failback',
  summary: 'Moves a name back to the primary region by closing the health-check gate',
  parameters,
  components: { name: 'dns-name' },
  outputs: { answers: 'What the zone answers now' },
  drill: 'prepare-only',
  mutates: true,
  traits: ['brings-users-back'],
  typical: {
    minSeconds: 180,
    likelySeconds: 200,
    maxSeconds: 600,
    source:
      'Route 53 Developer Guide: checks every 10 or 30 s, threshold 3; then the TTL, and two minutes for what is slow',
  },
  failureModes: [
    'The primary region is not ready: prove it before this step',
    'Somebody else wrote the gate object, so nobody knows what it stands for',
    'The records were changed at the failover, and the control plane in us-east-1 is down',
  ],
  permissions: ({ name }) => failoverPermissions(name),
  prepare,
  act,
  observe,
  undo,
});
