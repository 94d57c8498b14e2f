import type { JsonObject } from '../../json.ts';
import { ChannelError, defineAdapter, type Outgoing } from './contract.ts';
import { exchange, secretOf } from './exchange.ts';
import { linkLabel, partsOf, shorten, withoutReference } from './text.ts';

/** Teams takes 28 KB; the card's frame is far below the rest. Source: Microsoft, "Limits and specifications for Teams". */
const longestText = 20_000;

/**
 * The webhook of a Teams workflow ("when a Teams webhook request is received"). It answers 202 and no id. Source of what
 * older webhooks answer: Microsoft, "Create Incoming Webhooks", rate limiting for connectors.
 */
export const adapter = defineAdapter('teams', {
  repeat: 'never',
  secrets: ({ url }) => [url],
  async deliver({ runtime, channel, message }) {
    const url = await secretOf(runtime, channel.url);
    const { pathname, search } = new URL(url);
    const answer = await exchange(runtime, {
      provider: 'Teams',
      url,
      method: 'POST',
      secrets: [url, pathname, search],
      body: {
        type: 'message',
        attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card(message) }],
      },
    });
    // An incoming webhook of the older kind answers 200 also when it has thrown the message away.
    const [, status] = /endpoint returned HTTP error (\d{3})/.exec(answer.body) ?? [];
    if (status !== undefined) {
      throw new ChannelError(
        status === '429' ? 'later' : 'refused',
        `Teams answered 200 with HTTP error ${status}.`,
      );
    }
    return answer.headers['x-ms-workflow-run-id'] ?? 'accepted';
  },
});

function card(message: Outgoing): JsonObject {
  const paragraphs = partsOf(shorten(withoutReference(message), longestText)).map(({ kind, lines }) => ({
    type: 'TextBlock',
    wrap: true,
    text: lines
      .filter(line => line !== message.link)
      .map(line => (kind === 'list' ? `- ${line}` : line))
      .join(kind === 'list' ? '\r' : '\n\n'),
  }));
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      {
        type: 'TextBlock',
        size: 'Large',
        weight: 'Bolder',
        wrap: true,
        style: 'heading',
        text: message.subject,
      },
      ...paragraphs.filter(({ text }) => text !== ''),
      { type: 'TextBlock', isSubtle: true, size: 'Small', wrap: true, text: `Reference: ${message.key}` },
    ],
    ...(message.link && {
      actions: [{ type: 'Action.OpenUrl', title: linkLabel(message.template), url: message.link }],
    }),
  };
}
