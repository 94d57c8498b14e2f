import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { request } from '../aws/aws-errors.ts';
import { ConflictError, RequestRejectedError } from '../errors.ts';
import { pageKey } from '../incident/keys.ts';
import type { Runtime } from '../runtime.ts';

/** Something that triage must tell a person now. `key` is the same for the same thing. */
export type Page = { key: string; subject: string; lines: string[]; incidentId?: string };
export type SendPage = (page: Page) => Promise<void>;

/** Longest subject that SNS takes. Source: SNS API reference, Publish. */
const subjectLength = 100;

/**
 * Pages the people of the plan's first escalation level, over the SNS topics of their channels; every topic of the
 * plan when it has no escalation. Resolves when at least one topic took the message.
 */
export function pageFirstLevel(runtime: Runtime): SendPage {
  return async page => {
    const { plan, settings } = runtime;
    const topics = firstTopics(plan).map(name => ({ name, arn: settings.topicArns[name] }));
    const region = plan.regions.recovery;
    const sns = runtime.aws.client(SNSClient, region);
    const results = await Promise.allSettled(
      topics.map(async ({ name, arn }) => {
        if (!arn) throw missingTopic(name);
        const Message = [...page.lines, '', `System: ${plan.system.title}`].join('\n');
        const command = new PublishCommand({ TopicArn: arn, Subject: subjectOf(page.subject), Message });
        return request({ call: 'sns.Publish', region }, () => sns.send(command));
      }),
    );
    const failed = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []));
    for (const error of failed)
      runtime.log('error', 'A page was not sent', { key: page.key, error: String(error) });
    if (failed.length === results.length) throw failed[0] ?? missingTopic('any');
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

/** Topics of the people who are told first. Pure. */
export function firstTopics(plan: Runtime['plan']): string[] {
  const first = plan.escalation.toSorted((a, b) => a.after - b.after)[0];
  const channels = first
    ? first.people.map(person => plan.people[person]?.channel ?? '')
    : Object.keys(plan.channels);
  const topics = channels.flatMap(channel => plan.channels[channel]?.topic ?? []);
  return [...new Set(topics)];
}

/** SNS subjects are printable ASCII without line breaks. */
function subjectOf(subject: string): string {
  return subject.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, subjectLength);
}

function missingTopic(name: string): RequestRejectedError {
  return new RequestRejectedError(`The deployment has no topic "${name}" to page people over`, {
    nextStep: 'Deploy again with the plan as it is now.',
  });
}
