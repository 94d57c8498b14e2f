import { expect, it } from 'vitest';
import { openIncident } from '../../shared/incident/incident.ts';
import { measuredKey } from '../../shared/incident/keys.ts';
import { appendEntry } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';
import { pastRuns } from '../../shared/report/past-runs.ts';
import { createRun } from '../../shared/runbook/run-record.ts';
import { plan } from '../simulator/support/liquid-abt.ts';

const scenario = 'database-failure';
const outageStartedAt = '2026-03-10T16:42:00.000Z';

/** A system with one recovery of 12 minutes on record. `readBy` counts the records that a piece of work gets from queries. */
async function recovered() {
  const memory = createMemoryRecordStore();
  const asked = { records: 0 };
  const store: RecordStore = {
    ...memory,
    async query(query) {
      const records = await memory.query(query);
      asked.records += records.length;
      return records;
    },
  };
  let nowMs = Date.parse('2026-03-10T16:50:00Z');
  const clock = { now: () => new Date(nowMs) };
  const incident = await openIncident(
    { plan, store, clock },
    { scenario, mode: 'recover', openedAt: clock.now().toISOString(), outageStartedAt, by: 'triage' },
  );
  const run = {
    id: '20260310-3f9c1a',
    incidentId: incident.id,
    system: plan.system.id,
    scenario,
    mode: 'recover' as const,
    startedAt: clock.now().toISOString(),
    outageStartedAt,
    parameters: {},
  };
  await createRun(store, run, 'arn:aws:states:ap-southeast-4:123456789012:execution:liquid-abt:one');
  const add = (entry: Parameters<typeof appendEntry>[3]) =>
    appendEntry(store, clock, incident.id, entry, { idempotencyKey: JSON.stringify(entry) });
  await add({ type: 'run-started', run: run.id, scenario, mode: run.mode, execution: 'one' });
  for (const { id } of plan.scenarios[scenario]?.phases ?? []) {
    await add({ type: 'phase-started', run: run.id, phase: id });
    nowMs += 120_000;
    await add({ type: 'phase-ended', run: run.id, phase: id, ok: true, failedSteps: [] });
  }
  await add({ type: 'run-ended', run: run.id, outcome: 'recovered', reasons: [] });
  const readBy = async (work: () => Promise<unknown>) => {
    asked.records = 0;
    await work();
    return asked.records;
  };
  const kept = () => memory.get(measuredKey(plan.system.id, incident.id));
  return { store, incident, run, add, readBy, kept };
}

it('what happened in reality is taken from the records of the system, and nothing is written', async () => {
  const { store, run, kept } = await recovered();
  expect(await pastRuns({ store, plan })).toMatchObject([
    { scenario, mode: 'recover', run: run.id, rtoSeconds: 720, faults: [] },
  ]);
  expect(await kept()).toBeUndefined();
});

it('what was kept is the same, and is read instead of the ledger', async () => {
  const { store, readBy } = await recovered();
  const first = await pastRuns({ store, plan }, { keep: true });
  expect(await pastRuns({ store, plan })).toEqual(first);
  // The line of the incident, and the newest entry of its ledger.
  expect(await readBy(() => pastRuns({ store, plan }))).toBe(2);
});

it('a ledger that has grown, another plan and a record in another form are worked out anew', async () => {
  const { store, incident, add, readBy, kept } = await recovered();
  await pastRuns({ store, plan }, { keep: true });
  await add({ type: 'note', by: 'ada', what: 'The root cause was a full disk' });
  expect(await readBy(() => pastRuns({ store, plan }, { keep: true }))).toBeGreaterThan(5);
  expect(await readBy(() => pastRuns({ store, plan }))).toBe(2);
  const other = { ...plan, objectives: { ...plan.objectives, rto: 60 } };
  expect(await readBy(() => pastRuns({ store, plan: other }))).toBeGreaterThan(5);
  const version = (await kept())?.version ?? 0;
  await store.put(measuredKey(plan.system.id, incident.id), { old: true }, { ifVersion: version });
  expect(await pastRuns({ store, plan })).toMatchObject([{ rtoSeconds: 720 }]);
});
