import { readLock } from '../incident/lock.ts';
import { readClaim } from '../incident/start-claim.ts';
import type { Mode } from '../runbook/contract.ts';
import { readRun } from '../runbook/run-record.ts';
import type { Runtime } from '../runtime.ts';

/** The run that a start by hand belongs to, because somebody started it before. `at` is ISO-8601. */
export type AttachedTo = {
  scenario: string;
  mode: Mode;
  /** A person, or `triage`; absent for a run of an older version. */
  by?: string | undefined;
  at: string;
  /** Absent while it has not begun. */
  runId?: string;
};

/** The run that holds the system, as it is on record; undefined when none does any more. */
export async function runUnderWay({
  store,
  plan,
}: Pick<Runtime, 'store' | 'plan'>): Promise<AttachedTo | undefined> {
  const lock = await readLock(store, plan.system.id);
  if (!lock) return undefined;
  const record = await readRun(store, lock.runId);
  // It has the lock, and its record is about to be written.
  if (!record) return readClaim(store, plan.system.id);
  const { scenario, mode, startedAt } = record.run;
  return { scenario, mode, by: record.startedBy, at: startedAt, runId: lock.runId };
}
