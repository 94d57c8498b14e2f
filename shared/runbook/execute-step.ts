import type { Action } from '../actions/contract.ts';
import { AbortedError, InvalidInputError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { answerStep } from './answer-step.ts';
import type { Run, StepEvent, StepReply } from './contract.ts';
import { holdSystem } from './hold-system.ts';
import { actStep, observeStep } from './observe-step.ts';
import { prepareStep } from './prepare-step.ts';
import { readRun } from './run-record.ts';
import { settleStep } from './settle-step.ts';
import type { StepWork } from './step-work.ts';
import { undoStep } from './undo-step.ts';

/** Loads the action of a family by the part of its kind after the dot. */
export type LoadAction = (name: string) => Promise<{ action: Action }>;

/**
 * One call from the step machine. Everything between two calls is in the record store, so a call that dies is
 * simply made again.
 */
export async function executeStep(runtime: Runtime, load: LoadAction, event: StepEvent): Promise<StepReply> {
  const action = await loadAction(load, event.step.action);
  const work = { runtime, action, run: event.run, step: event.step };
  const beganMs = runtime.clock.now().getTime();
  switch (event.operation) {
    case 'prepare':
      await stopIfOver(runtime, event.run);
      await holdSystem(runtime, event.run, event.step);
      return goOn(work, await prepareStep(work), beganMs);
    case 'act':
      await stopIfOver(runtime, event.run);
      return goOn(work, await actStep(work), beganMs);
    case 'observe':
      await stopIfOver(runtime, event.run);
      return observeStep(work);
    case 'settle':
      return settleStep(work, event.failure ?? { Error: 'Unknown' });
    case 'answer':
      return answerStep(work, event.answer);
    case 'undo':
      return undoStep(work);
  }
}

/** A call that has taken longer leaves the rest to the next one, so that none nears the time-out of its function. */
const briefMs = 10_000;

/**
 * Goes on in the same call where nothing is lost by it: what changes nothing has nothing to do between preparing and
 * looking, and the first look comes right after a change. Each saves a call, and the time to pass on to it.
 */
async function goOn(work: StepWork, said: StepReply, beganMs: number): Promise<StepReply> {
  const { runtime, action } = work;
  const isBrief = () => runtime.pause !== undefined && runtime.clock.now().getTime() - beganMs < briefMs;
  const acted = said.next === 'act' && !action.act && isBrief() ? await actStep(work) : said;
  return acted.next === 'observe' && isBrief() ? observeStep(work) : acted;
}

async function loadAction(load: LoadAction, kind: string): Promise<Action> {
  const missing = (cause?: unknown) =>
    new InvalidInputError(`This function has no action of the kind "${kind}"`, {
      nextStep: 'Deploy again: the state machine and the functions come from different versions.',
      cause,
    });
  const name = kind.slice(kind.indexOf('.') + 1);
  const loaded = await load(name).catch((cause: unknown) => {
    throw missing(cause);
  });
  // Families share names: dns.check must not run as http.check.
  if (loaded.action.kind !== kind) throw missing();
  return loaded.action;
}

/**
 * A person may stop a run between any two calls, and an execution may be stopped while the ones that it started go on
 * for a moment; nothing new is begun after that.
 */
async function stopIfOver(runtime: Runtime, run: Run): Promise<void> {
  const record = await readRun(runtime.store, run.id);
  const over = record?.abortedBy
    ? `${record.abortedBy} stopped the run${record.abortReason ? `: ${record.abortReason}` : ''}`
    : record?.outcome && `The run has ended already: ${record.outcome}`;
  if (over) {
    throw new AbortedError(over, {
      nextStep: 'See the report for what was done until then; start the scenario again when it is wanted.',
    });
  }
}
