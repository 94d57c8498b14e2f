import { InvalidInputError, NotApprovedError, StepFailedError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { actionContext } from './action-context.ts';
import type { Answer, StepReply } from './contract.ts';
import { parametersOf } from './prepare-step.ts';
import { readStep, writeStep } from './step-record.ts';
import { conclude, firstRecord, reply, type StepWork } from './step-work.ts';

/** Goes on with what a person answered, to the step's own question or to what shall become of its failure. */
export async function answerStep(work: StepWork, answer: Answer | undefined): Promise<StepReply> {
  if (!answer) {
    throw new InvalidInputError('The ask machine returned no answer', {
      nextStep: 'Deploy again: the step machine and the ask machine come from different versions.',
    });
  }
  const now = work.runtime.clock.now().toISOString();
  await writeStep(work.runtime.store, work.run.id, work.step.id, current => ({
    ...(current ?? firstRecord(work.step, now)),
    answer,
  }));
  switch (answer.value) {
    case 'approve':
    case 'done':
      return finish(work, answer);
    case 'retry':
      return reply('retry');
    case 'skip':
      await conclude(work, 'skipped', { note: `${answer.by} skipped it${because(answer)}` });
      return reply('skipped');
    case 'abort':
      return notApproved(work, `${answer.by} ended the run${because(answer)}`);
    case 'deny':
      return notApproved(work, `${answer.by} said no${because(answer)}`);
    case 'timeout':
      return notApproved(work, 'Nobody answered in time');
  }
}

/** The action turns the answer into its outputs. */
async function finish(work: StepWork, answer: Answer): Promise<StepReply> {
  const { runtime, run, step, action } = work;
  const record = await readStep(runtime.store, run.id, step.id);
  const parameters = await parametersOf(work);
  if (!parameters.ok) throw parameters.error;
  const baseline: JsonObject = { ...record?.baseline, answer };
  const seen = await action.observe(actionContext(runtime, run, step, record), parameters.value, baseline);
  if (seen.status !== 'done') {
    const why = seen.status === 'pending' ? seen.note : seen.reasons.map(reason => reason.what).join(' ');
    throw new StepFailedError(`The answer of ${answer.by} does not complete the step: ${why}`, {
      nextStep: 'Answer again; retry asks anew.',
    });
  }
  await conclude(work, 'done', { outputs: seen.outputs, evidence: seen.evidence });
  return reply('done');
}

function notApproved(work: StepWork, what: string): never {
  throw new NotApprovedError(`${work.step.title}: ${what}`, {
    nextStep: 'Nothing more is changed. Start the scenario again when the decision is another.',
  });
}

function because(answer: Answer): string {
  return answer.reason ? `: ${answer.reason}` : '';
}
