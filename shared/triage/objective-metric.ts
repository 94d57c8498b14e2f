import { readLock } from '../incident/lock.ts';
import type { JsonObject } from '../json.ts';
import { objectivesOf } from '../plan/objectives.ts';
import type { Plan } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import { readRun } from '../runbook/run-record.ts';
import type { Runtime } from '../runtime.ts';

/** The metric by which CloudWatch tells that a run takes too long, for the probe and for the alarm's definition. */
export const objectiveMetric = {
  namespace: 'Lifeboat',
  name: 'RunObjectiveUsedPercent',
  dimensionsOf: (system: string) => ({ service: `lifeboat-${system}` }),
} as const;

/**
 * How much of its recovery time objective a run has used, in percent; above 100 it is late. It counts from the start
 * of the outage, in an exercise from the start of the run. Pure.
 */
export function objectiveUsedPercent(plan: Plan, run: Run, now: string): number {
  const rtoSeconds = objectivesOf(plan, run.scenario).rto;
  const since = run.mode === 'recover' ? run.outageStartedAt : run.startedAt;
  const elapsedSeconds = (Date.parse(now) - Date.parse(since)) / 1000;
  return Math.round((1000 * elapsedSeconds) / rtoSeconds) / 10;
}

/**
 * One line of log in CloudWatch's embedded metric format, which CloudWatch Logs turns into a metric. Pure. Source:
 * CloudWatch user guide, "Specification: Embedded metric format".
 */
export function buildObjectiveMetric(
  system: string,
  runId: string,
  percent: number,
  now: string,
): JsonObject {
  const dimensions = objectiveMetric.dimensionsOf(system);
  const metric = {
    Namespace: objectiveMetric.namespace,
    Dimensions: [Object.keys(dimensions)],
    Metrics: [{ Name: objectiveMetric.name, Unit: 'Percent' }],
  };
  return {
    _aws: { Timestamp: Date.parse(now), CloudWatchMetrics: [metric] },
    ...dimensions,
    run: runId,
    [objectiveMetric.name]: percent,
  };
}

/** The metric's line for the run that holds the system now; undefined while there is none. */
export async function measureObjective(runtime: Runtime): Promise<JsonObject | undefined> {
  const { plan, store, clock } = runtime;
  const lock = await readLock(store, plan.system.id);
  const record = lock && (await readRun(store, lock.runId));
  if (!record || record.endedAt) return undefined;
  const now = clock.now().toISOString();
  const percent = objectiveUsedPercent(plan, record.run, now);
  return buildObjectiveMetric(plan.system.id, record.run.id, percent, now);
}
