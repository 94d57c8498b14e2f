import * as z from 'zod';
import { modeSchema } from '../../runbook/contract.ts';
import { durationSchema } from '../duration.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** Longest that EventBridge Scheduler is asked to keep something in mind. */
const longestSeconds = 366 * 86_400;

/**
 * What is due around or after an incident, hours or weeks later: a task of a person (`owner`), or a message to an
 * audience (`tell`). It goes on when the run has ended.
 */
export const followUpSchema = z
  .strictObject({
    title: z.string().max(120),
    text: z.string().default('').meta({ description: 'How it is done, or the text that is prepared for it' }),
    owner: id.optional().meta({ description: 'Person or role who does it' }),
    tell: id.optional().meta({ description: 'Audience that is told instead, by itself, with the template' }),
    template: id.optional().meta({ description: 'Of the message to the audience; follow-up without it' }),
    due: durationSchema
      .refine(seconds => seconds <= longestSeconds, 'at most 366 days')
      .meta({ description: 'When it has to be done, counted from `from`' }),
    from: z.enum(['outage', 'opening', 'end']).default('end').meta({
      description:
        'end: the recovery, or when a person resolves the incident. outage, opening: due while it still goes on',
    }),
    evidence: z.string().optional().meta({
      description: 'What shows that it was done; nobody can say "done" without naming it',
    }),
    obligation: z.string().optional().meta({
      description:
        'Law or contract that sets the deadline, such as GDPR Art. 33; the report says whether it was kept',
    }),
    modes: z.array(modeSchema).min(1).optional().meta({
      description:
        "After which runs it is due: recover without it, and for a scenario's own also planned, unless it is about the root cause",
    }),
    ...tracing,
  })
  .refine(({ owner, tell }) => (owner === undefined) !== (tell === undefined), {
    message: 'exactly one of owner and tell',
    path: ['owner'],
  });
export type FollowUpPlan = z.infer<typeof followUpSchema>;
