import { parseSecretReference } from '../../../shared/aws/secret-reference.ts';
import { objectOrEmpty, parseJson } from '../../../shared/json.ts';
import type { Channel, Plan } from '../../../shared/plan/schema.ts';
import type { HttpRequest, HttpResponse } from '../../../shared/ports.ts';
import { arrive } from '../messages.ts';
import type { World } from '../world.ts';
import { answerPagerDuty } from './pagerduty.ts';
import type { Asked, Provider } from './provider.ts';
import { answerSlack, answerSlackWebhook } from './slack.ts';
import { answerStatuspage } from './statuspage.ts';

/** Takes whatever is sent: a Teams workflow, or a receiver of signed webhooks. */
const take =
  (status: number): Provider =>
  (world, channel, { text }) => {
    arrive(world, `channel/${channel}`, text);
    return { status, body: '' };
  };

/** How a channel is told from others: its host, and a key that only requests to it have. */
type Place = { channel: string; host: string; has(asked: Asked): boolean; answer: Provider };

/** What the secrets of a plan's channels hold in a rehearsal, so that a request tells which channel it is for. */
export function channelSecretValues(plan: Pick<Plan, 'channels'>): { reference: string; value: string }[] {
  return Object.entries(plan.channels).flatMap(([id, channel]) =>
    Object.entries(secretsOf(channel)).map(([name, reference]) => ({
      reference,
      value: valueFor(id, name, channel),
    })),
  );
}

function secretsOf(channel: Channel): Record<string, string> {
  switch (channel.type) {
    case 'ses':
      return Object.fromEntries(channel.to.map((reference, index) => [`to-${index}`, reference]));
    case 'slack':
      return { token: channel.token, ...(channel.signingSecret && { signing: channel.signingSecret }) };
    case 'slack-webhook':
    case 'teams':
      return { url: channel.url };
    case 'pagerduty':
      return { key: channel.routingKey, ...(channel.webhookSecret && { webhook: channel.webhookSecret }) };
    case 'statuspage':
      return { token: channel.token };
    case 'webhook':
      return {
        key: channel.secret,
        ...(!channel.url.startsWith('https://') && { url: channel.url }),
      };
    case 'sns':
      return {};
  }
}

function valueFor(id: string, name: string, channel: Channel): string {
  if (name.startsWith('to-')) return `${id}-${name.slice(3)}@people.example`;
  if (name !== 'url') return `${name}-of-${id}`;
  if (channel.type === 'slack-webhook') return `https://hooks.slack.com/services/T0000/B0000/${id}`;
  if (channel.type === 'teams')
    return `https://prod-00.australiasoutheast.logic.azure.com/workflows/${id}/triggers`;
  return `https://${id}.webhooks.example/lifeboat`;
}

/** The provider's answer to a request; undefined for a host that is none of the plan's channels'. */
export function answerProvider(
  world: World,
  request: HttpRequest,
): 'silent' | Pick<HttpResponse, 'status' | 'headers' | 'body'> | undefined {
  const url = new URL(request.url);
  const text = request.body ?? '';
  const asked: Asked = { request, url, text, json: parseJson(text) ?? null };
  const place = places(world.plan).find(({ host, has }) => host === url.hostname && has(asked));
  if (!place) return undefined;
  const { channel } = place;
  if (world.faults.has(`provider-silent:${channel}`)) {
    world.faults.hit(`provider-silent:${channel}`);
    return 'silent';
  }
  if (world.faults.has(`provider-refuses:${channel}`)) {
    world.faults.hit(`provider-refuses:${channel}`);
    return { status: 403, headers: {}, body: '{"error":"forbidden"}' };
  }
  const { status, body, headers = {} } = place.answer(world, channel, asked);
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

const known = new WeakMap<Plan, Place[]>();

function places(plan: Plan): Place[] {
  const found =
    known.get(plan) ?? Object.entries(plan.channels).flatMap(([id, channel]) => placeOf(id, channel));
  known.set(plan, found);
  return found;
}

function placeOf(channel: string, given: Channel): Place[] {
  const authorized = ({ request }: Asked) =>
    request.headers?.authorization?.endsWith(`token-of-${channel}`) ?? false;
  const at = (text: string) => ({
    host: new URL(text).hostname,
    has: ({ url }: Asked) => url.href === new URL(text).href,
  });
  switch (given.type) {
    case 'slack':
      return [{ channel, host: 'slack.com', has: authorized, answer: answerSlack }];
    case 'slack-webhook':
      return [{ channel, ...at(valueFor(channel, 'url', given)), answer: answerSlackWebhook }];
    case 'pagerduty': {
      const host = given.region === 'eu' ? 'events.eu.pagerduty.com' : 'events.pagerduty.com';
      const has = ({ json }: Asked) => objectOrEmpty(json).routing_key === `key-of-${channel}`;
      return [{ channel, host, has, answer: answerPagerDuty }];
    }
    case 'statuspage':
      return [{ channel, host: 'api.statuspage.io', has: authorized, answer: answerStatuspage }];
    case 'teams':
      return [{ channel, ...at(valueFor(channel, 'url', given)), answer: take(202) }];
    case 'webhook': {
      const url = given.url.startsWith('https://') ? given.url : valueFor(channel, 'url', given);
      return [{ channel, ...at(url), answer: take(204) }];
    }
    case 'sns':
    case 'ses':
      return [];
  }
}

/** Whether a fault of a provider can be played on this channel: SNS and SES have faults of their own. */
export function hasProvider(channel: Channel): boolean {
  return channel.type !== 'sns' && channel.type !== 'ses';
}

/** Where in Secrets Manager a reference leads; undefined for a parameter. */
export function placeOfSecret(reference: string): { name: string; key?: string } | undefined {
  const parsed = parseSecretReference(reference);
  return parsed.store === 'secretsmanager' ? parsed : undefined;
}
