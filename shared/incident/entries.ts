import * as z from 'zod';
import { verificationSchema } from '../backups/verify/record.ts';
import { answerSchema, modeSchema, outcomeSchema, questionKindSchema } from '../runbook/contract.ts';

/**
 * What the ledger of an incident may say. Everything that happened is one of these, appended once and never changed;
 * the report, the status command and the messages are made from them and from nothing else. Times are ISO-8601 UTC.
 */
const evidence = z.array(z.object({ what: z.string(), data: z.record(z.string(), z.json()).optional() }));
const reasons = z.array(z.object({ what: z.string(), mend: z.string() }));

const stepStatuses = [
  'preparing',
  'acting',
  'asking',
  'done',
  'skipped',
  'refused',
  'failed',
  'undoing',
  'undone',
] as const;
export const stepStatusSchema = z.enum(stepStatuses);
export type StepStatus = z.infer<typeof stepStatusSchema>;

export const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('signal'),
    signal: z.string(),
    observer: z.string(),
    state: z.enum(['firing', 'clear', 'unknown']),
    since: z.string(),
    what: z.string(),
  }),
  z.object({
    type: z.literal('triage'),
    decision: z.enum(['open', 'attach', 'ignore', 'refuse']),
    scenario: z.string(),
    reasons: z.array(z.string()),
  }),
  z.object({
    type: z.literal('incident-opened'),
    scenario: z.string(),
    severity: z.string(),
    mode: modeSchema,
    outageStartedAt: z.string(),
    by: z.string(),
  }),
  z.object({
    type: z.literal('run-started'),
    run: z.string(),
    scenario: z.string(),
    mode: modeSchema,
    execution: z.string(),
  }),
  z.object({ type: z.literal('phase-started'), run: z.string(), phase: z.string() }),
  z.object({
    type: z.literal('phase-ended'),
    run: z.string(),
    phase: z.string(),
    ok: z.boolean(),
    failedSteps: z.array(z.string()),
  }),
  z.object({
    type: z.literal('step'),
    run: z.string(),
    phase: z.string(),
    step: z.string(),
    action: z.string(),
    status: stepStatusSchema,
    attempt: z.number().int(),
    note: z.string().optional(),
    evidence: evidence.optional(),
    outputs: z.record(z.string(), z.json()).optional(),
    reasons: reasons.optional(),
    error: z.string().optional(),
  }),
  z.object({
    type: z.literal('change'),
    run: z.string(),
    step: z.string(),
    call: z.string(),
    region: z.string(),
    resource: z.string(),
    what: z.string(),
  }),
  z.object({
    type: z.literal('question'),
    run: z.string(),
    step: z.string(),
    question: z.string(),
    kind: questionKindSchema,
    title: z.string(),
    askedOf: z.array(z.string()),
    answerWithinSeconds: z.number(),
  }),
  z.object({
    type: z.literal('answer'),
    run: z.string(),
    step: z.string(),
    question: z.string(),
    answer: answerSchema,
    via: z.enum(['link', 'cli', 'console', 'timer']),
  }),
  z.object({
    type: z.literal('message'),
    key: z.string(),
    audience: z.string(),
    channel: z.string(),
    template: z.string(),
    status: z.enum(['sent', 'failed']),
    dueAt: z.string(),
    providerId: z.string().optional(),
    error: z.string().optional(),
  }),
  z.object({
    type: z.literal('escalated'),
    level: z.number().int(),
    people: z.array(z.string()),
    /** Title of the task that nobody has done; without it, the incident itself was escalated. */
    task: z.string().optional(),
  }),
  z.object({
    type: z.literal('acknowledged'),
    by: z.string(),
    /** `answer`: by deciding what was asked. */
    via: z.enum(['link', 'cli', 'console', 'slack', 'pagerduty', 'answer']),
  }),
  z.object({
    type: z.literal('message-late'),
    key: z.string(),
    audience: z.string(),
    template: z.string(),
    dueAt: z.string(),
  }),
  z.object({
    type: z.literal('task-set'),
    task: z.string(),
    title: z.string(),
    /** People who do it, or the audience that is told. */
    owners: z.array(z.string()),
    /** Nobody does anything: the owners are told then. */
    tell: z.literal(true).optional(),
    dueAt: z.string(),
    obligation: z.string().optional(),
  }),
  z.object({
    type: z.literal('task-done'),
    task: z.string(),
    title: z.string(),
    by: z.string(),
    evidence: z.string(),
    via: z.enum(['link', 'cli']),
  }),
  z.object({
    type: z.literal('task-overdue'),
    task: z.string(),
    title: z.string(),
    owners: z.array(z.string()),
  }),
  // A link by which somebody decides, or a request in the name of Slack or PagerDuty.
  z.object({
    type: z.literal('link-refused'),
    question: z.string().optional(),
    from: z.enum(['slack', 'pagerduty']).optional(),
    why: z.string(),
  }),
  z.object({
    type: z.literal('run-ended'),
    run: z.string(),
    outcome: outcomeSchema,
    reasons,
  }),
  z.object({ type: z.literal('incident-resolved'), by: z.string() }),
  z.object({ type: z.literal('note'), by: z.string(), what: z.string() }),
  // The ledger of a system's backups has these; no incident does.
  z.object({
    type: z.literal('backup-created'),
    backup: z.string(),
    id: z.string(),
    sourceTime: z.string(),
    by: z.string(),
    removed: z.array(z.string()),
  }),
  z.object({
    type: z.literal('backup-copied'),
    backup: z.string(),
    begun: z.array(z.string()),
    removed: z.array(z.string()),
    by: z.string(),
  }),
  z.object({
    type: z.literal('backup-checked'),
    backup: z.string(),
    verdict: z.enum(['ok', 'finding', 'unknown']),
    findings: z.array(z.object({ name: z.string(), what: z.string(), mend: z.string() })),
    lossSeconds: z.number().nullable(),
    by: z.string(),
  }),
  z.object({ type: z.literal('backup-verified'), verification: verificationSchema }),
  z.object({ type: z.literal('calendar-due'), entry: z.string(), dueAt: z.string(), what: z.string() }),
]);
export type Entry = z.infer<typeof entrySchema>;
export type EntryOf<T extends Entry['type']> = Extract<Entry, { type: T }>;

/** An entry in its place: `hash` is SHA-256 over the canonical JSON of everything else, `previousHash` included. */
export type LedgerEntry = { seq: number; at: string; entry: Entry; previousHash: string; hash: string };
