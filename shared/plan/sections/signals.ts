import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { regionSchema as region } from '../region.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** What tells that something is wrong, and when a scenario opens for it. */

/** What a field of an event must be. Closed: what EventBridge's own patterns can say as well. */
const wanted = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
  z.strictObject({ atLeast: z.number() }),
  z.strictObject({ startsWith: z.string().min(1) }),
]);
export type EventFieldMatch = z.infer<typeof wanted>;
const match = z.record(
  z.string().regex(/^[\w-]+(\.[\w-]+)*$/, 'a path in the detail of the event, such as job.state'),
  wanted,
);

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
  z
    .strictObject({
      ...signalBase,
      type: z.literal('metric'),
      region: region.meta({
        description: 'Where the metric is; the alarm is made there, and heard in the recovery region',
      }),
      namespace: z.string().meta({ description: 'Such as AWS/RDS, or your own' }),
      metric: z.string().meta({ description: 'Such as DatabaseConnections' }),
      dimensions: z.record(z.string(), z.string()).default({}),
      statistic: z
        .union([
          z.enum(['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount']),
          z.string().regex(/^p\d{1,2}(\.\d+)?$/, 'a percentile, such as p95'),
        ])
        .default('Average'),
      comparison: z.enum(['above', 'at-least', 'below', 'at-most']),
      threshold: z.number(),
      period: durationSchema
        .refine(
          seconds => seconds === 10 || seconds === 30 || seconds % 60 === 0,
          '10s, 30s or whole minutes, which is what CloudWatch takes',
        )
        .prefault('1m'),
      periods: z.number().int().positive().default(3).meta({ description: 'How many periods are looked at' }),
      breaching: z
        .number()
        .int()
        .positive()
        .optional()
        .meta({ description: 'How many of them must be over the threshold; without it all' }),
      missing: z
        .enum(['breaching', 'not-breaching', 'ignore', 'unknown'])
        .default('unknown')
        .meta({ description: 'What a period without data counts as' }),
    })
    .refine(({ breaching, periods }) => (breaching ?? 1) <= periods, {
      path: ['breaching'],
      message: 'at most as many as "periods"',
    })
    .meta({ description: 'A metric that passes a threshold; the deployment makes its alarm' }),
  z
    .strictObject({
      ...signalBase,
      type: z.literal('event'),
      region: region.meta({ description: 'Where the event is sent' }),
      source: z.string().meta({ description: 'Such as aws.guardduty, aws.ecs, aws.backup, or your own' }),
      detailType: z.string().meta({ description: 'Such as GuardDuty Finding' }),
      firing: match.meta({
        description: 'What the detail must say: a value, a list of values, {atLeast: 7} or {startsWith: x}',
      }),
      clear: match.optional().meta({ description: 'What says that it is over; without it, an hour later' }),
      subject: z.string().optional().meta({
        description: 'Path in the detail of what it is about, such as id; each is cleared by itself',
      }),
    })
    .meta({ description: 'An event on EventBridge, from AWS or your own' }),
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
