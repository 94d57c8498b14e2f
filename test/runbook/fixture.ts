import * as z from 'zod';
import {
  type Action,
  type ActionContext,
  defineAction,
  type Observation,
  type Preparation,
} from '../../shared/actions/contract.ts';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import type { EntryOf } from '../../shared/incident/entries.ts';
import { readLedger } from '../../shared/incident/ledger.ts';
import { wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';
import type { Run, Step, StepEvent, StepReply } from '../../shared/runbook/contract.ts';
import { executeStep } from '../../shared/runbook/execute-step.ts';
import { createRun } from '../../shared/runbook/run-record.ts';
import { readStep, type StepRecord } from '../../shared/runbook/step-record.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { makePlan, makeWorld, openedAt } from '../communication/fixture.ts';

export const executionArn = 'arn:aws:states:ap-southeast-4:123456789012:execution:shop-region-failure:one';

const parameters = z.object({
  size: z.number().int(),
  label: z.string().default('none'),
  /** A component, as an action gets it. */
  place: z.looseObject({}).optional(),
});

/** What the action under execution works on: one thing with a size, that takes some time to get there. */
export type Thing = { size: number; target: number; takesSeconds: number; changes: number; seen: string[] };

type Behaviour = {
  prepare?: (context: ActionContext, thing: Thing) => Preparation | undefined;
  observe?: (context: ActionContext, thing: Thing) => Observation | undefined;
  undo?: ((context: ActionContext, thing: Thing) => Observation | undefined) | null;
  /** Called in act before and after the change; may throw, as a handler that dies. */
  dying?: (where: 'before act' | 'after act') => void;
  drill?: Action['drill'];
  mutates?: boolean;
  onlyReads?: () => boolean;
  minSeconds?: number;
  /** An action that only looks has no act. */
  acts?: false;
};

/** An action as a family has them: reads first, records its change, is done when the size is there, goes back. */
export function makeAction(thing: Thing, behaviour: Behaviour = {}) {
  const { minSeconds = 0 } = behaviour;
  const set = async (context: ActionContext, size: number) => {
    if (thing.target === size) return;
    await context.changed({
      call: 'thing.Resize',
      region: 'ap-southeast-4',
      resource: 'thing',
      what: `From ${thing.target} to ${size}`,
    });
    thing.target = size;
    thing.changes += 1;
  };
  const look = (context: ActionContext, size: number): Observation => {
    if (context.elapsedSeconds < thing.takesSeconds) return { status: 'pending', note: 'not there yet' };
    thing.size = thing.target;
    return { status: 'done', outputs: { size: thing.size }, evidence: [{ what: `The size is ${size}` }] };
  };
  return defineAction({
    kind: 'thing.resize',
    summary: 'Resizes the thing',
    parameters,
    components: {},
    outputs: { size: 'The size' },
    drill: behaviour.drill ?? 'isolated',
    mutates: behaviour.mutates ?? true,
    ...(behaviour.onlyReads && { onlyReads: behaviour.onlyReads }),
    typical: {
      minSeconds,
      likelySeconds: minSeconds + 60,
      maxSeconds: minSeconds + 600,
      source: 'made up for tests',
    },
    failureModes: [],
    permissions: () => [],
    async prepare(context, { size, label }) {
      thing.seen.push(`prepare ${size} ${label}`);
      const special = behaviour.prepare?.(context, thing);
      if (special) return special;
      return {
        status: 'ready',
        baseline: { before: thing.target },
        evidence: [{ what: `It has ${thing.size}` }],
      };
    },
    ...(behaviour.acts !== false && {
      async act(context: ActionContext, { size }: { size: number }) {
        thing.seen.push(`act ${context.elapsedSeconds}`);
        behaviour.dying?.('before act');
        await set(context, size);
        behaviour.dying?.('after act');
      },
    }),
    async observe(context, { size }) {
      thing.seen.push(`observe ${context.elapsedSeconds}`);
      return behaviour.observe?.(context, thing) ?? look(context, size);
    },
    ...(behaviour.undo !== null && {
      async undo(context: ActionContext, _: unknown, baseline: Record<string, unknown>) {
        thing.seen.push(`undo to ${baseline.before} after ${context.elapsedSeconds}`);
        const special = behaviour.undo?.(context, thing);
        if (special) return special;
        const before = z.number().parse(baseline.before);
        if (thing.target !== before) {
          await set(context, before);
          return { status: 'pending', note: 'going back' } as const;
        }
        return { status: 'done', outputs: {}, evidence: [{ what: `Back at ${before}` }] } as const;
      },
    }),
  });
}

export function makeStep(step: Partial<Step> = {}): Step {
  return {
    id: 'resize',
    phase: 'activate',
    title: 'Resize the thing',
    action: 'thing.resize',
    with: { size: 3 },
    timeoutSeconds: 3600,
    onFailure: 'ask',
    modes: ['recover', 'drill', 'dry-run'],
    ...step,
  };
}

/** A crash at a call of the record store: it fails before or after it has written. */
export type Crash = { write: number; when: 'before' | 'after' };

export type Scene = Awaited<ReturnType<typeof makeScene>>;

/** One run with one step, on the in-memory store and a clock that stands until it is moved. */
export async function makeScene(
  options: {
    mode?: Run['mode'];
    step?: Partial<Step>;
    behaviour?: Behaviour;
    takesSeconds?: number;
    openedBy?: string;
    /** Whether calls go on looking, as deployed ones do; a pause moves the clock. */
    looksOn?: boolean;
  } = {},
) {
  const thing: Thing = { size: 1, target: 1, takesSeconds: options.takesSeconds ?? 0, changes: 0, seen: [] };
  const world = await makeWorld({ mode: options.mode, openedBy: options.openedBy, plan: makePlan() });
  const { run, clock } = world;
  const crashes: Crash[] = [];
  let writes = 0;
  const store = wrapRecordStore(world.runtime.store, async (operation, call) => {
    if (operation !== 'PutItem') return call();
    writes += 1;
    const planned = crashes.find(({ write }) => write === writes);
    if (planned?.when === 'before') throw died();
    const result = await call();
    if (planned?.when === 'after') throw died();
    return result;
  });
  const wait = (seconds: number) => {
    clock.time = new Date(clock.time.getTime() + seconds * 1000);
  };
  const runtime: Runtime = {
    ...world.runtime,
    store,
    ...(options.looksOn && { pause: async (ms: number) => wait(ms / 1000) }),
  };
  await createRun(world.runtime.store, run, executionArn);
  const step = makeStep(options.step);
  const action = makeAction(thing, options.behaviour);
  const call = (operation: StepEvent['operation'], more: Partial<StepEvent> = {}): Promise<StepReply> =>
    executeStep(runtime, async () => ({ action }), { operation, run, step, ...more });
  return {
    runtime,
    run,
    step,
    action,
    thing,
    crashes,
    writes: () => writes,
    sfn: world.sfn,
    sns: world.sns,
    logs: world.logs,
    entries: world.entries,
    append: world.append,
    call,
    wait,
    record: async (): Promise<StepRecord> => {
      const record = await readStep(runtime.store, run.id, step.id);
      if (!record) throw new Error('no record');
      return record;
    },
    /** Statuses that the ledger has for the step, with their attempts. */
    said: async (): Promise<string[]> =>
      (await stepEntries(runtime, run)).map(({ status, attempt }) => `${status} ${attempt}`),
    stepEntries: () => stepEntries(runtime, run),
  };
}

async function stepEntries(runtime: Runtime, run: Run): Promise<EntryOf<'step'>[]> {
  const ledger = await readLedger(runtime.store, run.incidentId);
  return ledger.map(({ entry }) => entry).filter(entry => entry.type === 'step');
}

export function died(): ServiceUnavailableError {
  return new ServiceUnavailableError('The handler died', { nextStep: 'It is called again.' });
}

/** As the step machine does it after an error that passes: the same call again, at most five times. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError) || attempt === 5) throw error;
    }
  }
}

/** Seconds after the run was opened, as the ledger has them. */
export function at(seconds: number): string {
  return new Date(Date.parse(openedAt) + seconds * 1000).toISOString();
}
