import * as z from 'zod';
import { ConflictError, RefusedError } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { Mode } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import type { Entry, EntryOf } from './entries.ts';
import {
  buildIncidentId,
  createIncident,
  type Incident,
  incidentSchema,
  isExercise,
  readIncident,
  updateIncident,
} from './incident-record.ts';
import { currentIncidentKey, incidentKey } from './keys.ts';
import { appendEntry } from './ledger.ts';
import type { RecordStore } from './record-store.ts';
import { toJson } from './update-record.ts';

export type { Incident } from './incident-record.ts';
export { isExercise, listIncidents, readIncident, updateIncident } from './incident-record.ts';

const maxAttempts = 10;
/** Holds the whole incident, so that a crash right after it was claimed loses nothing. */
const pointerSchema = z.object({ incident: incidentSchema });

export type Opening = {
  scenario: string;
  mode: Mode;
  /** ISO-8601. The incident's id is made of the system and this time. */
  openedAt: string;
  outageStartedAt: string;
  by: string;
  /** Whether triage has to start the run. Without it the run has been started, or a person will. */
  startRun?: boolean;
  /** What led to it, for the ledger, before the entry that it was opened. */
  before?: { entry: Entry; idempotencyKey: string }[];
};

/**
 * Opens an incident, or returns the one that is open: a system has one at a time, held by a conditional write. Safe to
 * repeat after a crash anywhere. An exercise (drill, dry-run) gets an incident of its own, and throws RefusedError
 * while a real one is open; it never stands in the way of a real one.
 */
export async function openIncident(
  runtime: Pick<Runtime, 'plan' | 'store' | 'clock'>,
  opening: Opening,
): Promise<Incident> {
  const { store, clock, plan } = runtime;
  const draft = {
    system: plan.system.id,
    scenario: opening.scenario,
    severity: plan.scenarios[opening.scenario]?.severity ?? 'unknown',
    status: 'open' as const,
    mode: opening.mode,
    openedAt: opening.openedAt,
    outageStartedAt: opening.outageStartedAt,
    openedBy: opening.by,
    startRun: opening.startRun ?? false,
    recorded: false,
  };
  const incident = isExercise(draft) ? await openExercise(store, draft) : await openReal(store, draft);
  return recordOpening(store, clock, incident, opening.before);
}

/** Writes to the ledger why and that an incident was opened, if that was not done to the end yet. */
export async function recordOpening(
  store: RecordStore,
  clock: Clock,
  incident: Incident,
  before: Opening['before'] = [],
): Promise<Incident> {
  if (incident.recorded) return incident;
  for (const { entry, idempotencyKey } of before) {
    await appendEntry(store, clock, incident.id, entry, { idempotencyKey });
  }
  const { scenario, severity, mode, outageStartedAt, openedBy } = incident;
  const entry: Entry = { type: 'incident-opened', scenario, severity, mode, outageStartedAt, by: openedBy };
  await appendEntry(store, clock, incident.id, entry, { idempotencyKey: 'incident-opened' });
  return updateIncident(store, incident.id, current => ({ ...current, recorded: true }));
}

/** The real incident of a system that is open now, if there is one. */
export async function openIncidentOf(store: RecordStore, systemId: string): Promise<Incident | undefined> {
  const last = await lastIncidentOf(store, systemId);
  return last?.status === 'open' ? last : undefined;
}

/** The newest real incident of a system, open or resolved. */
export async function lastIncidentOf(store: RecordStore, systemId: string): Promise<Incident | undefined> {
  const pointer = await store.get(currentIncidentKey(systemId));
  if (!pointer) return undefined;
  const { incident } = pointerSchema.parse(pointer.data);
  // A crash between claiming and creating left the claim only: it is carried out now.
  return (await readIncident(store, incident.id)) ?? (await createIncident(store, incident));
}

/**
 * Notes who answers for an incident. The first one stays, unless `lastsSeconds` have passed since; a repeat changes
 * nothing.
 */
export async function acknowledgeIncident(
  store: RecordStore,
  clock: Clock,
  id: string,
  by: string,
  via: EntryOf<'acknowledged'>['via'],
  lastsSeconds = Number.POSITIVE_INFINITY,
): Promise<Incident> {
  const now = clock.now();
  const at = now.toISOString();
  const incident = await updateIncident(store, id, current => {
    const before = Date.parse(current.acknowledgedAt ?? '');
    const stands = current.acknowledgedBy !== undefined && !(now.getTime() >= before + lastsSeconds * 1000);
    return stands ? current : { ...current, acknowledgedBy: by, acknowledgedAt: at };
  });
  const entry: Entry = { type: 'acknowledged', by: incident.acknowledgedBy ?? by, via };
  await appendEntry(store, clock, id, entry, {
    idempotencyKey: `acknowledged/${incident.acknowledgedAt}`,
  });
  return incident;
}

/** Ends an incident. The first one to do it stays on record; a repeat changes nothing. */
export async function resolveIncident(
  store: RecordStore,
  clock: Clock,
  id: string,
  by: string,
): Promise<Incident> {
  const at = clock.now().toISOString();
  const incident = await updateIncident(store, id, current => ({
    ...current,
    status: 'resolved',
    resolvedAt: current.resolvedAt ?? at,
    resolvedBy: current.resolvedBy ?? by,
  }));
  const entry: Entry = { type: 'incident-resolved', by: incident.resolvedBy ?? by };
  await appendEntry(store, clock, id, entry, { idempotencyKey: 'incident-resolved' });
  return incident;
}

type Draft = Omit<Incident, 'id'>;

async function openReal(store: RecordStore, draft: Draft): Promise<Incident> {
  const key = currentIncidentKey(draft.system);
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const pointer = await store.get(key);
    const last = pointer && (await lastIncidentOf(store, draft.system));
    if (last?.status === 'open') return last;
    const incident = await withFreeId(store, draft);
    const condition = pointer ? { ifVersion: pointer.version } : ({ ifAbsent: true } as const);
    try {
      await store.put(key, toJson({ incident }), condition);
      return await createIncident(store, incident);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new ConflictError(`Incidents of "${draft.system}" are opened faster than this one can be`, {
    nextStep: 'Look at `lifeboat status`; something opens and resolves incidents without end.',
  });
}

async function openExercise(store: RecordStore, draft: Draft): Promise<Incident> {
  const real = await openIncidentOf(store, draft.system);
  if (real) {
    throw new RefusedError(`No ${draft.mode} while the incident ${real.id} is open`, {
      reasons: [`${real.id} (${real.scenario}) has been open since ${real.openedAt}`],
      nextStep: 'Finish that first, then `lifeboat resolve PLAN --by NAME`.',
    });
  }
  return createIncident(store, await withFreeId(store, draft));
}

/** An id that no other incident has. The same opening, repeated, finds its own. */
async function withFreeId(store: RecordStore, draft: Draft): Promise<Incident> {
  for (let ordinal = 1; ; ordinal++) {
    const incident = { id: buildIncidentId(draft.system, draft.openedAt, ordinal), ...draft };
    const stored = await store.get(incidentKey(incident.id));
    const other = stored && incidentSchema.parse(stored.data);
    if (!other || (other.status === 'open' && isSameOpening(other, incident))) return incident;
  }
}

function isSameOpening(a: Incident, b: Incident): boolean {
  return (
    a.scenario === b.scenario &&
    a.mode === b.mode &&
    a.openedAt === b.openedAt &&
    a.openedBy === b.openedBy &&
    a.outageStartedAt === b.outageStartedAt
  );
}
