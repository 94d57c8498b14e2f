import * as z from 'zod';
import type { Json } from '../json.ts';

/**
 * What passes between the compiled state machines and the handlers. State machines carry this and nothing else:
 * what steps found out (baselines, outputs, evidence) lives in the record store, so that a state never nears the
 * 256 KB payload limit and a crashed handler finds its work again.
 */

/** recover: forced. planned: graceful, no data loss. drill: on isolated copies. dry-run: prepare all, change nothing. */
export const modes = ['recover', 'planned', 'drill', 'dry-run'] as const;
export const modeSchema = z.enum(modes);
export type Mode = z.infer<typeof modeSchema>;

/** Which part of the RTO a phase belongs to. */
export const stages = ['decide', 'execute', 'verify'] as const;
export type Stage = (typeof stages)[number];

const jsonValue: z.ZodType<Json> = z.json() as z.ZodType<Json>;

/** One run of one scenario. Times are ISO-8601 UTC. */
export const runSchema = z.object({
  id: z.string(),
  incidentId: z.string(),
  system: z.string(),
  scenario: z.string(),
  mode: modeSchema,
  startedAt: z.string(),
  /** When the outage began, as far as signals tell; the clock of RTO and of escalation starts here. */
  outageStartedAt: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Of a failback only: the run that it goes back from, whose outputs are `${failover.steps…}`. */
  failover: z.string().optional(),
});
export type Run = z.infer<typeof runSchema>;

/** stop: end the run. continue: note it and go on. undo: undo this step, then end the run. ask: a person decides. */
export const onFailureSchema = z.enum(['stop', 'continue', 'undo', 'ask']);

/** One step as the compiler bakes it into a state machine. */
export const stepSchema = z.object({
  id: z.string(),
  phase: z.string(),
  title: z.string(),
  /** Kind, such as `rds.restore`: the part before the dot is the family, that is the Lambda function. */
  action: z.string(),
  /** Parameters with components filled in and `${run…}`, `${incident…}`, `${steps…}` expressions left. */
  with: z.record(z.string(), jsonValue),
  timeoutSeconds: z.number().int().positive(),
  onFailure: onFailureSchema,
  /** Modes in which it is carried out; in all others it is skipped. */
  modes: z.array(modeSchema),
  /** Carried out only if this holds; `value` is an expression that is resolved when the step's turn comes. */
  when: z
    .object({
      value: z.string(),
      is: z.union([z.string(), z.number(), z.boolean()]).optional(),
      isNot: z.union([z.string(), z.number(), z.boolean()]).optional(),
      atLeast: z.number().optional(),
      below: z.number().optional(),
    })
    .optional(),
  /** ARN of the family's Lambda function; the compiler always bakes it in, and the state machines call it. */
  function: z.string().optional(),
});
export type Step = z.infer<typeof stepSchema>;

/** The step machine calls a family's function with one of these. */
const stepOperations = ['prepare', 'act', 'observe', 'undo', 'settle', 'answer'] as const;
export const stepEventSchema = z.object({
  operation: z.enum(stepOperations),
  run: runSchema,
  step: stepSchema,
  /** `settle` only: the caught error of the state that failed. */
  failure: z.object({ Error: z.string(), Cause: z.string().optional() }).optional(),
  /** `answer` only: what the ask machine returned. */
  answer: z.lazy(() => answerSchema).optional(),
});
export type StepEvent = z.infer<typeof stepEventSchema>;

/**
 * What the function answers. `next` is what the step machine's Choice looks at; `waitSeconds` is always present
 * (0 when not used) because JSONPath must find it in every engine.
 *
 * prepare: act | observe | pending | ask | done | skipped (refusals are thrown as RefusedError)
 * act:     observe | pending | done
 * observe: pending | done (failures are thrown); `pending` with 0 seconds goes on looking at once
 * settle:  stop | continue | undo | ask
 * undo:    pending | done
 * answer:  done | retry | skipped | undo | stop
 *
 * A failure of an undo is settled too, so that it is recorded; the reply is not looked at then. The same goes for a
 * person's decision to end the run, which `answer` throws.
 */
export type StepReply = {
  next: 'act' | 'ask' | 'observe' | 'pending' | 'done' | 'skipped' | 'stop' | 'continue' | 'undo' | 'retry';
  waitSeconds: number;
  /** Time that a person has to answer; 0 unless `next` is `ask`. */
  answerWithinSeconds: number;
};

/** approval: may this go on? failed-step: retry, skip or abort? task: has it been done? */
export const questionKindSchema = z.enum(['approval', 'failed-step', 'task']);
export const answerValues = ['approve', 'deny', 'retry', 'skip', 'abort', 'done', 'timeout'] as const;
export const answerSchema = z.object({
  value: z.enum(answerValues),
  by: z.string(),
  at: z.string(),
  reason: z.string().optional(),
});
export type Answer = z.infer<typeof answerSchema>;

/** The run function (`handlers/run.ts`) is called by the runbook with one of these. */
export const runEventSchema = z.discriminatedUnion('operation', [
  z.object({
    operation: z.literal('open'),
    system: z.string(),
    scenario: z.string(),
    executionArn: z.string(),
    executionName: z.string(),
    executionStartedAt: z.string(),
    /** Whatever the execution was started with: `{}` at the least. */
    input: jsonValue,
  }),
  z.object({ operation: z.literal('phase-started'), run: runSchema, phase: z.string() }),
  /** Throws PhaseFailedError if a required step of the phase is neither done nor skipped; else begins the next one. */
  z.object({
    operation: z.literal('phase-ended'),
    run: runSchema,
    phase: z.string(),
    next: z.string().optional(),
  }),
  /** Picks the next step to undo, for tear-down: `{next: 'undo', step}` or `{next: 'done'}`. */
  z.object({ operation: z.literal('next-undo'), run: runSchema }),
  z.object({
    operation: z.literal('close'),
    run: runSchema,
    /** null when nothing failed: a state machine can't leave a key out. */
    failure: z
      .object({ Error: z.string(), Cause: z.string().optional() })
      .nullish()
      .transform(failure => failure ?? undefined),
  }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;

export const outcomes = ['recovered', 'refused', 'aborted', 'failed'] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;
