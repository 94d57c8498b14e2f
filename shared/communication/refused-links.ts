import * as z from 'zod';
import { ConflictError } from '../errors.ts';
import { openIncidentOf } from '../incident/incident.ts';
import { refusedLinksKey } from '../incident/keys.ts';
import { appendEntry } from '../incident/ledger.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Runtime } from '../runtime.ts';

/**
 * Entries an hour about links that nobody signed. Whoever finds the page can send as many different ones as they like,
 * and must not be able to fill the ledger of an incident with them.
 */
const mostAnHour = 20;

/** Which links were noted in the hour; `full` when there were more. */
const notedSchema = z.object({ hour: z.string(), noted: z.array(z.string()), full: z.boolean() });

/** A link without a good signature. `incidentId`: of what it names; undefined when it names nothing that exists. */
export type UnprovenLink = { incidentId: string | undefined; question?: string; why: string };

/**
 * Notes a link that was refused because nobody has signed it: in the ledger of its incident or, when it names none, of
 * the one that is open. Without an open incident there is no ledger that it belongs to, and the log has it alone.
 */
export async function noteUnprovenLink(runtime: Runtime, link: UnprovenLink): Promise<void> {
  const { question, why } = link;
  const incidentId = link.incidentId ?? (await openIncidentOf(runtime.store, runtime.plan.system.id))?.id;
  runtime.log('warn', 'A link was refused', { incidentId, question, why });
  if (incidentId === undefined) return;
  const what = await place(runtime, incidentId, `${question ?? ''}/${why}`);
  if (what === 'left-out') return;
  const hour = hourOf(runtime);
  const entry =
    what === 'noted'
      ? { question, why }
      : { why: `More than ${mostAnHour} links were refused this hour; further ones are only in the log.` };
  await appendEntry(
    runtime.store,
    runtime.clock,
    incidentId,
    { type: 'link-refused', ...entry },
    { idempotencyKey: what === 'noted' ? `refused/${question ?? ''}/${why}` : `refused/more/${hour}` },
  );
}

/** Takes a place among this hour's entries; the first that finds none left says so in its stead. */
async function place(
  runtime: Runtime,
  incidentId: string,
  link: string,
): Promise<'noted' | 'more' | 'left-out'> {
  const hour = hourOf(runtime);
  let found: 'noted' | 'more' | 'left-out' = 'left-out';
  try {
    await updateRecord(runtime.store, refusedLinksKey(incidentId), data => {
      const last = data && notedSchema.parse(data);
      const current = last?.hour === hour ? last : { hour, noted: [], full: false };
      const known = current.noted.includes(link);
      const room = current.noted.length < mostAnHour;
      found = known || room ? 'noted' : current.full ? 'left-out' : 'more';
      if (known || found === 'left-out') return undefined;
      return toJson(room ? { ...current, noted: [...current.noted, link] } : { ...current, full: true });
    });
  } catch (error) {
    // So many at a time that ten attempts were not enough: then this one is in the log, and the page still answers.
    if (!(error instanceof ConflictError)) throw error;
    return 'left-out';
  }
  return found;
}

function hourOf({ clock }: Runtime): string {
  return clock.now().toISOString().slice(0, 13);
}
