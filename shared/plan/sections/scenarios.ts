import * as z from 'zod';
import { modeSchema } from '../../runbook/contract.ts';
import { durationSchema } from '../duration.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';
import { disasterSchema } from './disasters.ts';
import { followUpSchema } from './follow-ups.ts';
import { triggerSchema } from './signals.ts';
import { phaseSchema } from './steps.ts';

export const scenarioSchema = z.strictObject({
  title: z.string(),
  disaster: disasterSchema.optional().meta({ description: 'What goes wrong when the scenario is rehearsed' }),
  failbackOf: id
    .optional()
    .meta({ description: 'The scenario that this one goes back from; it is rehearsed on top of that one' }),
  severity: id.meta({ description: 'One of the severities' }),
  trigger: triggerSchema.optional(),
  manualOnly: z.boolean().optional().meta({ description: 'No signal opens it; a person does' }),
  modes: z.array(modeSchema).min(1),
  tiers: z.array(id).optional().meta({
    description: 'Tiers that it takes down, each measured against its own objectives; without it all of them',
  }),
  tierObjectives: z
    .record(
      id,
      z
        .strictObject({ rto: durationSchema.optional(), rpo: durationSchema.optional() })
        .refine(({ rto, rpo }) => rto !== undefined || rpo !== undefined, 'at least one of rto and rpo'),
    )
    .default({})
    .meta({
      description:
        "Objectives of a tier that hold in this scenario and go before the tier's own, such as a longer RTO when the whole region is lost. Say why in a comment",
    }),
  rto: durationSchema.optional().meta({ description: "Goes before the severity's and the plan's RTO" }),
  rpo: durationSchema.optional().meta({ description: "Goes before the severity's and the plan's RPO" }),
  parameters: z
    .record(
      id,
      z.strictObject({ description: z.string(), default: z.union([z.string(), z.number(), z.boolean()]) }),
    )
    .default({}),
  audiences: z.array(id).default([]).meta({ description: 'Told when it opens and when it ends' }),
  impact: z
    .string()
    .optional()
    .meta({ description: 'What it means for users, in words that may be told to them' }),
  services: z
    .array(z.string())
    .default([])
    .meta({ description: 'Services that are affected, by their names' }),
  followUps: z
    .record(id, followUpSchema)
    .default({})
    .meta({ description: 'What is due around or after an incident of this scenario' }),
  phases: z.array(phaseSchema).min(1),
  ...tracing,
});
export type Scenario = z.infer<typeof scenarioSchema>;

/** A rehearsal that the plan asks for by itself. */
export const furtherRehearsalSchema = z.strictObject({
  id,
  title: z.string().optional().meta({ description: 'What it shows' }),
  scenario: id.meta({ description: 'One of the scenarios' }),
  mode: modeSchema.default('recover'),
  seed: z.number().int().nonnegative().default(1),
  faults: z
    .array(z.string())
    .default([])
    .meta({ description: 'As given to rehearse --fault, such as no-approval' }),
  parameters: z
    .record(id, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta({ description: 'As given to rehearse --set' }),
});
