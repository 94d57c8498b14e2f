import * as z from 'zod';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { defineAction } from '../contract.ts';
import { alreadyDone, ready, refuse } from '../outcomes.ts';

const parameters = z
  .strictObject({
    time: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: 'When to go on, such as ${run.startedAt + 30m} or the old TTL after a change' }),
    for: durationSchema.optional().meta({
      description: 'Instead of a time: how long to wait from the moment when the step begins, such as 30s',
    }),
  })
  .refine(
    given => (given.time === undefined) !== (given.for === undefined),
    'say either time or for, and not both',
  );

const baselineSchema = z.object({ until: z.string() });

/** Waits until a time, or for a time, so that a later step does not come too early. It checks nothing. */
export const action = defineAction({
  kind: 'wait.until',
  summary: 'Waits until a time, or for so long',
  parameters,
  components: {},
  outputs: { waitedSeconds: 'How long it waited' },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0, likelySeconds: 300, maxSeconds: 3600, source: 'The time that the plan names' },
  failureModes: ['The time is further away than the step may take, which is refused at once'],
  permissions: () => [],

  async prepare(context, given) {
    const now = context.clock.now().getTime();
    const until = given.time ?? new Date(now + (given.for ?? 0) * 1000).toISOString();
    const left = (Date.parse(until) - now) / 1000;
    if (left <= 0) return alreadyDone({ until }, { waitedSeconds: 0 }, `${until} has passed`);
    if (left > context.step.timeoutSeconds) {
      return refuse(
        `${until} is ${formatDuration(left)} away, and the step may take ${formatDuration(context.step.timeoutSeconds)}.`,
        'Give the step a longer timeout, or correct the time.',
      );
    }
    return ready({ until }, `Waits ${formatDuration(left)}, until ${until}`);
  },

  async observe(context, _given, baseline) {
    const { until } = baselineSchema.parse(baseline);
    const left = (Date.parse(until) - context.clock.now().getTime()) / 1000;
    if (left > 0) return { status: 'pending', note: `${formatDuration(left)} left until ${until}` };
    const waitedSeconds = Math.round(context.elapsedSeconds);
    return { status: 'done', outputs: { waitedSeconds }, evidence: [{ what: `It is ${until} or later` }] };
  },
});
