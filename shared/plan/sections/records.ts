import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { regionSchema as region } from '../region.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/**
 * What Lifeboat writes down in every run, by name. A plan lists them to say which of its requirements they carry out;
 * `shared/report/records.ts` tells of a report which of them it has.
 */
export const recordNames = [
  'ledger',
  'timeline',
  'detection',
  'recovery-time',
  'data-loss',
  'phase-times',
  'changes',
  'decisions',
  'messages',
  'evidence',
  'incident-report',
  'post-mortem',
  'outage-cost',
] as const;
export type RecordName = (typeof recordNames)[number];

const what: Record<RecordName, string> = {
  ledger: 'Everything that happened, with its time, chained by hash so that a later change shows',
  timeline: 'What happened when, from the start of the outage to the end of the run',
  detection: 'How long the outage went unnoticed',
  'recovery-time': 'The recovery time against its objective, with its parts',
  'data-loss': 'The data loss at the cut against its objective',
  'phase-times': 'When each phase ended, against when it should have',
  changes: 'Every change that was made in AWS and in clusters',
  decisions: 'What people were asked, who answered, when and why',
  messages: 'Who was told what, when and by which channel, against the deadline',
  evidence: 'What each step found out, with the facts behind it',
  'incident-report': 'The report of the run, as JSON, HTML and Markdown',
  'post-mortem': 'A draft of the post-mortem with all its parts, filled from the ledger',
  'outage-cost': 'What the outage cost by the figures of the plan',
};

const record = z.strictObject({ ...tracing });
const names = Object.fromEntries(
  recordNames.map(name => [name, record.optional().meta({ description: what[name] })]),
) as Record<RecordName, z.ZodOptional<typeof record>>;

export const recordsSchema = z
  .strictObject({
    keepFor: durationSchema.optional().meta({
      description: 'How long nobody can delete a report from its bucket, such as 2557d for 7 years',
    }),
    ...names,
    ...tracing,
  })
  .meta({ description: 'What is written down in every run' });

/** Metrics to look at while a recovery runs; a CloudWatch dashboard in the recovery region. */
export const dashboardSchema = z
  .array(
    z.strictObject({
      title: z.string().max(60),
      region: region.meta({ description: 'Where the metrics are; CloudWatch draws those of any region' }),
      namespace: z.string().meta({ description: 'Such as AWS/RDS or ContainerInsights' }),
      metrics: z.array(z.string()).min(1),
      dimensions: z.record(z.string(), z.string()).default({}),
      statistic: z.enum(['Average', 'Sum', 'Minimum', 'Maximum', 'p95', 'p99']).default('Average'),
      component: id.optional().meta({ description: 'What of the plan it shows' }),
      ...tracing,
    }),
  )
  .default([])
  .meta({ description: 'What people look at during a recovery' });
export type DashboardWidget = z.infer<typeof dashboardSchema>[number];
