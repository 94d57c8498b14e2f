import * as z from 'zod';
import { shortHash } from '../aws/names.ts';
import type { RecordKey } from '../incident/record-store.ts';
import { answerSchema, answerValues, questionKindSchema, runSchema } from '../runbook/contract.ts';

/** One person's answer, as given. */
const givenAnswerSchema = z.object({
  person: z.string(),
  value: z.enum(answerValues),
  reason: z.string().optional(),
  at: z.string(),
  via: z.enum(['link', 'cli', 'console', 'timer']),
});
export type GivenAnswer = z.infer<typeof givenAnswerSchema>;

/**
 * A question to people that a state machine waits for. `token` is the task token of that wait; it is replaced when
 * the machine asks again. `result` is what the machine is told; `delivered`: it has been, or nobody waits with this token.
 */
export const questionSchema = z.object({
  id: z.string(),
  run: runSchema,
  step: z.object({ id: z.string(), phase: z.string(), title: z.string() }),
  attempt: z.number().int(),
  kind: questionKindSchema,
  title: z.string(),
  shows: z.array(z.string()),
  /** People ids of the plan; roles are resolved when the question is stored. */
  askedOf: z.array(z.string()),
  quorum: z.number().int().positive(),
  askedAt: z.string(),
  expiresAt: z.string(),
  token: z.string(),
  status: z.enum(['open', 'answered', 'timed-out']),
  answers: z.array(givenAnswerSchema),
  result: answerSchema.optional(),
  /** Whether handing the result over with this token was ever begun: it may have been heard. */
  handedOver: z.boolean(),
  delivered: z.boolean(),
});
export type Question = z.infer<typeof questionSchema>;
export type QuestionKind = Question['kind'];

/** The same for every call of the same attempt, so that a repeated call finds the question instead of asking twice. */
export function questionId(run: string, step: string, attempt: number, kind: QuestionKind): string {
  return `q${shortHash(`${run}/${step}/${attempt}/${kind}`, 12)}`;
}

/** Stands in for a question in links that acknowledge an incident. */
export function acknowledgementId(incidentId: string): string {
  return `a${shortHash(`acknowledge/${incidentId}`, 12)}`;
}

/** Leads from a link's question or acknowledgement id to its incident, which keeps links short enough for an SMS. */
export const pointerKey = (id: string): RecordKey => ({ partition: `QUESTION#${id}`, sort: 'INCIDENT' });
export const pointerSchema = z.object({ incidentId: z.string() });

/** `why`: whether it counts only with a reason, since somebody will ask for it afterwards. */
type Choice = { value: GivenAnswer['value']; label: string; means: string; why: boolean };

/** Values that people may answer with, and the label of each, in the order in which they are offered. */
export const choices: Record<QuestionKind, readonly Choice[]> = {
  approval: [
    { value: 'approve', label: 'Approve', means: 'The run goes on.', why: true },
    { value: 'deny', label: 'Deny', means: 'The run ends here. Nothing more is changed.', why: true },
  ],
  'failed-step': [
    { value: 'retry', label: 'Retry', means: 'The step is tried again from its beginning.', why: false },
    {
      value: 'skip',
      label: 'Skip',
      means: 'The run goes on without this step. Choose it if you have done it by hand.',
      why: true,
    },
    { value: 'abort', label: 'Abort', means: 'The run ends here. What was done so far stays.', why: true },
  ],
  task: [
    { value: 'done', label: 'Done', means: 'You have done it; the run goes on.', why: false },
    { value: 'abort', label: 'Abort', means: 'It can’t be done. The run ends here.', why: true },
  ],
};
