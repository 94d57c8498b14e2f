import { objectOrEmpty } from '../../../shared/json.ts';
import { arrive } from '../messages.ts';
import type { World } from '../world.ts';
import { type Asked, isTooFast, type Reply } from './provider.ts';

export type Alert = { key: string; status: 'triggered' | 'acknowledged' | 'resolved'; triggers: number };

/** Alerts of a PagerDuty integration, by their key. */
export function alertsOf(world: World, channel: string): Map<string, Alert> {
  return world.state(`pagerduty/${channel}`, () => new Map<string, Alert>());
}

/** 120 events a minute for each integration. Source: PagerDuty, "Events API v2 overview", rate limits. */
const mostPerMinute = 120;

export function answerPagerDuty(world: World, channel: string, { url, json }: Asked): Reply {
  if (url.pathname !== '/v2/enqueue') return { status: 404, body: '' };
  if (isTooFast(world, `pagerduty/${channel}`, mostPerMinute, 60)) {
    return { status: 429, body: { status: 'throttle exceeded' } };
  }
  const { event_action: action, dedup_key: key, payload, links } = objectOrEmpty(json);
  const { summary, source, severity } = objectOrEmpty(payload);
  const missing = [summary, source, severity].some(field => typeof field !== 'string' || field === '');
  if (typeof key !== 'string' || !['trigger', 'acknowledge', 'resolve'].includes(String(action))) {
    return invalid("'event_action' or 'dedup_key' is missing");
  }
  if (action === 'trigger' && missing) return invalid("'payload.summary', 'source' or 'severity' is missing");
  const alert = alertsOf(world, channel).get(key);
  if (action === 'trigger') {
    const open =
      alert && alert.status !== 'resolved' ? alert : { key, status: 'triggered' as const, triggers: 0 };
    alertsOf(world, channel).set(key, { ...open, triggers: open.triggers + 1 });
    // An acknowledged one notifies nobody. Source: PagerDuty, "Events API v2", acknowledge.
    if (open.status === 'acknowledged') return taken(key);
    const hrefs = Array.isArray(links) ? links.map(link => objectOrEmpty(link).href) : [];
    arrive(world, `channel/${channel}`, [summary, ...hrefs].join('\n'));
  } else if (alert && alert.status !== 'resolved') {
    alert.status = action === 'resolve' ? 'resolved' : 'acknowledged';
  }
  return taken(key);
}

const taken = (key: string): Reply => ({
  status: 202,
  body: { status: 'success', message: 'Event processed', dedup_key: key },
});

const invalid = (error: string): Reply => ({
  status: 400,
  body: { status: 'invalid event', message: 'Event object is invalid', errors: [error] },
});
