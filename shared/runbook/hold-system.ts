import { AbortedError } from '../errors.ts';
import { extendLock, readLock } from '../incident/lock.ts';
import type { Runtime } from '../runtime.ts';
import type { Run, Step } from './contract.ts';

/**
 * Longest that a lock is held without a sign of life of its run: beyond the time of the step in hand, room for its
 * questions, its undoing and its retries. A run whose end nobody heard of stands in nobody's way after that.
 */
export const lockSeconds = 24 * 3600;

/**
 * Keeps the system's lock for a run that goes on: a person may take days to answer, and a lock that ran out meanwhile
 * would let a second run begin beside this one. Throws AbortedError when another run holds it.
 */
export async function holdSystem(runtime: Runtime, run: Run, step: Step): Promise<void> {
  const { store, clock } = runtime;
  const lock = await readLock(store, run.system);
  if (!lock) return;
  const nowMs = clock.now().getTime();
  // Most steps end long before half of it is over, so that most runs never have to write.
  const enoughMs = nowMs + (step.timeoutSeconds + lockSeconds / 2) * 1000;
  if (lock.runId === run.id && Date.parse(lock.expiresAt) >= enoughMs) return;
  const expiresAt = new Date(nowMs + (step.timeoutSeconds + lockSeconds) * 1000).toISOString();
  if (lock.runId === run.id && (await extendLock(store, run.system, run.id, expiresAt))) return;
  throw new AbortedError(`The run ${lock.runId} holds ${run.system} now; two runs never work on one system`, {
    nextStep: `Look at the incident ${lock.incidentId} with \`lifeboat status\`, and let that run go on or stop it.`,
  });
}
