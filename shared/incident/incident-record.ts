import * as z from 'zod';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { modeSchema } from '../runbook/contract.ts';
import { incidentIndexKey, incidentKey, prefixes } from './keys.ts';
import type { RecordStore } from './record-store.ts';
import { toJson, updateRecord } from './update-record.ts';

/** What Lifeboat knows of one incident besides its ledger. Times are ISO-8601 UTC. */
export const incidentSchema = z.object({
  id: z.string(),
  system: z.string(),
  scenario: z.string(),
  severity: z.string(),
  status: z.enum(['open', 'resolved']),
  mode: modeSchema,
  openedAt: z.string(),
  /** When the outage began, as far as signals tell. */
  outageStartedAt: z.string(),
  openedBy: z.string(),
  /** Whether triage has to start the run; false when a person is asked first or has started it already. */
  startRun: z.boolean(),
  /** Whether the ledger says all about the opening; false after a crash in between. */
  recorded: z.boolean().default(false),
  acknowledgedBy: z.string().optional(),
  acknowledgedAt: z.string().optional(),
  /** The newest run, and its execution as soon as it was started. */
  runId: z.string().optional(),
  executionArn: z.string().optional(),
  resolvedAt: z.string().optional(),
  resolvedBy: z.string().optional(),
});
export type Incident = z.infer<typeof incidentSchema>;

/** A drill or a dry-run is an incident of its own, and never the one that a real signal belongs to. */
export function isExercise(incident: Pick<Incident, 'mode'>): boolean {
  return incident.mode === 'drill' || incident.mode === 'dry-run';
}

/** `<system>-<opening time>`, such as `liquid-abt-20260310t164500z`; the n-th of the same second ends in `-n`. */
export function buildIncidentId(systemId: string, openedAt: string, ordinal = 1): string {
  const time = openedAt.slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `${systemId}-${time}z${ordinal > 1 ? `-${ordinal}` : ''}`;
}

/** The reverse of buildIncidentId; undefined for a text that is no incident id. */
export function parseIncidentId(
  id: string,
): { system: string; openedAt: string; ordinal: number } | undefined {
  const match = /^(.+)-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z(?:-(\d+))?$/.exec(id);
  if (!match) return undefined;
  const [, system = '', year, month, day, hour, minute, second, ordinal] = match;
  const openedAt = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return { system, openedAt, ordinal: Number(ordinal ?? 1) };
}

/** An incident, or undefined if there is none with this id. */
export async function readIncident(store: RecordStore, id: string): Promise<Incident | undefined> {
  const stored = await store.get(incidentKey(id));
  return stored && incidentSchema.parse(stored.data);
}

/**
 * Changes an incident; `change` is called again after a conflict and gets the newest form. Throws InvalidInputError
 * when there is no such incident.
 */
export async function updateIncident(
  store: RecordStore,
  id: string,
  change: (incident: Incident) => Incident,
): Promise<Incident> {
  const data = await updateRecord(store, incidentKey(id), current => {
    if (!current) {
      throw new InvalidInputError(`There is no incident "${id}"`, {
        nextStep: 'Look up the id with `lifeboat status`.',
      });
    }
    return toJson(incidentSchema.parse(change(incidentSchema.parse(current))));
  });
  return incidentSchema.parse(data);
}

/** Writes an incident and its line in the system's list, unless they are there already. Returns what stands. */
export async function createIncident(store: RecordStore, incident: Incident): Promise<Incident> {
  await putOnce(store, incidentKey(incident.id), incident);
  await putOnce(store, incidentIndexKey(incident.system, incident.openedAt, incident.id), {
    incidentId: incident.id,
  });
  return (await readIncident(store, incident.id)) ?? incident;
}

/** The newest incidents of a system, exercises included, newest first. */
export async function listIncidents(
  store: RecordStore,
  systemId: string,
  limit: number,
): Promise<Incident[]> {
  const { partition } = incidentIndexKey(systemId, '', '');
  const lines = await store.query({
    partition,
    sortPrefix: prefixes.incidentIndex,
    descending: true,
    limit,
  });
  const found: Incident[] = [];
  for (const line of lines) {
    const incident = await readIncident(
      store,
      z.object({ incidentId: z.string() }).parse(line.data).incidentId,
    );
    if (incident) found.push(incident);
  }
  return found;
}

async function putOnce(store: RecordStore, key: Parameters<RecordStore['put']>[0], data: object) {
  try {
    await store.put(key, toJson(data), { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
