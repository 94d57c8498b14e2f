import * as z from 'zod';
import { runIdOf } from '../aws/names.ts';
import { InvalidInputError } from '../errors.ts';
import { type Incident, openIncident, readIncident, updateIncident } from '../incident/incident.ts';
import { appendEntry } from '../incident/ledger.ts';
import { acquireLock } from '../incident/lock.ts';
import type { Runtime } from '../runtime.ts';
import { modeSchema, type Run, type RunEvent } from './contract.ts';
import { createRun } from './run-record.ts';

type OpenEvent = Extract<RunEvent, { operation: 'open' }>;
type Input = ReturnType<typeof readInput>;

export type OpenReply =
  | { opened: 'opened'; run: Run }
  | { opened: 'attached'; incidentId: string; run: null };

/** Longest that a lock is held without a sign of life; a run ends or is ended before. */
const lockSeconds = 24 * 3600;

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
  const startedAt = event.executionStartedAt;
  const runId = runIdOf(event.executionArn, startedAt);
  const by = input.by ?? 'the Step Functions console';
  const incident = await incidentFor(runtime, event, input, by);
  const lock = await acquireLock(runtime.store, runtime.clock, event.system, {
    incidentId: incident.id,
    runId,
    expiresAt: new Date(Date.parse(startedAt) + lockSeconds * 1000).toISOString(),
  });
  if (!lock.acquired) {
    await appendEntry(runtime.store, runtime.clock, lock.holder.incidentId, {
      type: 'note',
      by,
      what: `A second start of ${event.scenario} was attached to the run ${lock.holder.runId} that is under way.`,
    });
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
  };
  await createRun(runtime.store, run, event.executionArn);
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

async function incidentFor(runtime: Runtime, event: OpenEvent, input: Input, by: string): Promise<Incident> {
  const known = input.incidentId && (await readIncident(runtime.store, input.incidentId));
  if (known) return known;
  return openIncident(runtime, {
    scenario: event.scenario,
    mode: input.mode,
    outageStartedAt: input.outageStartedAt ?? event.executionStartedAt,
    openedAt: event.executionStartedAt,
    by,
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
