import { describe, expect, it } from 'vitest';
import { createProbeHandler } from '../../handlers/probe.ts';
import { acquireLock, releaseLock } from '../../shared/incident/lock.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Run } from '../../shared/runbook/contract.ts';
import { createRun } from '../../shared/runbook/run-record.ts';
import {
  buildObjectiveMetric,
  measureObjective,
  objectiveUsedPercent,
} from '../../shared/triage/objective-metric.ts';
import { plan } from './plan.ts';
import { createTestRuntime } from './runtime.ts';

const [scenario = ''] = Object.keys(plan.scenarios);
const rtoSeconds = plan.scenarios[scenario]?.rto ?? plan.objectives.rto;
const run: Run = {
  id: '20260310-abc123',
  incidentId: 'liquid-abt-20260310t164500z',
  system: plan.system.id,
  scenario,
  mode: 'recover',
  startedAt: '2026-03-10T16:45:00.000Z',
  outageStartedAt: '2026-03-10T16:42:00.000Z',
  parameters: {},
};
const later = (seconds: number, since = run.outageStartedAt) =>
  new Date(Date.parse(since) + seconds * 1000).toISOString();

describe('how much of its objective a run has used', () => {
  it.each([
    [0, 0],
    [0.5, 50],
    [0.9, 90],
    [1, 100],
    [1.25, 125],
  ])('is counted from the start of the outage: after %d of it %d %%', (share, percent) => {
    expect(objectiveUsedPercent(plan, run, later(share * rtoSeconds))).toBe(percent);
  });

  it('is counted from its own start in a drill, which has no outage', () => {
    const drill: Run = { ...run, mode: 'drill' };
    expect(objectiveUsedPercent(plan, drill, later(rtoSeconds / 2, run.startedAt))).toBe(50);
  });

  it("is measured against the scenario's own objective where it has one", () => {
    const model = plan.scenarios[scenario];
    if (!model) throw new Error('The plan has no scenario');
    const strict = { ...plan, scenarios: { [scenario]: { ...model, rto: 600 } } };
    expect(objectiveUsedPercent(strict, run, later(300))).toBe(50);
  });
});

it('is written in the form that CloudWatch makes a metric of', () => {
  expect(buildObjectiveMetric('liquid-abt', 'run-1', 91.5, '2026-03-10T20:00:00.000Z')).toEqual({
    _aws: {
      Timestamp: Date.parse('2026-03-10T20:00:00.000Z'),
      CloudWatchMetrics: [
        {
          Namespace: 'Lifeboat',
          Dimensions: [['service']],
          Metrics: [{ Name: 'RunObjectiveUsedPercent', Unit: 'Percent' }],
        },
      ],
    },
    service: 'lifeboat-liquid-abt',
    run: 'run-1',
    RunObjectiveUsedPercent: 91.5,
  });
});

describe('the metric of a run', () => {
  const wanted = { incidentId: run.incidentId, runId: run.id, expiresAt: later(10 * rtoSeconds) };

  it('is there while the run holds the system, and gone when it has given it back', async () => {
    const runtime = createTestRuntime();
    runtime.at(later(rtoSeconds / 2));
    expect(await measureObjective(runtime)).toBeUndefined();
    await createRun(runtime.store, run, 'arn:execution');
    await acquireLock(runtime.store, runtime.clock, run.system, wanted);
    expect(await measureObjective(runtime)).toMatchObject({ run: run.id, RunObjectiveUsedPercent: 50 });
    await releaseLock(runtime.store, run.system, run.id);
    expect(await measureObjective(runtime)).toBeUndefined();
  });

  it('comes with every look of the probe, even with one that fails', async () => {
    const runtime = createTestRuntime({ http: () => Promise.reject(new TypeError('broken')) });
    runtime.at(later(rtoSeconds));
    await createRun(runtime.store, run, 'arn:execution');
    await acquireLock(runtime.store, runtime.clock, run.system, wanted);
    const emitted: JsonObject[] = [];
    const handler = createProbeHandler(
      async () => runtime,
      () => runtime.sendPage,
      metric => emitted.push(metric),
    );
    const tick = {
      id: 'tick',
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: later(rtoSeconds),
      region: 'ap-southeast-4',
      detail: {},
    };
    const context = {} as Parameters<typeof handler>[1];
    await expect(handler(tick, context)).rejects.toThrow('broken');
    expect(emitted.map(metric => metric.RunObjectiveUsedPercent)).toEqual([100]);
  });
});
