import * as z from 'zod';
import { triageKey } from '../incident/keys.ts';
import type { RecordStore } from '../incident/record-store.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Runtime } from '../runtime.ts';
import type { Decision } from './decision.ts';

/** What triage decided last while no incident was open, and since when it has been deciding that. */
const lastDecisionSchema = z.object({
  decision: z.enum(['ignore', 'refuse']),
  reasons: z.array(z.string()),
  since: z.string(),
});
export type LastDecision = z.infer<typeof lastDecisionSchema>;

/** The last decision without an incident, for `lifeboat status`. */
export async function readLastDecision(
  store: RecordStore,
  systemId: string,
): Promise<LastDecision | undefined> {
  const stored = await store.get(triageKey(systemId));
  return stored && lastDecisionSchema.parse(stored.data);
}

/** Notes a decision when it differs from the last one. It is information only: failing to note it stops nothing. */
export async function noteDecision(
  runtime: Runtime,
  decision: Extract<Decision, { decision: 'ignore' | 'refuse' }>,
): Promise<void> {
  const { store, plan, clock } = runtime;
  const note = { decision: decision.decision, reasons: decision.reasons };
  try {
    await updateRecord(store, triageKey(plan.system.id), current => {
      const last = current && lastDecisionSchema.safeParse(current);
      const same =
        last?.success &&
        last.data.decision === note.decision &&
        JSON.stringify(last.data.reasons) === JSON.stringify(note.reasons);
      return same ? undefined : toJson({ ...note, since: clock.now().toISOString() });
    });
  } catch (error) {
    runtime.log('warn', 'The decision could not be noted', { error: String(error) });
  }
}
