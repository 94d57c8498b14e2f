import type { Entry } from '../incident/entries.ts';
import {
  type Incident,
  isExercise,
  openIncident,
  readIncident,
  recordOpening,
  resolveIncident,
} from '../incident/incident.ts';
import { appendEntry } from '../incident/ledger.ts';
import { setAutomation } from '../incident/switch.ts';
import type { Runtime } from '../runtime.ts';
import { type AttachedTo, runUnderWay } from './attached-to.ts';
import { decide } from './decide.ts';
import type { DecideInput, Decision } from './decision.ts';
import { noteDecision } from './last-decision.ts';
import { pageOnce, type SendPage } from './page.ts';
import { parseEvent } from './parse-event.ts';
import { readState } from './read-state.ts';
import type { ManualStart, ParsedEvent, Signal } from './signal.ts';
import { readReports, storeSignal } from './signal-record.ts';
import { type RunRequest, startRun } from './start-run.ts';

/**
 * What came of an event. `executionArn` is present when this event started a run; `attachedTo` when a person asked for one
 * and somebody else had started one before.
 */
export type TriageReply = {
  decision: Decision['decision'];
  reasons: string[];
  incidentId?: string;
  executionArn?: string;
  attachedTo?: AttachedTo;
  reconsiderAt?: string;
};

/**
 * Takes one event document (a signal, the schedule's tick, a person's request), keeps what it says, decides, and does
 * what was decided. Safe to repeat for the same event, and at any point after a crash. Throws InvalidInputError for
 * a document that it does not know, and whatever a store or service fails with, so that Lambda delivers it again.
 */
export async function handleSignal(runtime: Runtime, event: unknown, send: SendPage): Promise<TriageReply> {
  const parsed = parseEvent(runtime.plan, event);
  if (parsed.kind === 'automation') return switchAutomation(runtime, parsed);
  if (parsed.kind === 'signals' && parsed.aside) return { decision: 'ignore', reasons: [parsed.aside] };
  const signals = parsed.kind === 'signals' ? parsed.signals : [];
  const kept = await keep(runtime, signals);
  const start = parsed.kind === 'start' ? parsed.start : undefined;
  const read = await readState(runtime, start);
  const state: DecideInput = kept ? { ...read, signals: { unreadable: String(kept) } } : read;
  const decision = decide(state);
  runtime.log('info', `Triage decided to ${decision.decision}`, { event: parsed.eventId, ...decision });
  const reply = await carryOut(runtime, decision, { parsed, signals, start, send });
  // The report must not be lost: it is delivered again, now that people know.
  if (kept) throw kept;
  return reply;
}

type Occasion = { parsed: ParsedEvent; signals: Signal[]; start?: ManualStart; send: SendPage };

async function carryOut(runtime: Runtime, decision: Decision, occasion: Occasion): Promise<TriageReply> {
  switch (decision.decision) {
    case 'open':
      return open(runtime, decision, occasion);
    case 'attach':
      return attach(runtime, decision, occasion);
    case 'ignore':
    case 'refuse': {
      await noteDecision(runtime, decision);
      if (decision.decision === 'refuse' && decision.page) {
        const key = `refused/${decision.scenario}/${runtime.clock.now().toISOString().slice(0, 13)}`;
        const subject = `Lifeboat can't start ${decision.scenario}: a person has to look`;
        await pageOnce(runtime, occasion.send, { key, subject, lines: decision.reasons });
      }
      return toReply(decision);
    }
  }
}

async function open(
  runtime: Runtime,
  decision: Extract<Decision, { decision: 'open' }>,
  { start, parsed, send }: Occasion,
): Promise<TriageReply> {
  const { scenario, mode, outageStartedAt } = decision;
  const signals = await signalsSince(runtime, outageStartedAt);
  const incident = await openIncident(runtime, {
    scenario,
    mode,
    outageStartedAt,
    openedAt: start?.at ?? runtime.clock.now().toISOString(),
    by: start?.by ?? 'triage',
    // A person's request is delivered again until it has started; evidence is looked at again every minute.
    startRun: decision.startRun && !start,
    // Of two observers that decide in the same moment one opened it: its entry is the incident's only one.
    before: [...signals, { ...triageEntry(decision, parsed.eventId), idempotencyKey: 'triage/open' }],
  });
  const reply: TriageReply = { ...toReply(decision), incidentId: incident.id };
  if (incident.scenario !== scenario) {
    // Somebody else opened it for another scenario in this very moment; the next look decides anew.
    return { ...reply, decision: 'attach' };
  }
  if (decision.startRun) {
    return { ...reply, ...(await begin(runtime, { incident, scenario, mode, start })) };
  }
  const subject = `${incident.id}: ${scenario} waits for you to start it`;
  const lines = [
    ...decision.reasons,
    `Start it with: lifeboat start plans/${runtime.plan.system.id}/plan.yml --scenario ${scenario} --by NAME`,
  ];
  await pageOnce(runtime, send, {
    key: `start-needed/${incident.id}`,
    subject,
    lines,
    incidentId: incident.id,
  });
  return reply;
}

async function attach(
  runtime: Runtime,
  decision: Extract<Decision, { decision: 'attach' }>,
  { start, parsed, signals, send }: Occasion,
): Promise<TriageReply> {
  const { incidentId, scenario, mode } = decision;
  const incident = await readIncident(runtime.store, incidentId);
  if (!incident) return toReply(decision);
  await completeOpening(runtime, incident);
  for (const { entry, idempotencyKey } of signals.map(signalEntry)) {
    await appendEntry(runtime.store, runtime.clock, incidentId, entry, { idempotencyKey });
  }
  if (parsed.kind !== 'tick') {
    const { entry, idempotencyKey } = triageEntry(decision, parsed.eventId);
    await appendEntry(runtime.store, runtime.clock, incidentId, entry, { idempotencyKey });
  }
  if (decision.page) {
    const subject = `${incidentId}: there is evidence for another scenario`;
    const key = `other-scenario/${incidentId}`;
    await pageOnce(runtime, send, { key, subject, lines: decision.reasons, incidentId });
  }
  const reply: TriageReply = { ...toReply(decision), incidentId };
  if (decision.startRun) return { ...reply, ...(await begin(runtime, { incident, scenario, mode, start })) };
  const attachedTo = start && (await runUnderWay(runtime));
  return { ...reply, ...(attachedTo && { attachedTo }) };
}

/** Starts the run, or says whose start was faster. */
async function begin(runtime: Runtime, wanted: RunRequest): Promise<Partial<TriageReply>> {
  const { store, clock } = runtime;
  const { incident, mode, start } = wanted;
  const reply = await startRun(runtime, wanted);
  if ('executionArn' in reply) return reply;
  if (!start) return {};
  const { first } = reply;
  const what = `A second start of ${wanted.scenario} was attached to that of ${first.scenario} by ${first.by}, which is about to begin.`;
  await appendEntry(
    store,
    clock,
    first.incidentId,
    { type: 'note', by: start.by, what },
    { idempotencyKey: `start/${start.eventId}/attached`.slice(0, 900) },
  );
  // An exercise has an incident of its own, and nothing happens in this one.
  if (isExercise({ mode }) && incident.id !== first.incidentId)
    await resolveIncident(store, clock, incident.id, start.by);
  const { scenario, by, at } = first;
  return {
    decision: 'attach',
    incidentId: first.incidentId,
    attachedTo: { scenario, mode: first.mode, by, at },
  };
}

/** Writes what a crash right after the opening left out. */
async function completeOpening(runtime: Runtime, incident: Incident): Promise<void> {
  if (incident.recorded) return;
  const before = await signalsSince(runtime, incident.outageStartedAt);
  await recordOpening(runtime.store, runtime.clock, incident, before);
}

/** Everything that was reported since the outage began, before there was an incident to write it to. */
async function signalsSince(runtime: Runtime, since: string) {
  const reports = [...(await readReports(runtime.store, runtime.plan)).values()].flat();
  return reports
    .filter(report => report.at >= since)
    .sort((a, b) => (a.at === b.at ? compare(a.eventId, b.eventId) : compare(a.at, b.at)))
    .map(signalEntry);
}

function signalEntry({ signal, observer, state, since, what, eventId }: Signal) {
  const entry: Entry = { type: 'signal', signal, observer, state, since, what };
  return { entry, idempotencyKey: `signal/${signal}/${eventId}`.slice(0, 900) };
}

function triageEntry(decision: Extract<Decision, { scenario: string }>, eventId: string) {
  const { scenario, reasons } = decision;
  const entry: Entry = { type: 'triage', decision: decision.decision, scenario, reasons };
  return { entry, idempotencyKey: `triage/${decision.decision}/${eventId}`.slice(0, 900) };
}

/** Keeps the reports; the error if one can't be kept, since the decision must know. */
async function keep(runtime: Runtime, signals: readonly Signal[]): Promise<unknown> {
  try {
    for (const signal of signals) await storeSignal(runtime.store, runtime.plan.system.id, signal);
    return undefined;
  } catch (error) {
    return error ?? new Error('a report could not be kept');
  }
}

async function switchAutomation(
  runtime: Runtime,
  { wanted }: Extract<ParsedEvent, { kind: 'automation' }>,
): Promise<TriageReply> {
  await setAutomation(runtime.store, runtime.clock, runtime.plan.system.id, wanted);
  return {
    decision: 'ignore',
    reasons: [`automation is ${wanted.state} now, by ${wanted.by}: ${wanted.reason}`],
  };
}

function toReply(decision: Decision): TriageReply {
  const { decision: what, reasons } = decision;
  const reconsiderAt = decision.decision === 'ignore' ? decision.reconsiderAt : undefined;
  return { decision: what, reasons, ...(reconsiderAt && { reconsiderAt }) };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
