import * as z from 'zod';
import { modeSchema, onFailureSchema, stages } from '../../runbook/contract.ts';
import { durationSchema } from '../duration.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** What is done: phases of steps. */

/** Longer attempts would come near the limit of an execution's history; a person may take longer to answer. */
export const longestTimeoutSeconds = 8 * 3600;

/** A closed condition: one value, compared in one way. There is no grammar to get wrong at 3 a.m. */
export const conditionSchema = z
  .strictObject({
    value: z.string().meta({
      description:
        'One expression, such as ${steps.check-nodes.ready}; ${steps.<id>.status} is done, skipped, refused, failed or undone',
    }),
    is: z.union([z.string(), z.number(), z.boolean()]).optional(),
    isNot: z.union([z.string(), z.number(), z.boolean()]).optional(),
    atLeast: z.number().optional(),
    below: z.number().optional(),
  })
  .refine(
    ({ value: _, ...comparisons }) =>
      Object.values(comparisons).filter(value => value !== undefined).length === 1,
    'exactly one of is, isNot, atLeast and below',
  );
export type Condition = z.infer<typeof conditionSchema>;

const stepPlanSchema = z
  .strictObject({
    id,
    title: z.string().max(60).optional(),
    do: z.string().meta({ description: 'The action kind, such as rds.restore' }),
    with: z.record(z.string(), z.json()).default({}),
    timeout: durationSchema
      .refine(
        seconds => seconds <= longestTimeoutSeconds,
        'at most 8h; split what takes longer into two steps',
      )
      .optional(),
    onFailure: onFailureSchema.default('ask'),
    when: conditionSchema
      .optional()
      .meta({ description: 'Carried out only if this holds when its turn comes; skipped otherwise' }),
    modes: z.array(modeSchema).optional().meta({ description: 'Only in these modes; without it in all' }),
    ...tracing,
  })
  .meta({ description: 'One step: an action with its parameters' });
export type StepPlan = z.infer<typeof stepPlanSchema>;

/** A phase is a sequence of steps and of parallel groups; a branch of a group is a sequence of steps. */
const parallelPlanSchema = z.strictObject({
  parallel: z.array(z.array(stepPlanSchema).min(1)).min(2),
});
const phaseItemSchema = z.union([stepPlanSchema, parallelPlanSchema]);
export type PhaseItem = z.infer<typeof phaseItemSchema>;

export const phaseSchema = z.strictObject({
  id,
  title: z.string().max(60),
  stage: z.enum(stages).meta({ description: 'Which part of the RTO this phase counts to' }),
  within: durationSchema
    .optional()
    .meta({ description: 'When it must have ended, from the start of the outage' }),
  lasts: durationSchema.optional().meta({
    description: 'How long it may last by itself, such as the time in which nobody can write',
  }),
  tiers: z
    .array(id)
    .optional()
    .meta({ description: 'Tiers that are served again once this phase has ended' }),
  steps: z.array(phaseItemSchema).min(1),
  ...tracing,
});
export type Phase = z.infer<typeof phaseSchema>;
