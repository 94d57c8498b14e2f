import type { Channel, Plan } from '../../plan/schema.ts';
import type { Adapter } from './contract.ts';
import { adapter as pagerduty } from './pagerduty.ts';
import { adapter as ses } from './ses.ts';
import { adapter as slack } from './slack.ts';
import { adapter as slackWebhook } from './slack-webhook.ts';
import { adapter as sns } from './sns.ts';
import { adapter as statuspage } from './statuspage.ts';
import { adapter as teams } from './teams.ts';
import { adapter as webhook } from './webhook.ts';

const adapters: Record<Channel['type'], Adapter> = {
  sns,
  ses,
  slack,
  'slack-webhook': slackWebhook,
  pagerduty,
  statuspage,
  teams,
  webhook,
};

export function adapterOf(channel: Channel): Adapter {
  return adapters[channel.type];
}

/** References that the channels of a plan read when they send; each once. */
export function channelSecrets(plan: Pick<Plan, 'channels'>): string[] {
  const all = Object.values(plan.channels).flatMap(channel => adapterOf(channel).secrets(channel));
  return [...new Set(all)].sort();
}
