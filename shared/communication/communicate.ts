import { hasFollowUps } from '../deployment.ts';
import { readLedger } from '../incident/ledger.ts';
import { askForReport, hasEnded } from '../report/ask-for-report.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { loadSituation } from './compose.ts';
import { setTasks } from './set-tasks.ts';
import { type TickReply, tick } from './tick.ts';

/** Wait after follow-ups that could not be set: the schedules are what goes on when this machine has ended. */
const retrySeconds = 30;

/**
 * What the communication machine does in each round, and what one-time schedules call for when it has ended: sets the
 * follow-ups whose beginning has come, then sends what is due. Follow-ups that can't be set keep no message back.
 */
export async function communicate(runtime: Runtime, run: Run): Promise<TickReply> {
  const isSet = await setFollowUps(runtime, run);
  const before = await readLedger(runtime.store, run.incidentId);
  const reply = await tick(runtime, run);
  if (hasEnded(before, run)) await reportAnew(runtime, run, before.length);
  return isSet || reply.next === 'wait' ? reply : { next: 'wait', waitSeconds: retrySeconds };
}

/** What is sent after the end is part of the story: the all-clear, and follow-ups weeks later. */
async function reportAnew(runtime: Runtime, run: Run, knownEntries: number): Promise<void> {
  const now = await readLedger(runtime.store, run.incidentId);
  if (now.length > knownEntries) await askForReport(runtime, run);
}

async function setFollowUps(runtime: Runtime, run: Run): Promise<boolean> {
  if (!hasFollowUps(runtime.plan)) return true;
  try {
    await setTasks(runtime, await loadSituation(runtime, run));
    return true;
  } catch (error) {
    runtime.log('error', 'Follow-ups could not be set; they are tried again', { error: String(error) });
    return false;
  }
}
