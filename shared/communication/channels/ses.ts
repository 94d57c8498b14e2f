import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { isThrottle, request } from '../../aws/aws-errors.ts';
import type { Runtime } from '../../runtime.ts';
import { ChannelError, defineAdapter, type Outgoing } from './contract.ts';
import { secretOf } from './exchange.ts';
import { htmlMail } from './html-mail.ts';
import { awsFailure } from './sns.ts';

/** Recipients of one message, of whatever kind. Source: SES developer guide, "Service quotas". */
const mostRecipients = 50;
/** The rate is one per second, and bursts above it are taken only for a short time. */
const rateSeconds = 3;

/**
 * Mail by SES. Recipients are grouped into blind copies of 50; which groups have been sent is kept, so that a rate that
 * is too high delays the rest and repeats nothing. SendEmail knows no token: a lost reply repeats one group's mail.
 */
export const adapter = defineAdapter('ses', {
  repeat: 'same',
  secrets: ({ to }) => to,
  async deliver({ runtime, channel, message, progress, save }) {
    const groups = inGroups(await recipients(runtime, channel.to));
    const sent = { ...(progress as Record<string, string>) };
    for (const [index, group] of groups.entries()) {
      if (sent[index] !== undefined) continue;
      sent[index] = await send(runtime, channel.from, group, message);
      if (groups.length > 1) await save(sent);
    }
    return groups.length === 1 ? (sent[0] ?? 'unknown') : `${sent[0]} and ${groups.length - 1} more`;
  },
});

async function send(runtime: Runtime, from: string, to: string[], message: Outgoing): Promise<string> {
  const region = runtime.plan.regions.recovery;
  const data = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const command = new SendEmailCommand({
    FromEmailAddress: from,
    // Nobody learns who else was told.
    Destination: to.length === 1 ? { ToAddresses: to } : { BccAddresses: to },
    Content: {
      Simple: {
        Subject: data(message.subject),
        Body: { Text: data(message.text), Html: data(htmlMail(message)) },
        Headers: [
          { Name: 'X-Lifeboat-Message', Value: message.key.slice(0, 800) },
          // Mail programs put the messages of an incident into one conversation.
          { Name: 'References', Value: `<${message.incident}@lifeboat.invalid>` },
          // Out-of-office answers help nobody.
          { Name: 'Auto-Submitted', Value: 'auto-generated' },
        ],
      },
    },
  });
  try {
    const reply = await request({ call: 'ses.SendEmail', region }, () =>
      runtime.aws.client(SESv2Client, region).send(command),
    );
    return reply.MessageId ?? 'unknown';
  } catch (error) {
    // More in a second than the account may send: what is left goes a little later.
    if (isThrottle(error)) throw new ChannelError('later', 'SES: the rate of mail is too high.', rateSeconds);
    throw awsFailure(error);
  }
}

/** Addresses behind the references: one, several with commas or line breaks, or a JSON list; each once. */
async function recipients(runtime: Runtime, references: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const reference of references) {
    for (const address of addressesIn(await secretOf(runtime, reference))) found.add(address);
  }
  const all = [...found];
  const bad = all.filter(address => !/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(address)).length;
  if (all.length === 0 || bad > 0) {
    throw new ChannelError(
      'refused',
      `${references.join(', ')} must hold e-mail addresses; ${bad || 'no'} of ${all.length} can be used.`,
    );
  }
  return all;
}

function addressesIn(text: string): string[] {
  const list = text.startsWith('[') ? (JSON.parse(text) as unknown[]).map(String) : text.split(/[,;\n]/);
  return list.map(address => address.trim()).filter(address => address !== '');
}

function inGroups(addresses: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < addresses.length; at += mostRecipients) {
    groups.push(addresses.slice(at, at + mostRecipients));
  }
  return groups;
}
