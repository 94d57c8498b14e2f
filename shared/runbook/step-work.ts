import type { Action, Evidence, Reason } from '../actions/contract.ts';
import type { StepStatus } from '../incident/entries.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { JsonObject } from '../json.ts';
import type { Runtime } from '../runtime.ts';
import type { Run, Step, StepReply } from './contract.ts';
import { type StepRecord, writeStep } from './step-record.ts';

/** One step of one run with what it needs to go on. */
export type StepWork = { runtime: Runtime; action: Action; run: Run; step: Step };

/** A reply with the numbers that JSONPath must always find. */
export function reply(next: StepReply['next'], waitSeconds = 0, answerWithinSeconds = 0): StepReply {
  return { next, waitSeconds, answerWithinSeconds };
}

type Facts = {
  note?: string;
  evidence?: Evidence[];
  outputs?: JsonObject;
  reasons?: Reason[];
  error?: string;
};

/**
 * Says in the ledger what became of a step. A repeated call of the same attempt says it once; `about` tells apart what
 * an attempt may come to twice, such as failing and then failing to be undone.
 */
export async function tell(
  work: StepWork,
  record: StepRecord,
  facts: Facts = {},
  about: string = record.status,
): Promise<void> {
  const { runtime, run, step } = work;
  await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    {
      type: 'step',
      run: run.id,
      phase: step.phase,
      step: step.id,
      action: step.action,
      status: record.status,
      attempt: record.attempt,
      ...facts,
    },
    { idempotencyKey: `${run.id}/${step.id}/${record.attempt}/${about}` },
  );
}

/** Says what a record came to when the call that concluded it may have died before it could. */
export async function tellAgain(work: StepWork, record: StepRecord): Promise<void> {
  const { note, evidence, outputs } = record;
  await tell(work, record, { note, evidence, outputs: record.status === 'done' ? outputs : undefined });
}

/** Stores that the step has come to a status, with what belongs to it, and says so in the ledger. */
export async function conclude(
  work: StepWork,
  status: Extract<StepStatus, 'done' | 'skipped' | 'refused' | 'failed' | 'undone'>,
  facts: Facts & { baseline?: JsonObject } = {},
): Promise<StepRecord> {
  const now = work.runtime.clock.now().toISOString();
  const record = await writeStep(work.runtime.store, work.run.id, work.step.id, current => ({
    ...(current ?? firstRecord(work.step, now)),
    status,
    // A repeated call must not make the step look as if it had taken longer.
    endedAt: current?.status === status ? (current.endedAt ?? now) : now,
    ...(facts.baseline && { baseline: facts.baseline }),
    ...(facts.outputs && { outputs: facts.outputs }),
    reasons: facts.reasons,
    note: facts.note,
    evidence: facts.evidence,
    ...(status === 'undone' && { undone: true }),
  }));
  const { baseline: _, ...said } = facts;
  await tell(work, record, said);
  return record;
}

export function firstRecord(step: Step, now: string): StepRecord {
  return {
    step,
    status: 'preparing',
    attempt: 1,
    acted: false,
    undone: false,
    baseline: {},
    outputs: {},
    preparedAt: now,
  };
}
