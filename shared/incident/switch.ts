import * as z from 'zod';
import type { Clock } from '../ports.ts';
import { switchKey } from './keys.ts';
import type { RecordStore } from './record-store.ts';
import { toJson, updateRecord } from './update-record.ts';

/**
 * Whether runs of a system may start by themselves. `off` does not stop watching: a complete trigger still opens an
 * incident and asks a person to start the run.
 */
export const automationSchema = z.object({
  state: z.enum(['on', 'off']),
  by: z.string(),
  /** ISO-8601; absent when it was never set. */
  at: z.string().optional(),
  reason: z.string(),
});
export type Automation = z.infer<typeof automationSchema>;

/**
 * What holds while nobody has set the switch. Off, because "never armed" and "the record was lost" look the same:
 * a table that was made anew must not forget that somebody had switched automation off. What it costs is one answer
 * by the person on call, since the incident is opened and paged all the same.
 */
export const neverSet: Automation = {
  state: 'off',
  by: 'nobody',
  reason: 'automation was never switched on for this system (`lifeboat switch PLAN on --by NAME`)',
};

/** The switch of a system; `neverSet` when there is no record. Throws when the record can't be read. */
export async function readAutomation(store: RecordStore, systemId: string): Promise<Automation> {
  const stored = await store.get(switchKey(systemId));
  return stored ? automationSchema.parse(stored.data) : neverSet;
}

/** Turns automation on or off. The last one to set it wins; who, when and why are kept. */
export async function setAutomation(
  store: RecordStore,
  clock: Clock,
  systemId: string,
  wanted: { state: 'on' | 'off'; by: string; reason: string },
): Promise<Automation> {
  const at = clock.now().toISOString();
  const data = await updateRecord(store, switchKey(systemId), () => toJson({ ...wanted, at }));
  return automationSchema.parse(data);
}
