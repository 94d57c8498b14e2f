import * as z from 'zod';

const recipientSchema = z.union([z.object({ audience: z.string() }), z.object({ person: z.string() })]);
export type Recipient = z.infer<typeof recipientSchema>;

/**
 * One message to one recipient. `key` is stable: the same message has the same key however often it is computed, and
 * is sent under it once. `sendAt` is when it leaves, `dueAt` its deadline.
 */
export const plannedMessageSchema = z.object({
  key: z.string(),
  to: recipientSchema,
  /** Ids of channels of the plan, in the order in which they are tried. */
  channels: z.array(z.string()).readonly(),
  template: z.string(),
  sendAt: z.string(),
  dueAt: z.string(),
  /** Id of the question that it is about. */
  question: z.string().optional(),
  /** Level of the escalation that it belongs to, from 1. */
  level: z.number().optional(),
  /** Whether it calls again because an acknowledgement has lapsed. */
  again: z.boolean().optional(),
  /** Key of the message that could not be delivered and that this one tells about. */
  undelivered: z.string().optional(),
  /** Key of the message that was not sent in time and that this one tells about. */
  late: z.string().optional(),
  /** Id of the task that it is about. */
  task: z.string().optional(),
  /** Fields of a step's own, on top of the template's. */
  fields: z.record(z.string(), z.string()).optional(),
});
export type PlannedMessage = z.infer<typeof plannedMessageSchema>;
