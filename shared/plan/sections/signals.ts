import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { regionSchema as region } from '../region.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** What tells that something is wrong, and when a scenario opens for it. */

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
