import * as z from 'zod';
import { durationSchema } from '../../plan/duration.ts';
import { answerSchema } from '../../runbook/contract.ts';
import { defineAction } from '../contract.ts';

/** Asks people whether the run may go on. It stands before what can't be taken back. */
export const action = defineAction({
  kind: 'people.approval',
  summary: 'Asks for a decision, by a signed link, within a time',
  parameters: z.object({
    title: z.string().max(200).describe('What is decided, as a question'),
    shows: z.array(z.string()).describe('Lines that the person sees: what will happen, what was found out'),
    from: z.array(z.string()).min(1).describe('Ids or roles of people who may answer'),
    quorum: z.number().int().positive().default(1).describe('How many of them must agree'),
    within: durationSchema.describe('Time to answer; without an answer the run ends'),
    accepts: z
      .array(z.string())
      .default([])
      .describe('Risks that the approval accepts, such as unfenced-writer'),
  }),
  components: {},
  outputs: {
    approvedBy: 'Ids of those who approved',
    accepted: 'The risks that were accepted with it',
    reason: 'What they gave as the reason; may be empty',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 180,
    likelySeconds: 360,
    maxSeconds: 720,
    source: 'assumption: a person who was just paged reads and decides; drills replace it by measured times',
  },
  failureModes: ['nobody answers in time', 'the answer is no', 'fewer people than the quorum can be reached'],
  permissions: () => [],
  async prepare(_context, { title, shows, from, quorum, within, accepts }) {
    const risks = accepts.map(risk => `Approving accepts this risk: ${risk.replaceAll('-', ' ')}.`);
    return {
      status: 'ask',
      baseline: {},
      evidence: [],
      question: {
        kind: 'approval',
        title,
        shows: [...shows, ...risks],
        askedOf: from,
        quorum,
        answerWithinSeconds: within,
      },
      unasked: { approvedBy: 'nobody, since a dry run asks nobody', accepted: [], reason: '' },
    };
  },
  async observe({ nameOf }, { accepts }, baseline) {
    const answer = answerSchema.safeParse(baseline.answer);
    if (!answer.success) return { status: 'pending', note: 'Nobody has answered yet' };
    const { value, by, at, reason = '' } = answer.data;
    // Several who agreed are one text.
    const names = by.split(', ').map(nameOf).join(', ');
    if (value !== 'approve') {
      const what = `${names} answered "${value}"${reason ? `: ${reason}` : ''}.`;
      const mend = 'Start the scenario again when the decision is another.';
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    return {
      status: 'done',
      outputs: { approvedBy: by, accepted: accepts, reason },
      evidence: [
        {
          what: `${names} approved${reason ? `: ${reason}` : ''}.`,
          data: { approvedBy: by, at, accepted: accepts },
        },
      ],
    };
  },
});
