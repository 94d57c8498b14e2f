import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { tracing } from '../tracing.ts';

/** How people work together while an incident is open, and what messages say of it. */
export const responseSchema = z.strictObject({
  acknowledgementLasts: durationSchema.optional().meta({
    description:
      'How long an acknowledgement stops the escalation; it goes on after that unless the incident is resolved',
  }),
  contact: z.string().optional().meta({ description: 'How readers of messages reach somebody' }),
  statusPage: z.url().optional().meta({ description: 'Address of the public status page' }),
  bridge: z.string().optional().meta({ description: 'Where those who work on it meet: a call, a room' }),
  reportWithin: durationSchema
    .default(172_800)
    .meta({ description: 'When the full report is promised, from the end; 48h without it' }),
  ...tracing,
});
