import type { Channel } from '../../plan/schema.ts';

/**
 * How fast a channel reaches its readers. requests: one message is one request, whoever reads it, and the provider takes
 * so many in a minute. recipients: each reader costs one of the provider's so many in a second.
 */
export type Limit =
  | { counts: 'requests'; perMinute: number; source: string }
  | { counts: 'recipients'; perSecond: number; source: string };

/** Of an account that has left the sandbox and says nothing else; in the sandbox it is 1. */
const sesPerSecond = 14;

/** What the provider documents for this channel. A webhook of the system's own has no provider who would say. */
export function limitOf(channel: Channel): Limit {
  switch (channel.type) {
    case 'sns':
      return snsLimit(channel.protocol);
    case 'ses':
      return {
        counts: 'recipients',
        perSecond: channel.perSecond ?? sesPerSecond,
        source: 'Amazon SES, "Service quotas": the sending rate counts recipients and differs by account',
      };
    case 'slack':
    case 'slack-webhook':
      return {
        counts: 'requests',
        perMinute: 60,
        source: 'Slack, "Rate limits": posting messages, 1 a second',
      };
    case 'pagerduty':
      return {
        counts: 'requests',
        perMinute: 120,
        source: 'PagerDuty support: 120 events a minute for an integration key',
      };
    case 'statuspage':
      return {
        counts: 'requests',
        perMinute: 60,
        source: 'Statuspage API, "Rate limiting": 1 request a second over 60 seconds',
      };
    case 'teams':
      return {
        counts: 'requests',
        // No minute can have more than an hour.
        perMinute: 100,
        source:
          'Microsoft Teams, "Create Incoming Webhooks", rate limiting for connectors: 4 requests a second, 60 in 30 seconds, 100 in an hour',
      };
    case 'webhook':
      return { counts: 'requests', perMinute: 60, source: 'The receiver is your own; counted as 1 a second' };
  }
}

function snsLimit(protocol: 'email' | 'sms' | 'other'): Limit {
  switch (protocol) {
    case 'email':
      return {
        counts: 'recipients',
        perSecond: 10,
        source:
          'AWS General Reference, "Amazon SNS endpoints and quotas": 10 e-mail messages a second for an account; it can\'t be raised',
      };
    case 'sms':
      return {
        counts: 'recipients',
        perSecond: 20,
        source:
          'AWS General Reference, "Amazon SNS endpoints and quotas": 20 SMS messages a second for an account; carriers may be slower',
      };
    case 'other':
      return {
        counts: 'requests',
        perMinute: 60,
        source: 'Joined to a chat by AWS Chatbot; its chat takes 1 message a second',
      };
  }
}

/** Seconds until the last of so many readers has the message, if nothing else is sent. */
export function secondsToTell(channel: Channel, readers: number): number {
  const limit = limitOf(channel);
  return limit.counts === 'recipients'
    ? Math.ceil(readers / limit.perSecond)
    : Math.ceil(60 / limit.perMinute);
}

/** How many readers have it within this time; undefined where any number has. */
export function mostReaders(channel: Channel, withinSeconds: number): number | undefined {
  const limit = limitOf(channel);
  return limit.counts === 'recipients' ? Math.floor(withinSeconds * limit.perSecond) : undefined;
}
