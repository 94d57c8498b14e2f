import { InvalidInputError } from '../errors.ts';
import type { Incident } from '../incident/incident.ts';
import type { JsonObject } from '../json.ts';
import { resolveJson } from '../plan/expression.ts';
import type { Run, Step } from './contract.ts';
import type { StepRecord } from './step-record.ts';

/** What `${…}` may refer to while a step runs. All of it is fixed for the run but for the outputs of steps. */
export function scopeOf(run: Run, incident: Pick<Incident, 'id' | 'outageStartedAt'>, steps: StepRecord[]): JsonObject {
  const outputs: JsonObject = {};
  for (const record of steps) outputs[record.step.id] = record.outputs;
  return {
    run: {
      id: run.id,
      date: run.startedAt.slice(0, 10).replaceAll('-', ''),
      startedAt: run.startedAt,
      mode: run.mode,
      scenario: run.scenario,
      system: run.system,
    },
    incident: { id: incident.id, startedAt: incident.outageStartedAt },
    steps: outputs,
    parameters: run.parameters,
  };
}

/** The step's parameters with every expression resolved, or the reason why they can't be. */
export function resolveParameters(
  step: Step,
  scope: JsonObject,
): { ok: true; parameters: JsonObject } | { ok: false; error: InvalidInputError } {
  try {
    return { ok: true, parameters: resolveJson(step.with, scope) as JsonObject };
  } catch (error) {
    if (error instanceof InvalidInputError) return { ok: false, error };
    throw error;
  }
}
