import * as z from 'zod';
import { stepRestores } from '../../plan/components/base.ts';
import { durationSchema } from '../../plan/duration.ts';
import { answerSchema } from '../../runbook/contract.ts';
import { withAssumption } from '../assumed-repair.ts';
import { defineAction } from '../contract.ts';
import { finish } from '../outcomes.ts';

/** Gives a person something to do that only a person can do, and waits until they say that it is done. */
export const action = defineAction({
  kind: 'people.task',
  summary: 'Asks a person to do something by hand and to say when it is done',
  parameters: z.object({
    title: z.string().max(200).describe('What is to be done'),
    text: z.string().describe('How, or the prepared text of a call or a post'),
    owner: z.string().describe('Id or role of who does it'),
    within: durationSchema.describe(
      'Time to do it; without an answer the step fails, and the run ends unless onFailure is continue',
    ),
    takes: durationSchema
      .optional()
      .describe('How long it usually takes, for rehearsals; without it, as long as a short answer'),
    restores: stepRestores,
  }),
  components: {},
  outputs: { doneBy: 'Id of the person who said that it is done', note: 'What they added; may be empty' },
  drill: 'same',
  mutates: false,
  traits: ['looks', 'brings-data', 'own-code'],
  typical: {
    minSeconds: 180,
    likelySeconds: 600,
    maxSeconds: 1800,
    source: 'assumption: a short task by hand; drills replace it by measured times',
  },
  failureModes: ['nobody says that it is done in time', 'it can’t be done'],
  permissions: () => [],
  async prepare(_context, { title, text, owner, within }) {
    return {
      status: 'ask',
      baseline: {},
      evidence: [],
      question: {
        kind: 'task',
        title,
        shows: text.split('\n').filter(line => line.trim() !== ''),
        askedOf: [owner],
        quorum: 1,
        answerWithinSeconds: within,
      },
    };
  },
  async observe({ nameOf }, parameters, baseline) {
    const answer = answerSchema.safeParse(baseline.answer);
    if (!answer.success) return { status: 'pending', note: 'Nobody has said that it is done' };
    const { value, by, at, reason = '' } = answer.data;
    const name = nameOf(by);
    if (value !== 'done') {
      const what = `${name} answered "${value}"${reason ? `: ${reason}` : ''}.`;
      return {
        status: 'failed',
        reasons: [{ what, mend: 'Do it by another way, then retry or skip.' }],
        evidence: [],
      };
    }
    const what = `${name} says that it is done${reason ? `: ${reason}` : ''}.`;
    return withAssumption(finish(what, { doneBy: by, note: reason }, { doneBy: by, at }), parameters);
  },
});
