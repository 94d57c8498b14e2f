import { describe, expect, it, vi } from 'vitest';
import { openIncident } from '../../shared/incident/incident.ts';
import { appendEntry } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { pastRuns } from '../../shared/report/past-runs.ts';
import { createRun } from '../../shared/runbook/run-record.ts';
import { plan } from '../simulator/support/liquid-abt.ts';
import { lifeboat } from './collect.ts';

// All scenarios of a plan and a year of its calendar are rehearsed, which takes longer than most tests.
vi.setConfig({ testTimeout: 240_000 });

describe('lifeboat matrix', () => {
  it('has a row for each scenario, with what its rehearsal measured', async () => {
    const path = 'examples/river-gauges/plan.yml';
    const { code, out, err } = await lifeboat(['matrix', path]);
    expect(code).toBe(0);
    expect(out).toMatch(/\| Ohio is lost \| 1 h \| \d+ min .*\| 5 min \| \d+ s/);
    expect(err).toContain('Real runs were not looked at');
    const { rows } = JSON.parse((await lifeboat(['matrix', path, '--json'])).out);
    expect(rows[0]).toMatchObject({ of: 'scenario', id: 'region-failure', rto: { targetSeconds: 3600 } });
  });

  it('needs one plan', async () => {
    expect((await lifeboat(['matrix'])).code).toBe(2);
  });

  it('takes what happened in reality from the records of the system', async () => {
    const store = createMemoryRecordStore();
    let nowMs = Date.parse('2026-03-10T16:50:00Z');
    const clock = { now: () => new Date(nowMs) };
    const outageStartedAt = '2026-03-10T16:42:00.000Z';
    const incident = await openIncident(
      { plan, store, clock },
      {
        scenario: 'database-failure',
        mode: 'recover',
        openedAt: clock.now().toISOString(),
        outageStartedAt,
        by: 'triage',
      },
    );
    const run = {
      id: '20260310-3f9c1a',
      incidentId: incident.id,
      system: plan.system.id,
      scenario: 'database-failure',
      mode: 'recover' as const,
      startedAt: clock.now().toISOString(),
      outageStartedAt,
      parameters: {},
    };
    await createRun(store, run, 'arn:aws:states:ap-southeast-4:123456789012:execution:liquid-abt:one');
    const add = (entry: Parameters<typeof appendEntry>[3]) =>
      appendEntry(store, clock, incident.id, entry, { idempotencyKey: JSON.stringify(entry) });
    await add({ type: 'run-started', run: run.id, scenario: run.scenario, mode: run.mode, execution: 'one' });
    for (const { id } of plan.scenarios['database-failure']?.phases ?? []) {
      await add({ type: 'phase-started', run: run.id, phase: id });
      nowMs += 120_000;
      await add({ type: 'phase-ended', run: run.id, phase: id, ok: true, failedSteps: [] });
    }
    await add({ type: 'run-ended', run: run.id, outcome: 'recovered', reasons: [] });
    expect(await pastRuns({ store, plan })).toMatchObject([
      { scenario: 'database-failure', mode: 'recover', run: run.id, rtoSeconds: 720, faults: [] },
    ]);
  });
});
