import { createHmac } from 'node:crypto';
import { shortHash } from '../../aws/names.ts';
import type { JsonObject } from '../../json.ts';
import { defineAdapter, type Outgoing } from './contract.ts';
import { exchange, secretOf } from './exchange.ts';
import { withoutReference } from './text.ts';

/**
 * A signed webhook, as Standard Webhooks (https://www.standardwebhooks.com) has it: `webhook-id` is the same for the
 * same message, so that a receiver tells a repeat; `webhook-timestamp` and `webhook-signature` let it refuse what is
 * old or forged.
 */
export const adapter = defineAdapter('webhook', {
  repeat: 'same',
  secrets: ({ url, secret }) => [...(url.startsWith('https://') ? [] : [url]), secret],
  async deliver({ runtime, channel, message }) {
    const [url, key] = [await secretOf(runtime, channel.url), await secretOf(runtime, channel.secret)];
    const id = webhookId(message);
    const timestamp = String(Math.floor(runtime.clock.now().getTime() / 1000));
    const body = payload(message, runtime.plan.system);
    await exchange(runtime, {
      provider: 'The webhook',
      url,
      method: 'POST',
      secrets: [key, url],
      headers: {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': sign(key, id, timestamp, JSON.stringify(body)),
      },
      body,
    });
    return id;
  },
});

const webhookId = ({ incident, key }: Outgoing) => `msg_${shortHash(`${incident}/${key}`, 24)}`;

/** `v1,<base64>` of HMAC-SHA256 over `id.timestamp.body`. A key that begins with `whsec_` is base64. */
export function sign(key: string, id: string, timestamp: string, body: string): string {
  const bytes = key.startsWith('whsec_')
    ? Buffer.from(key.slice('whsec_'.length), 'base64')
    : Buffer.from(key);
  return `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

function payload(message: Outgoing, system: { id: string; title: string }): JsonObject {
  return {
    type: `lifeboat.${message.template}`,
    system: { id: system.id, title: system.title },
    incident: message.incident,
    reference: message.key,
    mode: message.mode ?? null,
    status: message.stage,
    subject: message.subject,
    text: withoutReference(message),
    sms: message.sms,
    link: message.link ?? null,
  };
}
