import * as z from 'zod';
import { LifeboatError } from '../errors.ts';
import { probeKey } from '../incident/keys.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { SignalPlan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { handleSignal, type TriageReply } from './handle.ts';
import { buildProbeResultEvent } from './own-events.ts';
import type { SendPage } from './page.ts';

type ProbePlan = Extract<SignalPlan, { type: 'probe' }>;
type Outcome = { ok: boolean; what: string };

/** A schedule is not exact; a probe that is due within this counts as due. */
const slackMs = 5_000;

const probeRecordSchema = z.object({
  lastAt: z.string(),
  failures: z.number().int().nonnegative(),
  /** First failed probe of the row that goes on. */
  failingSince: z.string().optional(),
  okSince: z.string().optional(),
  what: z.string(),
  /** The state that triage was told last. */
  reported: z.enum(['firing', 'clear']).optional(),
});
type ProbeRecord = z.infer<typeof probeRecordSchema>;

/**
 * The look that the schedule takes every minute: asks every probe that is due, hands on those whose signal began or
 * ceased to fire, and then lets triage look again at everything, since time alone may have completed a trigger. What
 * fails does not keep the rest from being done; it is thrown at the end, so that it is seen.
 */
export async function watch(runtime: Runtime, event: unknown, send: SendPage): Promise<TriageReply> {
  const ids = Object.keys(runtime.plan.signals);
  const looks = await Promise.allSettled(ids.map(id => runProbe(runtime, id)));
  const errors: unknown[] = [];
  for (const result of looks) {
    try {
      if (result.status === 'rejected') throw result.reason;
      if (result.value) await report(runtime, result.value, send);
    } catch (error) {
      runtime.log('error', 'A probe could not be looked after', { error: String(error) });
      errors.push(error);
    }
  }
  const reply = await handleSignal(runtime, event, send);
  if (errors.length > 0) throw errors[0];
  return reply;
}

type Change = { id: string; state: 'firing' | 'clear'; since: string; what: string; at: string };

/** Probes once, if it is due. The change to be handed on, or undefined. */
async function runProbe(runtime: Runtime, id: string): Promise<Change | undefined> {
  const { store, clock, plan } = runtime;
  const signal = plan.signals[id];
  if (signal?.type !== 'probe') return undefined;
  const key = probeKey(plan.system.id, id);
  const at = clock.now().toISOString();
  const stored = await store.get(key);
  const last = stored && probeRecordSchema.parse(stored.data);
  if (last && Date.parse(at) - Date.parse(last.lastAt) < signal.every * 1000 - slackMs) return undefined;
  const outcome = await look(runtime, signal);
  const data = await updateRecord(store, key, current => {
    const newest = current && probeRecordSchema.parse(current);
    // Another invocation looked later and wrote first: what it saw is the newer truth.
    if (newest && newest.lastAt >= at) return undefined;
    return toJson(countOutcome(newest, outcome, at));
  });
  const record = probeRecordSchema.parse(data);
  const now = reportOf(record, signal.failures);
  return now && now.state !== record.reported ? { id, at, ...now } : undefined;
}

/** Hands a change on, and notes that it was; a crash in between hands it on once more, under the same event id. */
async function report(runtime: Runtime, change: Change, send: SendPage): Promise<void> {
  const { id, at, ...now } = change;
  const { plan, store } = runtime;
  const origin = { id: `probe/${id}/${now.state}/${now.since}`, time: at, region: plan.regions.recovery };
  const event = buildProbeResultEvent({ system: plan.system.id, signal: id, ...now }, origin);
  await handleSignal(runtime, event, send);
  await updateRecord(store, probeKey(plan.system.id, id), current =>
    current ? { ...current, reported: now.state } : undefined,
  );
}

/** One request from the recovery region. Silence, a refused connection and another status are failures alike. */
async function look(runtime: Runtime, signal: ProbePlan): Promise<Outcome> {
  const { url, expectStatus, timeout } = signal;
  try {
    const reply = await runtime.network.http({ url, method: 'GET', timeoutMs: timeout * 1000 });
    if (reply.status === expectStatus) return { ok: true, what: `${url} answers ${reply.status}` };
    return { ok: false, what: `${url} answers ${reply.status} instead of ${expectStatus}` };
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    return { ok: false, what: `${url} does not answer: ${error.message}` };
  }
}

/** The record after one more probe. Pure. */
function countOutcome(last: ProbeRecord | undefined, { ok, what }: Outcome, at: string): ProbeRecord {
  const reported = last?.reported;
  if (ok) {
    const okSince = last && last.failures === 0 ? (last.okSince ?? at) : at;
    return { lastAt: at, failures: 0, okSince, what, reported };
  }
  return {
    reported,
    lastAt: at,
    failures: (last?.failures ?? 0) + 1,
    failingSince: last && last.failures > 0 ? (last.failingSince ?? at) : at,
    what,
  };
}

/** What the record says about the signal; undefined while failures are too few to say anything. Pure. */
export function reportOf(
  record: ProbeRecord,
  failuresToFire: number,
): { state: 'firing' | 'clear'; since: string; what: string } | undefined {
  const { failures, failingSince, okSince, lastAt, what } = record;
  if (failures === 0) return { state: 'clear', since: okSince ?? lastAt, what };
  if (failures < failuresToFire) return undefined;
  return {
    state: 'firing',
    since: failingSince ?? lastAt,
    what: `${failures} probes in a row failed: ${what}`,
  };
}
