import { durationSchema } from '../duration.ts';

/** Objectives of a severity or a tier, all optional. Every report measures them; a scenario may set its own. */
export const levelObjectives = {
  rto: durationSchema.optional().meta({ description: 'From the start of the outage until it serves again' }),
  rpo: durationSchema.optional().meta({ description: 'How much of the newest data may be lost' }),
  respondWithin: durationSchema.optional().meta({
    description: 'From the start of the outage until a run has begun or a person has acknowledged it',
  }),
};
