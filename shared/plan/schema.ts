import * as z from 'zod';
import { componentSchema } from './components.ts';
import { durationSchema } from './duration.ts';
import { regionSchema as region } from './region.ts';
import { backupSchema } from './sections/backups.ts';
import { id, isoDate } from './sections/base.ts';
import { calendarEntrySchema } from './sections/calendar.ts';
import { audienceSchema, channelSchema, personSchema, templateSchema } from './sections/communication.ts';
import { stepSecondsSchema } from './sections/estimates.ts';
import { followUpSchema } from './sections/follow-ups.ts';
import { levelObjectives } from './sections/objectives.ts';
import { dashboardSchema, recordsSchema } from './sections/records.ts';
import { responseSchema } from './sections/response.ts';
import { furtherRehearsalSchema, scenarioSchema } from './sections/scenarios.ts';
import { signalSchema } from './sections/signals.ts';
import { tracing } from './tracing.ts';

export * from './sections/backups.ts';
export * from './sections/calendar.ts';
export * from './sections/communication.ts';
export * from './sections/disasters.ts';
export * from './sections/follow-ups.ts';
export * from './sections/records.ts';
export * from './sections/response.ts';
export * from './sections/scenarios.ts';
export * from './sections/signals.ts';
export * from './sections/steps.ts';
export { tracing } from './tracing.ts';

/**
 * The plan file. Strict everywhere: an unknown key is an error. Durations are seconds once parsed. What a reader of
 * the YAML needs to know stands in `.meta({ description })`, from which the JSON Schema for editors is made. The parts
 * of a plan are in `sections/`, what a system consists of is in `components/`.
 */
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
      availabilityPercent: z
        .number()
        .min(0)
        .max(100)
        .optional()
        .meta({ description: 'Such as 99.9; every report says how much of the year it leaves was used' }),
      ...tracing,
    }),
    severities: z.record(
      id,
      z.strictObject({
        title: z.string(),
        updateEvery: durationSchema
          .optional()
          .meta({ description: 'How often audiences hear of it until the incident is resolved' }),
        ...levelObjectives,
        ...tracing,
      }),
    ),
    tiers: z
      .record(
        id,
        z.strictObject({ title: z.string(), services: z.array(z.string()), ...levelObjectives, ...tracing }),
      )
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
    response: responseSchema
      .prefault({})
      .meta({ description: 'How people work together while an incident is open' }),
    followUps: z
      .record(id, followUpSchema)
      .default({})
      .meta({ description: 'What is due around or after every incident, hours or weeks later' }),
    estimates: z.record(id, z.record(id, stepSecondsSchema)).optional().meta({
      description:
        'Seconds that steps take, by scenario and step, as drills have measured them; what rehearsals measured without it',
    }),
    escalation: z
      .array(
        z.strictObject({
          after: durationSchema,
          people: z.array(id).min(1),
          title: z.string(),
          severities: z.array(id).min(1).optional().meta({
            description: 'Only incidents of these severities get so far; of all without it',
          }),
          ...tracing,
        }),
      )
      .default([]),
    signals: z.record(id, signalSchema).default({}),
    scenarios: z.record(id, scenarioSchema),
    backups: z
      .record(id, backupSchema)
      .default({})
      .meta({ description: 'Every class of backups: what it must be like, and how a restore proves it' }),
    calendar: z
      .record(id, calendarEntrySchema)
      .default({})
      .meta({ description: 'What is done again and again: drills, tests of backups, reviews, checks' }),
    costs: z
      .strictObject({
        currency: z.string(),
        outagePerHour: z.number(),
        entries: z.array(z.strictObject({ title: z.string(), amount: z.string(), ...tracing })).default([]),
        ...tracing,
      })
      .optional(),
    records: recordsSchema.prefault({}),
    dashboard: dashboardSchema,
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
          .union([z.string(), z.record(id, z.string())])
          .optional()
          .meta({
            description:
              'SQL file, beside the plan, with the data of a rehearsal; or one file for each database component, by its id',
          }),
        exec: z
          .array(
            z.strictObject({
              command: z.string().meta({ description: 'Regular expression that the whole command matches' }),
              exitCode: z.number().int().min(0).max(255).default(0),
              output: z.string().default(''),
              takes: durationSchema.default(1),
            }),
          )
          .default([])
          .meta({
            description: 'How commands and Jobs in pods end in a rehearsal; the first that fits counts',
          }),
        files: z.record(id, z.record(z.string(), z.string())).default({}).meta({
          description:
            'Files beside the plan that lie in its buckets, such as bundles of manifests: by id of the s3-bucket and by key',
        }),
        quotas: z.record(z.string(), z.number().nonnegative()).default({}).meta({
          description:
            'Quotas of the recovery region that were raised, as <service>/<code>, such as fargate/L-3032A538; a rehearsal has the defaults of a new account without it',
        }),
        outageStart: z.iso
          .datetime({ offset: true, error: 'a time, such as 2026-03-10T16:42:00Z' })
          .default('2026-03-10T16:42:00Z'),
        further: z.array(furtherRehearsalSchema).default([]).meta({
          description:
            'Rehearsals beside every scenario in every mode: for what a run without faults never does, such as a step behind "when" or an escalation that nobody stops',
        }),
      })
      .prefault({}),
  })
  .meta({ title: 'Lifeboat plan' });

/** A plan after parsing: durations in seconds, defaults filled in. */
export type Plan = z.infer<typeof planSchema>;
