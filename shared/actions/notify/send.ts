import * as z from 'zod';
import { defineAction } from '../contract.ts';

/** A channel that is too busy is given so long; the recovery itself has better things to wait for. */
const patienceSeconds = 180;

/**
 * Tells an audience at a certain point of the runbook. It is done when the message was handed over or could not be:
 * a provider that refuses must not stop a recovery, and the undelivered message goes to the next escalation level.
 */
export const action = defineAction({
  kind: 'notify.send',
  summary: 'Tells an audience, by a template, through its channels',
  parameters: z.object({
    audience: z.string().describe('Id of the audience'),
    template: z.string().describe('Name of a template of the plan, or of a built-in one'),
    fields: z
      .record(z.string(), z.string())
      .optional()
      .describe('Added to what the template calls message.*'),
  }),
  components: {},
  outputs: { delivered: 'Whether a channel took it' },
  drill: 'same',
  mutates: true,
  typical: {
    minSeconds: 0,
    likelySeconds: 1,
    maxSeconds: 30,
    source: 'SNS Publish answers when it has stored the message; delivery is asynchronous',
  },
  failureModes: [
    'every channel refuses',
    'a template names a field without a value: the built-in text is sent',
  ],
  permissions: () => [],
  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async act(context, parameters) {
    await context.notify(withStep(context.step.id, parameters));
  },
  /** Asks for the same message again: it was sent once already, and what is returned is what became of it. */
  async observe(context, parameters) {
    const evidence = await context.notify(withStep(context.step.id, parameters));
    const waits = evidence.some(({ data }) => data?.status === 'busy');
    if (waits && context.elapsedSeconds < patienceSeconds) {
      return {
        status: 'pending',
        note: 'The channel asked to wait, or another sender has the message in hand',
      };
    }
    const delivered = evidence.some(({ data }) => data?.status === 'sent');
    return { status: 'done', outputs: { delivered }, evidence };
  },
});

/** The step's id makes two steps with the same template two messages. */
function withStep(
  step: string,
  parameters: { audience: string; template: string; fields?: Record<string, string> },
) {
  return { ...parameters, fields: { ...parameters.fields, step } };
}
