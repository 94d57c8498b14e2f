import * as z from 'zod';
import { ConflictError } from '../errors.ts';
import type { EntryOf } from '../incident/entries.ts';
import { openIncidentOf } from '../incident/incident.ts';
import { refusedLinksKey } from '../incident/keys.ts';
import { appendEntry } from '../incident/ledger.ts';
import { isLive, readLock } from '../incident/lock.ts';
import { toJson, updateRecord } from '../incident/update-record.ts';
import type { Runtime } from '../runtime.ts';

/**
 * Entries an hour about links that nobody signed. Whoever finds the page can send as many different ones as they like,
 * and must not be able to fill a ledger with them.
 */
const mostAnHour = 20;

/** Which of them were noted in the hour; `full` when there were more. */
const notedSchema = z.object({ hour: z.string(), noted: z.array(z.string()), full: z.boolean() });

/**
 * A link, or a request in the name of Slack or PagerDuty, without a good signature. `incidentId`: of what a link names;
 * undefined when it names nothing that exists.
 */
export type Unproven = {
  incidentId?: string;
  question?: string;
  from?: EntryOf<'link-refused'>['from'];
  why: string;
};

/** The ledger of what belongs to no incident. Incidents begin with the system's id, so none has this one. */
export const refusalsOf = (system: string) => `refusals-${system}`;

/**
 * Notes what was refused because nobody has signed it: in the ledger of its incident; when it names none, in that of
 * the one that is open or of the drill that is under way; else in the system's own ledger of refusals, which
 * `lifeboat refusals` shows.
 */
export async function noteUnproven(runtime: Runtime, unproven: Unproven): Promise<void> {
  const { question, from, why } = unproven;
  const incidentId = unproven.incidentId ?? (await underWay(runtime));
  const of = incidentId ?? refusalsOf(runtime.plan.system.id);
  runtime.log('warn', from ? 'A request was refused' : 'A link was refused', {
    incidentId,
    question,
    from,
    why,
  });
  const what = await place(runtime, of, `${from ?? question ?? ''}/${why}`);
  if (what === 'left-out') return;
  const hour = hourOf(runtime);
  const entry =
    what === 'noted'
      ? { question, from, why }
      : {
          why: `More than ${mostAnHour} links and requests were refused this hour; further ones are only in the log.`,
        };
  // An incident is over after some hours; the other ledger goes on for years, and the same may come back.
  const again = incidentId === undefined ? `/${hour}` : '';
  await appendEntry(
    runtime.store,
    runtime.clock,
    of,
    { type: 'link-refused', ...entry },
    {
      idempotencyKey:
        what === 'noted' ? `refused/${from ?? question ?? ''}/${why}${again}` : `refused/more/${hour}`,
    },
  );
}

/** The incident that is open, else that of the run which has the lock: a drill's. */
async function underWay({ store, plan, clock }: Runtime): Promise<string | undefined> {
  const open = await openIncidentOf(store, plan.system.id);
  if (open) return open.id;
  const lock = await readLock(store, plan.system.id);
  return lock && isLive(lock, clock.now().toISOString()) ? lock.incidentId : undefined;
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
