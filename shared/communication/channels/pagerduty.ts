import type { JsonObject } from '../../json.ts';
import { defineAdapter, type Outgoing } from './contract.ts';
import { exchange, secretOf, textField } from './exchange.ts';
import { linkLabel, shorten, withoutReference } from './text.ts';

const hosts = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' };
/** Source: PagerDuty, "PD-CEF", payload.summary; Events API v2, dedup_key. */
const longestSummary = 1024;
const longestDedupKey = 255;

/** What a template does to the alert; every other one triggers it, which PagerDuty folds into the open alert. */
const actions: Record<string, 'acknowledge' | 'resolve'> = {
  acknowledged: 'acknowledge',
  answered: 'resolve',
  'all-clear': 'resolve',
  'drill-result': 'resolve',
  resolved: 'resolve',
};

/**
 * PagerDuty's Events API v2. All that concerns an incident has one key, so its first message pages, later ones add to
 * the alert, an acknowledgement acknowledges it and the all-clear resolves it; a question is an alert of its own.
 * A repeat under the same key is folded into the alert that is there, and one that is acknowledged notifies nobody,
 * whatever else triggers it: who has to be called again is called by a new one. Source: PagerDuty, "Events API v2".
 */
export const adapter = defineAdapter('pagerduty', {
  repeat: 'same',
  secrets: ({ routingKey }) => [routingKey],
  async deliver({ runtime, channel, message, progress, save }) {
    const routingKey = await secretOf(runtime, channel.routingKey);
    const action = actions[message.template] ?? 'trigger';
    const dedupKey = dedupKeyOf(message);
    const { system, regions } = runtime.plan;
    const enqueue = (event: JsonObject) =>
      exchange(runtime, {
        provider: 'PagerDuty',
        url: `${hosts[channel.region]}/v2/enqueue`,
        method: 'POST',
        secrets: [routingKey],
        body: { routing_key: routingKey, dedup_key: dedupKey, ...event },
      });
    if (message.again && progress.closed !== true) {
      await enqueue({ event_action: 'resolve' });
      await save({ closed: true });
    }
    const answer = await enqueue({
      event_action: action,
      ...(action === 'trigger' && {
        payload: {
          summary: shorten(message.subject, longestSummary),
          source: `${system.id} in ${regions.recovery}`,
          severity: message.mode === 'drill' ? 'info' : channel.severity,
          timestamp: runtime.clock.now().toISOString(),
          group: system.id,
          class: message.template,
          custom_details: { text: withoutReference(message), reference: message.key },
        },
        client: 'Lifeboat',
        ...(message.link && { links: [{ href: message.link, text: linkLabel(message.template) }] }),
      }),
    });
    return textField(answer.json, 'dedup_key') ?? dedupKey;
  },
});

/** One key for an incident, and one for each question that is put in it. */
function dedupKeyOf({ incident, question }: Pick<Outgoing, 'incident' | 'question'>): string {
  return `${incident}${question ? `/${question}` : ''}`.slice(0, longestDedupKey);
}

/** The incident in a key that came back from PagerDuty. */
export function incidentOfDedupKey(key: string): string {
  return key.split('/')[0] ?? key;
}
