import { InvalidInputError } from '../errors.ts';
import type { RecordKey } from './record-store.ts';

/**
 * Every key of the table, built and parsed here and nowhere else. A partition is what is read together: a system, an
 * incident, a run. Numbers in sort keys are padded and times are ISO-8601, so that sorting is order.
 */

/** Sort-key prefixes, for queries. */
export const prefixes = {
  signal: 'SIGNAL#',
  probe: 'PROBE#',
  page: 'PAGE#',
  failover: 'FAILOVER#',
  incidentIndex: 'INCIDENT-INDEX#',
  measured: 'MEASURED#',
  ledger: 'LEDGER#',
  question: 'QUESTION#',
  message: 'MESSAGE#',
  channel: 'CHANNEL#',
  task: 'TASK#',
  once: 'ONCE#',
  step: 'STEP#',
  backup: 'BACKUP#',
  verification: 'VERIFICATION#',
  calendarTask: 'CALENDAR-TASK#',
} as const;

/** Digits of a sequence number in a sort key: a ledger of up to 999,999 entries. */
const sequenceDigits = 6;

const system = (id: string) => `SYSTEM#${id}`;
const incident = (id: string) => `INCIDENT#${id}`;
const run = (id: string) => `RUN#${id}`;

/** One run per system: who holds it. */
export const lockKey = (systemId: string): RecordKey => ({ partition: system(systemId), sort: 'LOCK' });
/** Who asked for the newest run. */
export const startClaimKey = (systemId: string): RecordKey => ({
  partition: system(systemId),
  sort: 'START',
});
/** Whether runs may start by themselves. */
export const switchKey = (systemId: string): RecordKey => ({ partition: system(systemId), sort: 'SWITCH' });
/** The newest incident of a system that was not an exercise. */
export const currentIncidentKey = (systemId: string): RecordKey => ({
  partition: system(systemId),
  sort: 'CURRENT-INCIDENT',
});
/** What triage decided last while no incident was open, for `lifeboat status`. */
export const triageKey = (systemId: string): RecordKey => ({ partition: system(systemId), sort: 'TRIAGE' });
/** What is known of one signal of the plan. */
export const signalKey = (systemId: string, signalId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.signal}${signalId}`,
});
/** Failed probes in a row of one probe signal. */
export const probeKey = (systemId: string, signalId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.probe}${signalId}`,
});
/** A page that was sent by triage, so that it is not sent every minute. */
export const pageKey = (systemId: string, key: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.page}${key}`,
});
/** One line of the system's list of incidents, oldest first. */
export const incidentIndexKey = (systemId: string, openedAt: string, incidentId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.incidentIndex}${openedAt}#${incidentId}`,
});

/** What the runs of an incident measured, so that their ledger is not read again for every page. */
export const measuredKey = (systemId: string, incidentId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.measured}${incidentId}`,
});

/** The run of a scenario whose result stands until somebody goes back from it. */
export const failoverKey = (systemId: string, scenarioId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.failover}${scenarioId}`,
});

/** What is known of one class of backups: its newest check, its newest proof, sizes seen so far. */
export const backupKey = (systemId: string, backupId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.backup}${backupId}`,
});
/** A restore that proves a backup, while it is under way and afterwards. */
export const verificationKey = (systemId: string, verificationId: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.verification}${verificationId}`,
});
/** What became of an entry of the calendar that a person has to do. */
export const calendarTaskKey = (systemId: string, entry: string, dueAt: string): RecordKey => ({
  partition: system(systemId),
  sort: `${prefixes.calendarTask}${entry}#${dueAt}`,
});

export const incidentKey = (incidentId: string): RecordKey => ({
  partition: incident(incidentId),
  sort: 'META',
});
export const ledgerKey = (incidentId: string, seq: number): RecordKey => ({
  partition: incident(incidentId),
  sort: `${prefixes.ledger}${String(seq).padStart(sequenceDigits, '0')}`,
});
export const questionKey = (incidentId: string, questionId: string): RecordKey => ({
  partition: incident(incidentId),
  sort: `${prefixes.question}${questionId}`,
});
export const messageKey = (incidentId: string, messageId: string): RecordKey => ({
  partition: incident(incidentId),
  sort: `${prefixes.message}${messageId}`,
});
/** What a person has to do, or an audience has to be told, around or after an incident. */
export const taskKey = (incidentId: string, taskId: string): RecordKey => ({
  partition: incident(incidentId),
  sort: `${prefixes.task}${taskId}`,
});
/** How many links that nobody signed were noted in the ledger within the hour. */
export const refusedLinksKey = (incidentId: string): RecordKey => ({
  partition: incident(incidentId),
  sort: 'REFUSED-LINKS',
});
/** What a channel of the plan remembers of an incident: the thread, or the provider's own incident. */
export const channelKey = (incidentId: string, channelId: string): RecordKey => ({
  partition: incident(incidentId),
  sort: `${prefixes.channel}${channelId}`,
});
/** Marks where in the ledger the entry with this idempotency key is, or is about to be. */
export const onceKey = (incidentId: string, idempotencyKey: string): RecordKey => ({
  partition: incident(incidentId),
  sort: `${prefixes.once}${idempotencyKey}`,
});

export const runKey = (runId: string): RecordKey => ({ partition: run(runId), sort: 'META' });
export const stepKey = (runId: string, stepId: string): RecordKey => ({
  partition: run(runId),
  sort: `${prefixes.step}${stepId}`,
});

/** What a partition holds. */
export type Partition = { kind: 'system' | 'incident' | 'run'; id: string };

/** The reverse of how partitions are built; undefined for a text that is none of ours. */
export function parsePartition(partition: string): Partition | undefined {
  const match = /^(SYSTEM|INCIDENT|RUN)#(.+)$/s.exec(partition);
  if (!match?.[1] || !match[2]) return undefined;
  return { kind: match[1].toLowerCase() as Partition['kind'], id: match[2] };
}

/** What follows a prefix in a sort key, such as the signal's id in `SIGNAL#heartbeat`. */
export function parseSort(sort: string, prefix: keyof typeof prefixes): string | undefined {
  const start = prefixes[prefix];
  return sort.startsWith(start) && sort.length > start.length ? sort.slice(start.length) : undefined;
}

/** The sequence number in `LEDGER#000042`; undefined if it is no ledger key. */
export function parseLedgerSort(sort: string): number | undefined {
  const digits = parseSort(sort, 'ledger');
  return digits && /^\d{6}$/.test(digits) ? Number(digits) : undefined;
}

/** DynamoDB's limits: a partition key of 1 to 2048 bytes, a sort key of 1 to 1024 bytes. */
export function assertKey(key: RecordKey): void {
  const tooLong = (text: string, bytes: number) => text.length > bytes / 4 && Buffer.byteLength(text) > bytes;
  if (key.partition && key.sort && !tooLong(key.partition, 2048) && !tooLong(key.sort, 1024)) return;
  throw new InvalidInputError(
    `"${key.partition.slice(0, 80)}" / "${key.sort.slice(0, 80)}" is no record key: empty or too long`,
    { nextStep: 'Shorten the id that it is built from; a sort key has at most 1024 bytes.' },
  );
}
