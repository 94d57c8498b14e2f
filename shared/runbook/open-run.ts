import * as z from 'zod';
import { runIdOf } from '../aws/names.ts';
import { InvalidInputError, RefusedError } from '../errors.ts';
import {
  type Incident,
  isExercise,
  openIncident,
  readIncident,
  updateIncident,
} from '../incident/incident.ts';
import { appendEntry } from '../incident/ledger.ts';
import { acquireLock, type LockReply, type LockRequest, releaseLock } from '../incident/lock.ts';
import { endClaim } from '../incident/start-claim.ts';
import type { Runtime } from '../runtime.ts';
import { abortRun } from './abort-run.ts';
import { type Mode, modeSchema, type Run, type RunEvent } from './contract.ts';
import { readFailover } from './failover-record.ts';
import { lockSeconds } from './hold-system.ts';
import { createRun } from './run-record.ts';

type OpenEvent = Extract<RunEvent, { operation: 'open' }>;
type Input = ReturnType<typeof readInput>;

export type OpenReply =
  | { opened: 'opened'; run: Run }
  | { opened: 'attached'; incidentId: string; run: null };

/** What an execution may be started with. `{}` is enough: the scenario, in the first of its modes, started by hand. */
const inputSchema = z.object({
  incidentId: z.string().optional(),
  mode: modeSchema.optional(),
  outageStartedAt: z.iso.datetime().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/**
 * Begins a run: reads the input, opens the incident if a person started it, and takes the system's lock.
 * When another run holds the lock this execution attaches to that incident and ends; it changes nothing.
 */
export async function openRun(runtime: Runtime, event: OpenEvent): Promise<OpenReply> {
  const input = readInput(runtime, event);
  const failover = await failoverOf(runtime, event);
  const startedAt = event.executionStartedAt;
  const runId = runIdOf(event.executionArn, startedAt);
  const by = input.by ?? 'the Step Functions console';
  const incident = await incidentFor(runtime, event, input, by);
  const lock = await takeLock(runtime, incident, {
    incidentId: incident.id,
    runId,
    expiresAt: new Date(Date.parse(startedAt) + lockSeconds * 1000).toISOString(),
  });
  if (!lock.acquired) {
    await endClaim(runtime.store, event.system, event.executionArn);
    const what = `A second start of ${event.scenario} was attached to the run ${lock.holder.runId} that is under way.`;
    await appendEntry(
      runtime.store,
      runtime.clock,
      lock.holder.incidentId,
      { type: 'note', by, what },
      { idempotencyKey: `${runId}/attached` },
    );
    return { opened: 'attached', incidentId: lock.holder.incidentId, run: null };
  }
  const run: Run = {
    id: runId,
    incidentId: incident.id,
    system: event.system,
    scenario: event.scenario,
    mode: input.mode,
    startedAt,
    outageStartedAt: incident.outageStartedAt,
    parameters: input.parameters,
    ...(failover !== undefined && { failover }),
  };
  await createRun(runtime.store, run, event.executionArn, by);
  await endClaim(runtime.store, event.system, event.executionArn);
  await updateIncident(runtime.store, incident.id, current => ({
    ...current,
    runId,
    executionArn: event.executionArn,
  }));
  await appendEntry(
    runtime.store,
    runtime.clock,
    incident.id,
    {
      type: 'run-started',
      run: runId,
      scenario: run.scenario,
      mode: run.mode,
      execution: event.executionArn,
    },
    { idempotencyKey: `${runId}/started` },
  );
  return { opened: 'opened', run };
}

/** The run that a failback goes back from. Refuses when there is none: then there is nothing to go back from. */
async function failoverOf({ plan, store }: Runtime, event: OpenEvent): Promise<string | undefined> {
  const of = plan.scenarios[event.scenario]?.failbackOf;
  if (of === undefined) return undefined;
  const failover = await readFailover(store, event.system, of);
  if (failover !== undefined) return failover;
  const what = `No run of "${of}" has recovered since the system last went back, so there is nothing to go back from.`;
  const mend = `Start "${of}" if the system has to move; look at \`lifeboat status\` for where it is served from.`;
  throw new RefusedError(what, { reasons: [`${what} ${mend}`], nextStep: mend });
}

/** Takes the system's lock. An exercise never stands in the way of a real incident: it is stopped, and gives way. */
async function takeLock(runtime: Runtime, incident: Incident, wanted: LockRequest): Promise<LockReply> {
  const { store, clock } = runtime;
  const lock = await acquireLock(store, clock, incident.system, wanted);
  if (lock.acquired || isExercise(incident)) return lock;
  const { runId, incidentId } = lock.holder;
  const holder = await readIncident(store, incidentId);
  if (!holder || !isExercise(holder)) return lock;
  try {
    await abortRun(runtime, runId, { by: 'Lifeboat', reason: `the real incident ${incident.id} began` });
  } catch (error) {
    runtime.log('error', `The ${holder.mode} ${runId} could not be stopped`, { error: String(error) });
  }
  await releaseLock(store, incident.system, runId);
  return acquireLock(store, clock, incident.system, wanted);
}

async function incidentFor(runtime: Runtime, event: OpenEvent, input: Input, by: string): Promise<Incident> {
  if (input.incidentId !== undefined) return knownIncident(runtime, input.incidentId, input.mode);
  return openIncident(runtime, {
    scenario: event.scenario,
    mode: input.mode,
    outageStartedAt: input.outageStartedAt ?? event.executionStartedAt,
    openedAt: event.executionStartedAt,
    by,
  });
}

async function knownIncident(runtime: Runtime, id: string, mode: Mode): Promise<Incident> {
  const incident = await readIncident(runtime.store, id);
  const problem = !incident
    ? `There is no incident "${id}"`
    : incident.system !== runtime.plan.system.id
      ? `The incident "${id}" is one of the system ${incident.system}`
      : incident.status === 'resolved'
        ? `The incident "${id}" is resolved already`
        : // Closing an exercise resolves its incident, which must not be a real one.
          isExercise(incident) !== isExercise({ mode })
          ? `The incident "${id}" is a ${incident.mode}, and this is a ${mode}`
          : undefined;
  if (incident && problem === undefined) return incident;
  throw new InvalidInputError(problem ?? '', {
    nextStep: 'Start it without incidentId: the open incident is found, or a new one opened.',
  });
}

function readInput(runtime: Runtime, event: OpenEvent) {
  const scenario = runtime.plan.scenarios[event.scenario];
  if (!scenario) {
    throw new InvalidInputError(`The plan has no scenario "${event.scenario}"`, {
      nextStep: 'Deploy again: the state machine and the functions come from different versions.',
    });
  }
  const parsed = inputSchema.safeParse(event.input ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues
      .map(issue => `${issue.path.join('.') || 'input'}: ${issue.message}`)
      .join('; ');
    throw new InvalidInputError(`This execution can't be started with this input: ${problems}`, {
      nextStep: 'Start it with {} or with {"mode": "drill"}.',
    });
  }
  const mode = parsed.data.mode ?? scenario.modes[0] ?? 'recover';
  if (!scenario.modes.includes(mode)) {
    throw new InvalidInputError(`The scenario "${event.scenario}" has no mode "${mode}"`, {
      nextStep: `It has: ${scenario.modes.join(', ')}.`,
    });
  }
  const parameters: Run['parameters'] = {};
  for (const [name, parameter] of Object.entries(scenario.parameters)) parameters[name] = parameter.default;
  for (const [name, value] of Object.entries(parsed.data.parameters ?? {})) {
    if (!(name in parameters)) {
      throw new InvalidInputError(`The scenario "${event.scenario}" has no parameter "${name}"`, {
        nextStep: `It has: ${Object.keys(parameters).join(', ') || 'none'}.`,
      });
    }
    parameters[name] = value;
  }
  return { ...parsed.data, mode, parameters };
}
