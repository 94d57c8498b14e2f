import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { acknowledgeIncident, readIncident } from '../incident/incident.ts';
import { parseJson } from '../json.ts';
import type { Channel, Plan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { recordRefusal } from './answers.ts';
import { incidentOfDedupKey } from './channels/pagerduty.ts';
import { acknowledgeAction } from './channels/slack-blocks.ts';
import { noteUnproven } from './refused-links.ts';

/** What Slack or PagerDuty sends, as it came: signatures cover every byte of the body. */
export type Delivered = { headers: Readonly<Record<string, string>>; body: string };
export type Acceptance = { statusCode: number; headers: Record<string, string>; body: string };

/** Older requests may be repeated by somebody who has seen them. Source: Slack, "Verifying requests from Slack". */
const longestAgeSeconds = 300;

/** Shorter than what either of them gives out. */
const shortestKey = 12;

/** Secrets that requests of others are checked with, for the permissions of the function that takes them. */
export function inboundSecrets(plan: Pick<Plan, 'channels'>): string[] {
  const all = Object.values(plan.channels).flatMap(channel => inboundSecretOf(channel) ?? []);
  return [...new Set(all)].sort();
}

/** Paths besides the page's own that this plan's channels need. */
export function inboundPaths(plan: Pick<Plan, 'channels'>): ('slack' | 'pagerduty')[] {
  const types = Object.values(plan.channels).flatMap(channel =>
    inboundSecretOf(channel) ? [channel.type] : [],
  );
  return (['slack', 'pagerduty'] as const).filter(type => types.includes(type));
}

function inboundSecretOf(channel: Channel): string | undefined {
  if (channel.type === 'slack') return channel.signingSecret;
  return channel.type === 'pagerduty' ? channel.webhookSecret : undefined;
}

const pressedSchema = z.object({
  user: z.object({ id: z.string() }),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })),
});

/** A button that somebody pressed in Slack. Its incident is acknowledged by the person whose Slack user it was. */
export async function takeSlack(runtime: Runtime, request: Delivered): Promise<Acceptance> {
  const timestamp = request.headers['x-slack-request-timestamp'] ?? '';
  const ageSeconds = Math.abs(runtime.clock.now().getTime() / 1000 - Number(timestamp));
  const signed = `v0:${timestamp}:${request.body}`;
  const given = [request.headers['x-slack-signature']?.replace(/^v0=/, '') ?? ''];
  if (!(ageSeconds <= longestAgeSeconds))
    return refuse(runtime, 'slack', 'Its time stamp is missing, or too old to be no repetition.');
  if (!(await isSigned(runtime, 'slack', signed, given))) return refuse(runtime, 'slack', unsigned);
  const payload = pressedSchema.safeParse(parseJson(new URLSearchParams(request.body).get('payload') ?? ''));
  const incidentId = payload.data?.actions.find(({ action_id }) => action_id === acknowledgeAction)?.value;
  if (!payload.success || incidentId === undefined) return accepted;
  const user = payload.data.user.id;
  const person = personWith(runtime.plan, each => each.slackUser === user);
  if (!person) {
    await noteRefusal(
      runtime,
      incidentId,
      `The Slack user ${user} is nobody of the plan, and acknowledged nothing.`,
    );
    return accepted;
  }
  await acknowledge(runtime, incidentId, person, 'slack');
  return accepted;
}

const eventSchema = z.object({
  event: z.object({
    event_type: z.string(),
    agent: z.object({ id: z.string(), type: z.string(), summary: z.string().optional() }).nullish(),
    data: z.object({ incident_key: z.string().nullish() }),
  }),
});

/**
 * A V3 webhook of PagerDuty. An incident that a person acknowledges there is acknowledged here too; what Lifeboat itself
 * has acknowledged comes back with an integration as its agent, and is left alone.
 */
export async function takePagerDuty(runtime: Runtime, request: Delivered): Promise<Acceptance> {
  const given = (request.headers['x-pagerduty-signature'] ?? '')
    .split(',')
    .map(each => each.trim().replace(/^v1=/, ''));
  if (!(await isSigned(runtime, 'pagerduty', request.body, given)))
    return refuse(runtime, 'pagerduty', unsigned);
  const parsed = eventSchema.safeParse(parseJson(request.body));
  if (!parsed.success) return accepted;
  const { event_type: type, agent, data } = parsed.data.event;
  if (type !== 'incident.acknowledged' || agent?.type !== 'user_reference' || !data.incident_key)
    return accepted;
  const person = personWith(runtime.plan, each => each.pagerdutyUser === agent.id);
  await acknowledge(
    runtime,
    incidentOfDedupKey(data.incident_key),
    person ?? agent.summary ?? agent.id,
    'pagerduty',
  );
  return accepted;
}

async function acknowledge(
  runtime: Runtime,
  incidentId: string,
  by: string,
  via: 'slack' | 'pagerduty',
): Promise<void> {
  const incident = await readIncident(runtime.store, incidentId);
  if (incident?.system !== runtime.plan.system.id || incident.status === 'resolved') return;
  const { store, clock, plan } = runtime;
  await acknowledgeIncident(store, clock, incidentId, by, via, plan.response.acknowledgementLasts);
}

async function noteRefusal(runtime: Runtime, incidentId: string, why: string): Promise<void> {
  const incident = await readIncident(runtime.store, incidentId);
  if (incident) await recordRefusal(runtime, incidentId, 'acknowledge', why);
}

/** Whether one of the signatures was made with a secret of one of the plan's channels of this type. */
async function isSigned(
  runtime: Runtime,
  type: Channel['type'],
  text: string,
  signatures: readonly string[],
): Promise<boolean> {
  for (const channel of Object.values(runtime.plan.channels)) {
    const reference = channel.type === type ? inboundSecretOf(channel) : undefined;
    if (reference === undefined) continue;
    const key = (await runtime.secret(reference, runtime.plan.regions.recovery)).trim();
    // With an empty key anybody could sign.
    if (key.length < shortestKey) continue;
    const wanted = Buffer.from(createHmac('sha256', key).update(text).digest('hex'));
    for (const signature of signatures) {
      const given = Buffer.from(signature);
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
    }
  }
  return false;
}

function personWith(plan: Plan, is: (person: Plan['people'][string]) => boolean): string | undefined {
  return Object.entries(plan.people).find(([, person]) => is(person))?.[0];
}

const answer = (statusCode: number): Acceptance => ({
  statusCode,
  headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
  body: '',
});
const accepted = answer(200);
const unsigned = 'It carries no signature that was made with a secret of the plan.';

/** The answer says nothing of why: whoever has no signature learns nothing. The ledger says it. */
async function refuse(runtime: Runtime, from: 'slack' | 'pagerduty', why: string): Promise<Acceptance> {
  await noteUnproven(runtime, { from, why });
  return answer(401);
}
