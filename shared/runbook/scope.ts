import { InvalidInputError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { referencesOf, resolveJson } from '../plan/expression.ts';
import type { Run, Step } from './contract.ts';

/** Ids of the steps whose outputs a step refers to: of its own run, and of the run that it goes back from. */
export function stepsNamedIn(step: Step): { own: string[]; failover: string[] } {
  const paths = referencesOf([step.with, step.when?.value ?? '']).map(path => path.split('.'));
  const ids = (found: (string | undefined)[]) => [...new Set(found.map(id => id ?? ''))];
  return {
    own: ids(paths.filter(([root]) => root === 'steps').map(([, id]) => id)),
    failover: ids(paths.filter(path => path[0] === 'failover' && path[1] === 'steps').map(path => path[2])),
  };
}

/** What `${…}` may refer to while a step runs. All of it is fixed for the run but for the outputs of steps. */
export function scopeOf(run: Run, outputs: JsonObject, failoverOutputs: JsonObject = {}): JsonObject {
  const known = {
    run: {
      id: run.id,
      date: run.startedAt.slice(0, 10).replaceAll('-', ''),
      startedAt: run.startedAt,
      mode: run.mode,
      scenario: run.scenario,
      system: run.system,
    },
    incident: { id: run.incidentId, startedAt: run.outageStartedAt },
  };
  return {
    ...known,
    steps: outputs,
    failover: run.failover === undefined ? {} : { run: { id: run.failover }, steps: failoverOutputs },
    parameters: Object.fromEntries(
      Object.entries(run.parameters).map(([name, value]) => [name, parameterValue(value, known)]),
    ),
  };
}

/** A default may be relative to the outage, such as `${incident.startedAt - 15m}`; what a person set is taken as it is. */
function parameterValue(value: Run['parameters'][string], known: JsonObject): Json {
  try {
    return resolveJson(value, known);
  } catch (error) {
    if (error instanceof InvalidInputError) return value;
    throw error;
  }
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
