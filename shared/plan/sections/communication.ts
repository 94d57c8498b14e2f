import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** Who is told what, how and when. */

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
