import { lastIncidentOf } from '../incident/incident.ts';
import { readLock } from '../incident/lock.ts';
import { readAutomation } from '../incident/switch.ts';
import type { Runtime } from '../runtime.ts';
import type { DecideInput, Reading } from './decision.ts';
import type { ManualStart } from './signal.ts';
import { readReports } from './signal-record.ts';
import { foldReports } from './signal-state.ts';

/** Reads all that a decision is made from. What can't be read is said, not thrown: the decision is to refuse then. */
export async function readState(runtime: Runtime, start?: ManualStart): Promise<DecideInput> {
  const { store, plan, clock } = runtime;
  const system = plan.system.id;
  const [signals, incident, lock, automation] = await Promise.all([
    reading(async () => {
      const reports = await readReports(store, plan);
      return [...reports.values()].flatMap(ofSignal => foldReports(ofSignal) ?? []);
    }),
    reading(async () => (await lastIncidentOf(store, system)) ?? null),
    reading(async () => (await readLock(store, system)) ?? null),
    reading(() => readAutomation(store, system)),
  ]);
  const now = clock.now().toISOString();
  return { plan, now, signals, incident, lock, automation, ...(start && { start }) };
}

async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}
