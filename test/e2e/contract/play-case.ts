import type { Action, ActionContext, Observation, Preparation } from '../../../shared/actions/contract.ts';
import { loadActions } from '../../../shared/actions/load-actions.ts';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { createSecretReader } from '../../../shared/aws/secret-reader.ts';
import { LifeboatError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../../shared/json.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import type { Network } from '../../../shared/ports.ts';
import { contextOf, run } from '../../support/compute-world.ts';
import type { ContractCase, Ids } from './case.ts';
import { isRead, type RecordedCall, recordCalls, recordRequests } from './record-calls.ts';

/** A world that a case is played in. */
export type Place = {
  plan: Plan;
  ids: Ids;
  aws: AwsClients;
  network: Network;
  outageStartedAt: string;
  nowMs(): number;
  /** Lets work go on, in virtual time where the world has it. */
  drive<T>(work: Promise<T>): Promise<T>;
  /** Seconds between two looks, of the world's own time. */
  wait(seconds: number): Promise<void>;
  /** After so many looks a state that has not come will not come. */
  looks: number;
  kubernetes?: ActionContext['kubernetes'];
  /** Reads an object of the cluster as its administrator; undefined if it is not there. */
  readObject?(path: string): Promise<unknown>;
  reportBucket: string;
};

/** What came of a case: the calls, and how each part of the step ended. */
export type Played = {
  preparation: Preparation;
  seen: Observation | undefined;
  calls: RecordedCall[];
  /** From act to the last look. */
  seconds: number;
  holds: unknown;
  undone?: { seen: Observation; calls: RecordedCall[]; holds: unknown };
};

/** What happened before a step has come to its end when the step begins; databases take longest. */
const settleSeconds = 1_800;

/** Prepares, acts (again when a reply was lost), observes and undoes as the step machine does. */
export async function playCase(place: Place, one: ContractCase): Promise<Played> {
  const { plan, ids, aws, drive } = place;
  if (one.before) {
    await drive(one.before(aws, ids));
    await place.wait(settleSeconds);
  }
  const action = (await loadActions([one.kind]))[one.kind] as Action;
  const parameters = action.parameters.parse(fillIn(plan, action, one.with(ids))) as never;
  const step = stepIn(place, one, action);
  const preparation = await drive(action.prepare(step.context(), parameters));
  const played: Played = { preparation, seen: undefined, calls: step.calls, seconds: 0, holds: undefined };
  if (preparation.status === 'ready') {
    step.begin(preparation.baseline);
    await actUntilHeard(step, action, parameters);
    played.seen = await step.until(() => action.observe(step.context(), parameters, { ...step.memory }));
  }
  played.seconds = step.elapsedSeconds();
  played.calls = step.calls.splice(0);
  played.holds = await lookAfter(place, one);
  if (one.undo && preparation.status === 'ready') {
    const { baseline } = preparation;
    const outputs = played.seen?.status === 'done' ? played.seen.outputs : {};
    const undo = () => action.undo?.(step.context(), parameters, baseline, outputs) ?? noUndo(one.kind);
    const seen = await step.until(undo);
    const calls = step.calls.splice(0);
    played.undone = { seen, calls, holds: await lookAfter(place, one) };
  }
  return played;
}

async function lookAfter({ ids, aws, drive, readObject }: Place, one: ContractCase): Promise<unknown> {
  if (one.after) return drive(one.after(aws, ids));
  if (!one.finds || !readObject) return undefined;
  const found = await drive(readObject(one.finds.path(ids)));
  return found === undefined ? 'gone' : one.finds.holds(found as never);
}

function stepIn(place: Place, one: ContractCase, action: Action) {
  const { nowMs, drive, wait, looks } = place;
  const calls: RecordedCall[] = [];
  const aws = recordCalls(place.aws, calls);
  const memory: JsonObject = {};
  let beganAtMs = nowMs();
  return {
    calls,
    memory,
    drive,
    elapsedSeconds: () => (nowMs() - beganAtMs) / 1000,
    begin(baseline: JsonObject) {
      Object.assign(memory, baseline);
      beganAtMs = nowMs();
    },
    context: (): ActionContext => ({
      ...contextOf({
        aws,
        memory,
        network: place.network,
        kubernetes: place.kubernetes && recordRequests(place.kubernetes, calls),
        action: action.kind,
        reportBucket: place.reportBucket,
        secret: createSecretReader(aws),
        run: { ...run, mode: one.mode ?? 'recover', outageStartedAt: place.outageStartedAt },
      }),
      clock: { now: () => new Date(nowMs()) },
      elapsedSeconds: (nowMs() - beganAtMs) / 1000,
    }),
    async until(look: () => Promise<Observation>): Promise<Observation> {
      for (let n = 1; ; n++) {
        const seen = await drive(look());
        if (seen.status !== 'pending' || n >= looks) return seen;
        await wait(5);
      }
    },
  };
}

async function actUntilHeard(
  step: ReturnType<typeof stepIn>,
  action: Action,
  parameters: never,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await step.drive(Promise.resolve(action.act?.(step.context(), parameters, { ...step.memory })));
      return;
    } catch (error) {
      if (!(error instanceof LifeboatError) || !error.retryable || attempt > 3) throw error;
    }
  }
}

const noUndo = (kind: string): Promise<Observation> => Promise.reject(new Error(`${kind} has no undo`));

/** Component parameters by their ids, as the compiler bakes them into a step. */
function fillIn(plan: Plan, action: Action, given: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const component =
        name in action.components && typeof value === 'string' ? plan.components[value] : undefined;
      return [name, component ? ({ ...component, id: value } as unknown as JsonObject) : value];
    }),
  );
}

/** The part of a record that both worlds must share. */
export function changesOf(calls: readonly RecordedCall[]): RecordedCall[] {
  return calls.filter(call => !isRead(call) && call.error === undefined);
}

/** Errors that were met, each once: `service.Operation ErrorName`. */
export function errorsOf(calls: readonly RecordedCall[]): string[] {
  return [...new Set(calls.flatMap(({ name, error }) => (error ? [`${name} ${error}`] : [])))].sort();
}
