import * as z from 'zod';
import { formatDuration } from '../../plan/duration.ts';
import { defineAction } from '../contract.ts';

const parameters = z.strictObject({
  time: z.iso
    .datetime({ offset: true })
    .meta({ description: 'When to go on, such as ${run.startedAt + 30m} or the old TTL after a change' }),
});

/** Waits until a time, so that a later step does not come too early. It checks nothing. */
export const action = defineAction({
  kind: 'wait.until',
  summary: 'Waits until a time',
  parameters,
  components: {},
  outputs: { waitedSeconds: 'How long it waited' },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0, likelySeconds: 300, maxSeconds: 3600, source: 'The time that the plan names' },
  failureModes: ['The time is further away than the step may take, which is refused at once'],
  permissions: () => [],

  async prepare(context, { time }) {
    const left = (Date.parse(time) - context.clock.now().getTime()) / 1000;
    if (left <= 0) {
      const what = `${time} has passed`;
      return { status: 'already-done', baseline: {}, outputs: { waitedSeconds: 0 }, evidence: [{ what }] };
    }
    if (left > context.step.timeoutSeconds) {
      const what = `${time} is ${formatDuration(left)} away, and the step may take ${formatDuration(context.step.timeoutSeconds)}.`;
      const mend = 'Give the step a longer timeout, or correct the time.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    return {
      status: 'ready',
      baseline: {},
      evidence: [{ what: `Waits ${formatDuration(left)}, until ${time}` }],
    };
  },

  async observe(context, { time }) {
    const left = (Date.parse(time) - context.clock.now().getTime()) / 1000;
    if (left > 0) return { status: 'pending', note: `${formatDuration(left)} left until ${time}` };
    const waitedSeconds = Math.round(context.elapsedSeconds);
    return { status: 'done', outputs: { waitedSeconds }, evidence: [{ what: `It is ${time} or later` }] };
  },
});
