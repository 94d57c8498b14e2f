import type { JsonObject } from '../json.ts';
import type { Evidence, Observation, Preparation } from './contract.ts';

/** For so long a service does not answer before that counts as an answer: one request without one says nothing. */
export const unansweredSeconds = 30;

/** A refusal with one reason. */
export function refuse(what: string, mend: string, evidence: Evidence[] = []): Preparation {
  return { status: 'refused', reasons: [{ what, mend }], evidence };
}

type Pending = Extract<Observation, { status: 'pending' }>;
type Failed = Extract<Observation, { status: 'failed' }>;
/** What is missing, or why it will never be. */
export type NotYet = Pending | Failed;

/** A failure with one reason. */
export function fail(what: string, mend: string, evidence: Evidence[] = []): Failed {
  return { status: 'failed', reasons: [{ what, mend }], evidence };
}

/** Done, with one piece of evidence: a sentence and the facts behind it. */
export function finish(what: string, outputs: JsonObject = {}, data?: JsonObject): Observation {
  return { status: 'done', outputs, evidence: [{ what, ...(data && { data }) }] };
}

export function pending(note: string): Pending {
  return { status: 'pending', note };
}

/** Go on from this baseline; what was found is one sentence. */
export function ready(baseline: JsonObject, what?: string, data?: JsonObject): Preparation {
  return { status: 'ready', baseline, evidence: what ? [{ what, ...(data && { data }) }] : [] };
}

/** What is wanted holds already. */
export function alreadyDone(baseline: JsonObject, outputs: JsonObject, what: string): Preparation {
  return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
}
