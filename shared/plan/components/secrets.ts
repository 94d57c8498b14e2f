import * as z from 'zod';
import { base } from './base.ts';

/** Secrets and parameters that applications read. */

export const secret = z.strictObject({
  ...base,
  type: z.literal('secret'),
  name: z.string(),
  keys: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'Keys of its JSON that somebody reads; a rehearsal puts a value under each' }),
  replicaOf: z.string().optional().meta({
    description: 'Id of the secret in the primary region that Secrets Manager replicates into this one',
  }),
  rotation: z.enum(['database', 'other']).optional().meta({
    description: 'It has a rotation of its own: of the password of a database user, or of something else',
  }),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const secretsComponents = [secret] as const;
