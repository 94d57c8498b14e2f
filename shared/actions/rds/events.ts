import * as z from 'zod';
import { rdsArn } from '../../aws/rds-arns.ts';
import { type RdsEventId, rdsEventId, rdsEventMessages } from '../../aws/rds-events.ts';
import { readMessages } from '../../aws/rds-reader.ts';
import { rdsInstance } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { finish, pending, ready, refuse } from '../outcomes.ts';

const ids = Object.keys(rdsEventMessages) as [RdsEventId, ...RdsEventId[]];

const parameters = z.object({
  database: rdsInstance,
  /** The event that is waited for. `DescribeEvents` gives no ids; they are told by RDS's own messages. */
  event: z.enum(ids).optional(),
  /** Instead of an id, a part of the message. */
  message: z.string().min(3).optional(),
  /** Since when it counts, ISO-8601; the start of the outage without it. */
  since: z.iso.datetime({ offset: true }).optional(),
  /** With false the step is done at once, and says whether the event was seen. */
  wait: z.boolean().default(true),
});
type Parameters = z.output<typeof parameters>;

/** RDS keeps events for 14 days (DescribeEvents). */
const keptMs = 14 * 86_400_000;

/** Waits for an event of a database, or says whether it has happened, such as a failover that RDS did by itself. */
export const action = defineAction({
  kind: 'rds.events',
  summary: 'Waits for an event of a database, or says whether it has happened',
  parameters,
  components: { database: 'rds-instance' },
  outputs: {
    seen: 'true if the event has happened since',
    at: 'when it happened last, ISO-8601 UTC; null if it has not',
    message: "RDS's words; null if it has not happened",
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 120,
    source: 'Events are listed some seconds, at times two minutes, after they happened',
  },
  failureModes: [
    'Events are listed late, or not at all while the region is in trouble',
    'RDS keeps them for 14 days only',
    'A message has other words than those that are known for its id',
  ],
  permissions: ({ database: { region, identifier } }) => [
    {
      actions: ['rds:DescribeEvents'],
      resources: ['*'],
      reason: `The action has no resource-level permission; only events of ${rdsArn('db', region, identifier)} are asked for`,
    },
  ],

  async prepare(context, { event, message, since }) {
    if ((event === undefined) === (message === undefined)) {
      return refuse(
        'The step does not say what it waits for',
        'Write either event or message, not both and not neither.',
      );
    }
    const from = since ?? context.run.outageStartedAt;
    if (context.clock.now().getTime() - Date.parse(from) <= keptMs) return ready({ from });
    return refuse(
      `RDS keeps events for 14 days, and ${from} is longer ago`,
      'Choose a later time, or look into CloudTrail and the event subscriptions.',
    );
  },

  async observe(context, given, baseline) {
    const { region, identifier } = given.database;
    const window = { from: new Date(String(baseline.from)), to: context.clock.now() };
    const messages = await readMessages(context.aws, region, identifier, window);
    const found = messages.findLast(({ message }) => matches(message, given));
    const wanted = given.event ?? `"${given.message}"`;
    if (found) {
      const outputs = { seen: true, at: found.at.toISOString(), message: found.message };
      return finish(
        `${wanted} of ${identifier} happened at ${outputs.at}: ${found.message}`,
        outputs,
        outputs,
      );
    }
    const none = `RDS lists no ${wanted} of ${identifier} since ${window.from.toISOString()}`;
    if (given.wait) return pending(none);
    return finish(
      none,
      { seen: false, at: null, message: null },
      { messages: messages.map(({ message }) => message) },
    );
  },
});

function matches(text: string, { event, message }: Parameters): boolean {
  if (event !== undefined) return rdsEventId(text) === event;
  return message !== undefined && text.toLowerCase().includes(message.toLowerCase());
}
