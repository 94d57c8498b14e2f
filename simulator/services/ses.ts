import { arrive } from '../world/messages.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

export type Mail = { id: string; atMs: number; from: string; to: string[]; subject: string; text: string };

type SesState = { mails: Mail[]; budget: number; countedAtMs: number };

/** Recipients of one message, and the rate of recipients that new accounts in production get. Source: SES quotas. */
const mostRecipients = 50;
const recipientsPerSecond = 14;
/** "You can exceed this quota for short bursts": taken to be the quota of so many seconds. */
const burstSeconds = 30;

/** SES (API v2) in the plan's recovery region. The senders of the plan's channels are verified there. */
export const service: SimulatedService = {
  name: 'ses',
  operations: { SendEmail: sendEmail },
};

/** Mail that SES has taken, in order. */
export function sentMails(world: World): readonly Mail[] {
  return stateOf(world).mails;
}

function stateOf(world: World): SesState {
  return world.state<SesState>('ses', () => ({
    mails: [],
    budget: recipientsPerSecond * burstSeconds,
    countedAtMs: world.nowMs(),
  }));
}

function sendEmail(world: World, call: Call): { MessageId: string } {
  const {
    FromEmailAddress: from,
    Destination,
    Content,
  } = call.input as {
    FromEmailAddress?: string;
    Destination?: { ToAddresses?: string[]; BccAddresses?: string[] };
    Content?: { Simple?: { Subject?: { Data?: string }; Body?: { Text?: { Data?: string } } } };
  };
  const to = [...(Destination?.ToAddresses ?? []), ...(Destination?.BccAddresses ?? [])];
  const subject = Content?.Simple?.Subject?.Data ?? '';
  const text = Content?.Simple?.Body?.Text?.Data ?? '';
  if (to.length === 0 || to.length > mostRecipients || subject === '' || text === '') {
    throw new SimulatedAwsError(
      'BadRequestException',
      'The message is not complete, or has too many recipients.',
    );
  }
  const verified = Object.values(world.plan.channels).some(one => one.type === 'ses' && one.from === from);
  if (!verified || call.region !== world.plan.regions.recovery) {
    throw new SimulatedAwsError('MessageRejected', `Email address is not verified: ${from}`);
  }
  const state = stateOf(world);
  spend(world, state, to.length);
  const id = `${world.seed}-${String(state.mails.length).padStart(6, '0')}`;
  state.mails.push({ id, atMs: world.nowMs(), from: from ?? '', to, subject, text });
  arrive(world, `mail/${to[0]}`, text);
  return { MessageId: id };
}

function spend(world: World, state: SesState, recipients: number): void {
  const passed = (world.nowMs() - state.countedAtMs) / 1000;
  state.budget = Math.min(recipientsPerSecond * burstSeconds, state.budget + passed * recipientsPerSecond);
  state.countedAtMs = world.nowMs();
  if (state.budget < recipients) {
    throw new SimulatedAwsError('TooManyRequestsException', 'Maximum sending rate exceeded.', 429);
  }
  state.budget -= recipients;
}
