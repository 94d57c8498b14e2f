import * as z from 'zod';
import { modeSchema } from '../../runbook/contract.ts';
import { durationSchema } from '../duration.ts';
import { scheduleSchema } from '../schedule.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** What is done again and again while nothing is wrong: drills, tests of backups, reviews, checks. */

const doesSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('drill'),
      scenario: id,
      mode: modeSchema.exclude(['recover']).default('drill'),
      parameters: z.record(id, z.union([z.string(), z.number(), z.boolean()])).default({}),
    })
    .meta({ description: 'Starts a scenario as an exercise. Refused while an incident is open' }),
  z.strictObject({ type: z.literal('check'), scenario: id }).meta({
    description:
      'Runs a scenario whose steps only look, such as sql.query and http.check. People are told of what it finds, and of nothing else',
  }),
  z
    .strictObject({
      type: z.literal('backups'),
      operation: z.enum(['create', 'check', 'verify']),
      backups: z
        .array(id)
        .min(1)
        .optional()
        .meta({ description: 'Which ones; all that the operation is possible for if it is not said' }),
    })
    .meta({
      description: 'Makes, checks or proves backups. What has a schedule of its own is made by that already',
    }),
  z
    .strictObject({
      type: z.literal('task'),
      people: z.array(id).min(1).meta({ description: 'Who is told; ids of people' }),
      text: z.string().meta({ description: 'What they have to do' }),
      within: durationSchema
        .default(14 * 86_400)
        .meta({ description: 'When it must be done, from the day it is due' }),
    })
    .meta({ description: 'Something that a person does: a review, a tabletop exercise, a training' }),
]);

export const calendarEntrySchema = z.strictObject({
  title: z.string().max(80),
  schedule: scheduleSchema.meta({
    description: 'When. An at() that is past makes the entry overdue at once; it is never an error',
  }),
  does: doesSchema,
  ...tracing,
});
export type CalendarEntry = z.infer<typeof calendarEntrySchema>;
