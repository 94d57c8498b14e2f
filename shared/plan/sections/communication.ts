import * as z from 'zod';
import { durationSchema } from '../duration.ts';
import { tracing } from '../tracing.ts';
import { id } from './base.ts';

/** Who is told what, how and when. */

const secret = z
  .string()
  .regex(/^(secret|ssm):.+/, 'a reference such as secret:NAME#key, never the value itself');
const secretOf = (description: string) => secret.meta({ description });
const componentStatus = z.enum([
  'degraded_performance',
  'partial_outage',
  'major_outage',
  'under_maintenance',
]);

export const channelSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('sns'),
      topic: z
        .string()
        .meta({ description: 'Name of a topic that the deployment makes in the recovery region' }),
      protocol: z.enum(['email', 'sms', 'other']),
      ...tracing,
    })
    .meta({ description: 'A topic of Amazon SNS: e-mail, SMS, or whatever is subscribed to it' }),
  z
    .strictObject({
      type: z.literal('ses'),
      from: z
        .email()
        .meta({ description: 'Sender; its domain or address is verified in the recovery region' }),
      perSecond: z.number().positive().optional().meta({
        description:
          'Sending rate of the account in the recovery region, in recipients; 14 without it, and 1 in the sandbox',
      }),
      to: z
        .array(secret)
        .min(1)
        .meta({ description: 'References to addresses: one, several with commas, or a JSON list' }),
      ...tracing,
    })
    .meta({ description: 'HTML and text mail by Amazon SES, in the recovery region' }),
  z
    .strictObject({
      type: z.literal('slack'),
      channel: z
        .string()
        .regex(/^[CGD][A-Z0-9]{6,}$/, 'the id of a channel, such as C024BE91L; a name can change')
        .meta({ description: 'Id of the channel, such as C024BE91L' }),
      token: secretOf('Bot token with chat:write; with channels:history too, nothing is posted twice'),
      signingSecret: secret
        .optional()
        .meta({ description: "The app's signing secret; with it the button in the message acknowledges" }),
      ...tracing,
    })
    .meta({ description: 'Slack chat.postMessage: one thread for each incident' }),
  z
    .strictObject({ type: z.literal('slack-webhook'), url: secretOf('The incoming webhook'), ...tracing })
    .meta({ description: 'A Slack incoming webhook: no thread, and no way to ask whether it arrived' }),
  z
    .strictObject({
      type: z.literal('pagerduty'),
      routingKey: secretOf('Integration key of an Events API v2 integration'),
      region: z.enum(['us', 'eu']).default('us').meta({ description: 'Service region of the account' }),
      severity: z.enum(['critical', 'error', 'warning', 'info']).default('critical'),
      webhookSecret: secret.optional().meta({
        description: 'Secret of a V3 webhook subscription; with it PagerDuty acknowledges here too',
      }),
      ...tracing,
    })
    .meta({
      description: 'PagerDuty Events v2: triggered, acknowledged and resolved under one key an incident',
    }),
  z
    .strictObject({
      type: z.literal('statuspage'),
      page: z.string().regex(/^[a-z0-9]{6,}$/, 'the id of the page, such as kctbh9vrtdwd'),
      token: secretOf('API key of the page'),
      impact: z.enum(['none', 'minor', 'major', 'critical']).default('major'),
      components: z
        .record(z.string(), componentStatus)
        .default({})
        .meta({ description: 'Component ids with the status that they have until the all-clear' }),
      ...tracing,
    })
    .meta({
      description: 'An incident on Atlassian Statuspage: made once, then updated, resolved at the end',
    }),
  z
    .strictObject({ type: z.literal('teams'), url: secretOf('The webhook of a Teams workflow'), ...tracing })
    .meta({ description: 'Microsoft Teams: an adaptive card, by the webhook of a workflow' }),
  z
    .strictObject({
      type: z.literal('webhook'),
      url: z
        .string()
        .regex(/^(https:\/\/|secret:|ssm:).+/, 'an https address, or a reference to one')
        .meta({ description: 'Where it is sent: an https address, or a reference to one' }),
      secret: secretOf(
        'Key that signs: HMAC-SHA256 over id, timestamp and body, as Standard Webhooks has it',
      ),
      ...tracing,
    })
    .meta({ description: 'A signed webhook: a product, an incident system, a bridge to anything else' }),
]);
export type Channel = z.infer<typeof channelSchema>;
export type ChannelOf<T extends Channel['type']> = Extract<Channel, { type: T }>;

export const personSchema = z.strictObject({
  name: z.string(),
  roles: z.array(id).default([]),
  contact: z
    .string()
    .regex(/^(secret|ssm):/, 'a reference, never a number or an address itself')
    .optional(),
  channel: id,
  fallback: z
    .array(id)
    .default([])
    .meta({ description: 'Channels that are tried when the first one refuses' }),
  slackUser: z
    .string()
    .regex(/^[UW][A-Z0-9]{6,}$/, 'the id of a Slack user, such as U024BE7LH')
    .optional()
    .meta({ description: 'Who acknowledges when this Slack user presses the button' }),
  pagerdutyUser: z
    .string()
    .optional()
    .meta({ description: 'Id of this person in PagerDuty, such as PTUXL6G' }),
  drill: z
    .boolean()
    .optional()
    .meta({ description: 'Also escalated to in drills; a question reaches a person in every mode' }),
  ...tracing,
});

export const audienceSchema = z.strictObject({
  title: z.string(),
  information: z.enum(['technical', 'executive', 'customer', 'partner', 'regulator']),
  channels: z
    .array(id)
    .min(1)
    .meta({ description: 'In order: the next one is used when one refuses, unless `through` says all' }),
  through: z
    .enum(['first', 'all'])
    .default('first')
    .meta({ description: 'all: every channel carries each message, such as a status page and mail' }),
  size: z.number().int().positive().optional().meta({
    description: 'How many people it has; a channel that is too slow for them is found by validate',
  }),
  within: durationSchema.meta({ description: 'Told at the latest this long after the incident opened' }),
  updateEvery: durationSchema.optional().meta({
    description:
      'How often it hears while an incident is open, where that differs from what the severity says',
  }),
  drill: z.boolean().default(false).meta({ description: 'Also told of drills' }),
  ...tracing,
});

export const templateSchema = z.strictObject({
  subject: z.string().max(100),
  text: z.string(),
  sms: z.string().max(160).optional().meta({
    description: 'For SMS, where a link leaves some 50 characters; the subject without it',
  }),
  ...tracing,
});
