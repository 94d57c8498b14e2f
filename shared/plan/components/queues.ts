import * as z from 'zod';
import { id } from '../sections/base.ts';
import { base } from './base.ts';

/** Where work waits. */

export const sqsQueue = z.strictObject({
  ...base,
  type: z.literal('sqs-queue'),
  name: z
    .string()
    .regex(/^[\w-]{1,75}(\.fifo)?$|^[\w-]{1,80}$/, 'the name of a queue, such as orders or orders.fifo')
    .meta({ description: 'Name of the queue, not its URL; its account is the one that Lifeboat runs in' }),
  kmsKey: z
    .string()
    .regex(/^arn:/, 'the ARN of a KMS key')
    .optional()
    .meta({ description: 'ARN of the key that its messages are encrypted with, if it is one of your own' }),
  deadLetters: id.optional().meta({
    description: 'Id of the sqs-queue that gets what could not be processed',
  }),
  takenBy: id.optional().meta({
    description:
      'Id of what takes its messages: an event source mapping, a service, a group. A rehearsal empties the queue only while that one works',
  }),
  waiting: z
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'Messages that wait in it when a rehearsal begins' }),
});

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const queueComponents = [sqsQueue] as const;
