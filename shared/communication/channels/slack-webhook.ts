import { defineAdapter } from './contract.ts';
import { exchange, secretOf } from './exchange.ts';
import { slackMessage } from './slack-blocks.ts';

/** A Slack incoming webhook. It answers "ok" and no id, and there is nothing to ask afterwards. */
export const adapter = defineAdapter('slack-webhook', {
  repeat: 'never',
  secrets: ({ url }) => [url],
  async deliver({ runtime, channel, message }) {
    const url = await secretOf(runtime, channel.url);
    await exchange(runtime, {
      provider: 'Slack',
      url,
      method: 'POST',
      secrets: [url, new URL(url).pathname],
      body: slackMessage(message, false),
    });
    return 'accepted';
  },
});
