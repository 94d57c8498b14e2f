import * as z from 'zod';
import { modeSchema, onFailureSchema, stages } from '../runbook/contract.ts';
import { componentSchema } from './components.ts';
import { durationSchema } from './duration.ts';
import { regionSchema as region } from './region.ts';
import { tracing } from './tracing.ts';

export { tracing } from './tracing.ts';

/**
 * The plan file. Strict everywhere: an unknown key is an error. Durations are seconds once parsed. What a reader of
 * the YAML needs to know stands in `.meta({ description })`, from which the JSON Schema for editors is made.
 */

const id = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens, such as region-failure')
  .max(40);

const isoDate = z.iso.date('a date, such as 2026-03-10');

/** Longer attempts would come near the limit of an execution's history; a person may take longer to answer. */
export const longestTimeoutSeconds = 8 * 3600;

export const stepPlanSchema = z
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
    modes: z.array(modeSchema).optional().meta({ description: 'Only in these modes; without it in all' }),
    ...tracing,
  })
  .meta({ description: 'One step: an action with its parameters' });
export type StepPlan = z.infer<typeof stepPlanSchema>;

/** A phase is a sequence of steps and of parallel groups; a branch of a group is a sequence of steps. */
export const parallelPlanSchema = z.strictObject({
  parallel: z.array(z.array(stepPlanSchema).min(1)).min(2),
});
export const phaseItemSchema = z.union([stepPlanSchema, parallelPlanSchema]);
export type PhaseItem = z.infer<typeof phaseItemSchema>;

export const phaseSchema = z.strictObject({
  id,
  title: z.string().max(60),
  stage: z.enum(stages).meta({ description: 'Which part of the RTO this phase counts to' }),
  within: durationSchema
    .optional()
    .meta({ description: 'When it must have ended, from the start of the outage' }),
  steps: z.array(phaseItemSchema).min(1),
  ...tracing,
});
export type Phase = z.infer<typeof phaseSchema>;

/** One observer of the system. Signals with the same `observer` are not independent of each other. */
const signalBase = { title: z.string(), observer: id, ...tracing };
export const signalSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...signalBase,
    type: z.literal('heartbeat'),
    /** The primary region sends a heartbeat event every minute; the alarm fires when they stop. */
    missing: durationSchema.meta({ description: 'How long without a heartbeat until the alarm fires' }),
  }),
  z.strictObject({
    ...signalBase,
    type: z.literal('alarm'),
    alarmName: z.string().meta({ description: 'A CloudWatch alarm that exists in the recovery region' }),
  }),
  z.strictObject({
    ...signalBase,
    type: z.literal('probe'),
    url: z.string(),
    every: durationSchema,
    failures: z
      .number()
      .int()
      .positive()
      .meta({ description: 'Failed probes in a row until the signal fires' }),
    expectStatus: z.number().int().default(200),
    timeout: durationSchema.default(10),
  }),
  z.strictObject({
    ...signalBase,
    type: z.literal('health'),
    region,
    services: z.array(z.string()).min(1).meta({ description: 'AWS Health service codes, such as RDS, EC2' }),
  }),
  z.strictObject({
    ...signalBase,
    type: z.literal('rds-event'),
    component: id,
    firing: z.array(z.string()).min(1).meta({ description: 'Event ids, such as RDS-EVENT-0013' }),
    clear: z.array(z.string()).default([]),
  }),
]);
export type SignalPlan = z.infer<typeof signalSchema>;

export const triggerSchema = z.strictObject({
  signals: z.array(id),
  quorum: z.number().int().positive().meta({ description: 'How many independent observers must agree' }),
  sustained: durationSchema.meta({ description: 'How long they must agree' }),
  coolDown: durationSchema.meta({ description: 'How long after the last incident nothing starts by itself' }),
  start: z
    .enum(['automatic', 'manual'])
    .meta({ description: 'automatic: the run starts by itself; manual: a person is asked to start it' }),
  ...tracing,
});
export type Trigger = z.infer<typeof triggerSchema>;

/** What goes wrong when the scenario is rehearsed. */
export const disasterSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('region-loss'),
    region: z.enum(['primary', 'recovery']),
  }),
  z.strictObject({
    type: z.literal('database-failure'),
    component: id.meta({ description: 'The rds-instance whose primary host fails' }),
    selfHealing: z.boolean().default(true).meta({ description: 'Whether RDS fails over by itself' }),
  }),
]);
export type Disaster = z.infer<typeof disasterSchema>;

export const scenarioSchema = z.strictObject({
  title: z.string(),
  disaster: disasterSchema.optional().meta({ description: 'What goes wrong when the scenario is rehearsed' }),
  severity: id.meta({ description: 'One of the severities' }),
  trigger: triggerSchema.optional(),
  manualOnly: z.boolean().optional().meta({ description: 'No signal opens it; a person does' }),
  modes: z.array(modeSchema).min(1),
  rto: durationSchema.optional().meta({ description: "Overrides the plan's RTO" }),
  rpo: durationSchema.optional(),
  parameters: z
    .record(
      id,
      z.strictObject({ description: z.string(), default: z.union([z.string(), z.number(), z.boolean()]) }),
    )
    .default({}),
  audiences: z.array(id).default([]).meta({ description: 'Told when it opens and when it ends' }),
  phases: z.array(phaseSchema).min(1),
  ...tracing,
});
export type Scenario = z.infer<typeof scenarioSchema>;

export const channelSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('sns'),
    topic: z
      .string()
      .meta({ description: 'Name of a topic that the deployment makes in the recovery region' }),
    protocol: z.enum(['email', 'sms', 'other']),
    ...tracing,
  }),
]);
export type Channel = z.infer<typeof channelSchema>;

export const personSchema = z.strictObject({
  name: z.string(),
  roles: z.array(id).default([]),
  contact: z
    .string()
    .regex(/^(secret|ssm):/, 'a reference, never a number or an address itself')
    .optional(),
  channel: id,
  drill: z
    .boolean()
    .optional()
    .meta({ description: 'Also escalated to in drills; a question reaches a person in every mode' }),
  ...tracing,
});

export const audienceSchema = z.strictObject({
  title: z.string(),
  information: z.enum(['technical', 'executive', 'customer', 'partner', 'regulator']),
  channels: z.array(id).min(1).meta({ description: 'In order: the next one is used when one refuses' }),
  within: durationSchema.meta({ description: 'Told at the latest this long after the incident opened' }),
  drill: z.boolean().default(false).meta({ description: 'Also told of drills' }),
  ...tracing,
});

export const templateSchema = z.strictObject({
  subject: z.string().max(100),
  text: z.string(),
  ...tracing,
});

export const planSchema = z
  .strictObject({
    lifeboat: z.literal(1).meta({ description: 'Version of the plan format' }),
    system: z.strictObject({
      id,
      title: z.string(),
      owner: z.string(),
      version: z.string(),
      reviewed: isoDate.meta({ description: 'Date of the last review' }),
      nextReview: isoDate.optional(),
      ...tracing,
    }),
    regions: z.strictObject({ primary: region, recovery: region, ...tracing }),
    objectives: z.strictObject({
      rto: durationSchema,
      rpo: durationSchema,
      availabilityPercent: z.number().optional(),
      ...tracing,
    }),
    severities: z.record(
      id,
      z.strictObject({ title: z.string(), updateEvery: durationSchema.optional(), ...tracing }),
    ),
    tiers: z
      .record(id, z.strictObject({ title: z.string(), services: z.array(z.string()), ...tracing }))
      .default({}),
    network: z
      .strictObject({
        subnets: z
          .array(z.string().regex(/^subnet-[0-9a-f]+$/, 'a subnet id, such as subnet-0a1b2c3d4e5f60718'))
          .min(1),
        securityGroups: z
          .array(z.string().regex(/^sg-[0-9a-f]+$/, 'a security group id, such as sg-0a1b2c3d4e5f60718'))
          .min(1),
        ...tracing,
      })
      .optional()
      .meta({
        description:
          'Where in the recovery region functions run that connect to databases, caches and clusters',
      }),
    components: z.record(id, componentSchema),
    people: z.record(id, personSchema),
    channels: z.record(id, channelSchema),
    audiences: z.record(id, audienceSchema),
    templates: z.record(id, templateSchema).default({}),
    escalation: z
      .array(
        z.strictObject({
          after: durationSchema,
          people: z.array(id).min(1),
          title: z.string(),
          ...tracing,
        }),
      )
      .default([]),
    signals: z.record(id, signalSchema).default({}),
    scenarios: z.record(id, scenarioSchema),
    costs: z
      .strictObject({
        currency: z.string(),
        outagePerHour: z.number(),
        entries: z.array(z.strictObject({ title: z.string(), amount: z.string(), ...tracing })).default([]),
        ...tracing,
      })
      .optional(),
    documents: z
      .array(
        z.strictObject({
          title: z.string(),
          text: z.string().optional(),
          url: z.string().optional(),
          ...tracing,
        }),
      )
      .default([]),
    rehearsal: z
      .strictObject({
        database: z
          .string()
          .optional()
          .meta({ description: 'SQL file, beside the plan, with the data of a rehearsal' }),
        outageStart: z.iso
          .datetime({ offset: true, error: 'a time, such as 2026-03-10T16:42:00Z' })
          .default('2026-03-10T16:42:00Z'),
      })
      .prefault({}),
  })
  .meta({ title: 'Lifeboat plan' });

/** A plan after parsing: durations in seconds, defaults filled in. */
export type Plan = z.infer<typeof planSchema>;
