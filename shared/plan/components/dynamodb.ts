import * as z from 'zod';
import { base } from './base.ts';

/** Tables in Amazon DynamoDB. */

/** A table as it is in one region: a single table, or that region's replica of a global table. */
export const dynamodbTable = z.strictObject({
  ...base,
  type: z.literal('dynamodb-table'),
  name: z.string().meta({
    description: 'A component of the same name in each of two regions is one global table',
  }),
  pointInTime: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether point-in-time recovery is on; a rehearsal begins with it' }),
  heartbeat: z
    .strictObject({
      key: z.record(z.string(), z.union([z.string(), z.number()])).meta({ description: 'Key of the item' }),
      attribute: z.string().meta({ description: 'Attribute with the time: ISO-8601, or seconds or ms' }),
    })
    .optional()
    .meta({
      description:
        'An item that the application rewrites all the time in its primary region; its age is the loss',
    }),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const dynamodbComponents = [dynamodbTable] as const;
