import { adapterOf } from '../communication/channels/adapters.ts';
import type { Outgoing } from '../communication/channels/contract.ts';
import { memoryOf } from '../communication/publish.ts';
import { asSubject } from '../communication/render.ts';
import { ConflictError, RequestRejectedError } from '../errors.ts';
import { pageKey } from '../incident/keys.ts';
import type { Runtime } from '../runtime.ts';

/** Something that triage must tell a person now. `key` is the same for the same thing. */
export type Page = { key: string; subject: string; lines: string[]; incidentId?: string };
export type SendPage = (page: Page) => Promise<void>;

/**
 * Pages the people of the plan's first escalation level, each on all of their channels; everybody of the plan when it
 * has no escalation. Resolves when at least one of them took the message.
 */
export function pageFirstLevel(runtime: Runtime): SendPage {
  return pageChannels(runtime, firstChannels(runtime.plan));
}

/** The same to people by their ids, such as those who have a task to do. */
export function pagePeople(runtime: Runtime, people: readonly string[]): SendPage {
  return pageChannels(runtime, channelsOf(runtime.plan, people));
}

function pageChannels(runtime: Runtime, channels: readonly string[]): SendPage {
  return async page => {
    const message = outgoingOf(page, runtime.plan.system.title);
    const results = await Promise.allSettled(channels.map(channel => deliver(runtime, channel, message)));
    const failed = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []));
    for (const error of failed)
      runtime.log('error', 'A page was not sent', { key: page.key, error: String(error) });
    if (failed.length === results.length) throw failed[0] ?? nobodyToTell();
  };
}

async function deliver(runtime: Runtime, id: string, message: Outgoing): Promise<void> {
  const channel = runtime.plan.channels[id];
  if (!channel) throw nobodyToTell();
  await adapterOf(channel).deliver({
    runtime,
    id,
    channel,
    message,
    repeated: false,
    progress: {},
    save: () => Promise.resolve(),
    memory: memoryOf(runtime, message.incident, id),
  });
}

function outgoingOf(page: Page, system: string): Outgoing {
  const text = [...page.lines, '', `System: ${system}`].join('\n');
  return {
    key: page.key,
    incident: page.incidentId ?? `page/${page.key}`,
    template: 'page',
    mode: undefined,
    subject: asSubject(page.subject),
    text,
    // What is to be done stands in the lines; a long SMS is better than half of it.
    sms: text,
    stage: 'investigating',
  };
}

/** Sends a page unless it was sent before. Sent twice is possible after a crash; not sent at all is not. */
export async function pageOnce(runtime: Runtime, send: SendPage, page: Page): Promise<void> {
  const key = pageKey(runtime.plan.system.id, page.key);
  const isKnown = await runtime.store.get(key).catch(() => undefined);
  if (isKnown) return;
  await send(page);
  runtime.log('warn', page.subject, { key: page.key });
  try {
    const data = { sentAt: runtime.clock.now().toISOString(), subject: page.subject };
    await runtime.store.put(key, data, { ifAbsent: true });
  } catch (error) {
    // It was sent, which is what counts; without the record it is sent again at the next look.
    if (!(error instanceof ConflictError))
      runtime.log('error', 'A page could not be noted', { error: String(error) });
  }
}

/** Channels of the people who are told first, each once. Pure. */
function firstChannels(plan: Runtime['plan']): string[] {
  return channelsOf(plan, levelsInOrder(plan)[0] ?? Object.keys(plan.people));
}

/** Topics of the first level that has any: CloudWatch's own alarms can publish to topics only. Pure. */
export function firstTopics(plan: Runtime['plan']): string[] {
  for (const people of levelsInOrder(plan)) {
    const topics = topicsAmong(plan, channelsOf(plan, people));
    if (topics.length > 0) return topics;
  }
  return topicsAmong(plan, channelsOf(plan, Object.keys(plan.people)));
}

function levelsInOrder(plan: Runtime['plan']): string[][] {
  return plan.escalation.toSorted((a, b) => a.after - b.after).map(({ people }) => people);
}

function channelsOf(plan: Runtime['plan'], people: readonly string[]): string[] {
  const channels = people.flatMap(id => {
    const person = plan.people[id];
    return person ? [person.channel, ...person.fallback] : [];
  });
  return [...new Set(channels)];
}

function topicsAmong(plan: Runtime['plan'], channels: readonly string[]): string[] {
  const topics = channels.flatMap(id => {
    const channel = plan.channels[id];
    return channel?.type === 'sns' ? [channel.topic] : [];
  });
  return [...new Set(topics)];
}

function nobodyToTell(): RequestRejectedError {
  return new RequestRejectedError('The plan has no channel to page people over', {
    nextStep: 'Give the people of the first escalation level a channel, and deploy again.',
  });
}
