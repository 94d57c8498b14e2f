import type { JsonObject } from '../../json.ts';
import type { Outgoing } from './contract.ts';
import { linkLabel, partsOf, shorten, withoutReference } from './text.ts';

/** Limits of Block Kit: a header's text, a section's text, blocks of a message. Source: Slack, "Reference: blocks". */
const longestHeader = 150;
const longestSection = 3000;
const mostBlocks = 50;

/** Name of the action of the button that acknowledges; its value is the incident. */
export const acknowledgeAction = 'lifeboat-acknowledge';

/** A message as blocks, and as the line that notifications show. `interactive`: the app takes button presses. */
export function slackMessage(
  message: Outgoing,
  interactive: boolean,
): { text: string; blocks: JsonObject[] } {
  const sections = partsOf(withoutReference(message)).flatMap(({ kind, lines }) => {
    const kept = lines.filter(line => line !== message.link).map(escapeSlack);
    const text = kept.map(line => (kind === 'list' ? `• ${line}` : line)).join('\n');
    return text === '' ? [] : [section(shorten(text, longestSection))];
  });
  const buttons = buttonsOf(message, interactive);
  const head: JsonObject = { type: 'header', text: plain(shorten(message.subject, longestHeader)) };
  const foot: JsonObject[] = [
    ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons }] : []),
    {
      type: 'context',
      elements: [{ type: 'mrkdwn', text: shorten(`Reference: ${escapeSlack(message.key)}`, 2000) }],
    },
  ];
  const room = mostBlocks - 1 - foot.length;
  return { text: escapeSlack(message.subject), blocks: [head, ...sections.slice(0, room), ...foot] };
}

function buttonsOf({ link, template, incident }: Outgoing, interactive: boolean): JsonObject[] {
  const open = link
    ? [{ type: 'button', text: plain(linkLabel(template)), url: link, action_id: 'lifeboat-open' }]
    : [];
  if (!interactive || !['initial', 'escalation', 'update'].includes(template)) return open;
  const acknowledge = {
    type: 'button',
    style: 'primary',
    text: plain('I am on it'),
    action_id: acknowledgeAction,
    value: incident,
  };
  return template === 'escalation' ? [acknowledge] : [...open, acknowledge];
}

const plain = (text: string): JsonObject => ({ type: 'plain_text', text, emoji: false });
const section = (text: string): JsonObject => ({ type: 'section', text: { type: 'mrkdwn', text } });

/** The three characters that Slack gives a meaning. Source: Slack, "Formatting text", escaping. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
