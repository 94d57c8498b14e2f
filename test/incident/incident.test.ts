import { describe, expect, it } from 'vitest';
import { InvalidInputError, RefusedError } from '../../shared/errors.ts';
import {
  acknowledgeIncident,
  lastIncidentOf,
  listIncidents,
  openIncident,
  openIncidentOf,
  readIncident,
  resolveIncident,
  updateIncident,
} from '../../shared/incident/incident.ts';
import { buildIncidentId, parseIncidentId } from '../../shared/incident/incident-record.ts';
import { incidentKey } from '../../shared/incident/keys.ts';
import { readLedger } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';
import { plan } from '../triage/plan.ts';

const clock = { now: () => new Date('2026-03-10T16:47:04Z') };
const make = () => ({ plan, clock, store: createMemoryRecordStore() });
const opening = (more: object = {}) => ({
  scenario: 'region-failure',
  mode: 'recover' as const,
  openedAt: '2026-03-10T16:47:04.653Z',
  outageStartedAt: '2026-03-10T16:42:00.000Z',
  by: 'triage',
  ...more,
});
const id = 'liquid-abt-20260310t164704z';

describe('incident ids', () => {
  it('are made of the system and the time, and come apart again', () => {
    expect(buildIncidentId('liquid-abt', '2026-03-10T16:47:04.653Z')).toBe(id);
    expect(parseIncidentId(id)).toEqual({
      system: 'liquid-abt',
      openedAt: '2026-03-10T16:47:04Z',
      ordinal: 1,
    });
    expect(parseIncidentId(buildIncidentId('a-1', '2026-03-10T16:47:04.653Z', 3))).toMatchObject({
      system: 'a-1',
      ordinal: 3,
    });
    expect(parseIncidentId('liquid-abt')).toBeUndefined();
  });
});

describe('openIncident', () => {
  it('opens it with the severity of the plan, and writes it down', async () => {
    const runtime = make();
    const incident = await openIncident(runtime, opening());
    expect(incident).toMatchObject({ id, severity: 'critical', status: 'open', startRun: false });
    expect(await readIncident(runtime.store, id)).toEqual(incident);
    expect(await openIncidentOf(runtime.store, 'liquid-abt')).toEqual(incident);
    expect((await readLedger(runtime.store, id)).map(({ entry }) => entry.type)).toEqual(['incident-opened']);
  });

  it('returns the open one instead of opening a second', async () => {
    const runtime = make();
    await openIncident(runtime, opening());
    const second = await openIncident(
      runtime,
      opening({ scenario: 'breach', openedAt: '2026-03-10T18:00:00.000Z' }),
    );
    expect(second).toMatchObject({ id, scenario: 'region-failure' });
    expect(await listIncidents(runtime.store, 'liquid-abt', 10)).toHaveLength(1);
  });

  it('opens one when many open at once', async () => {
    const runtime = make();
    const opened = await Promise.all(
      [1, 2, 3, 4, 5].map(n => openIncident(runtime, opening({ openedAt: `2026-03-10T16:47:0${n}.000Z` }))),
    );
    expect(new Set(opened.map(incident => incident.id)).size).toBe(1);
    expect(await listIncidents(runtime.store, 'liquid-abt', 10)).toHaveLength(1);
  });

  it('opens another after the first was resolved, also in the same second', async () => {
    const runtime = make();
    await openIncident(runtime, opening());
    await resolveIncident(runtime.store, clock, id, 'lead');
    const second = await openIncident(runtime, opening());
    expect(second.id).toBe(`${id}-2`);
    expect((await listIncidents(runtime.store, 'liquid-abt', 10)).map(incident => incident.id)).toEqual([
      `${id}-2`,
      id,
    ]);
  });

  it('gives exercises their own incident, which is never the one of a real signal', async () => {
    const runtime = make();
    const drill = await openIncident(runtime, opening({ mode: 'drill' }));
    expect(await openIncident(runtime, opening({ mode: 'drill' }))).toEqual(drill);
    expect(await lastIncidentOf(runtime.store, 'liquid-abt')).toBeUndefined();
    const real = await openIncident(runtime, opening());
    expect(real.id).toBe(`${id}-2`);
    expect(await openIncidentOf(runtime.store, 'liquid-abt')).toEqual(real);
  });

  it('refuses an exercise while a real incident is open', async () => {
    const runtime = make();
    await openIncident(runtime, opening());
    await expect(openIncident(runtime, opening({ mode: 'dry-run' }))).rejects.toBeInstanceOf(RefusedError);
  });

  it('is carried out by the next reader when it broke off after the claim', async () => {
    const inner = createMemoryRecordStore();
    let puts = 0;
    const store = wrapRecordStore(inner, (operation, run) => {
      if (operation === 'PutItem' && ++puts === 2) throw new Error('the function died');
      return run();
    });
    await expect(openIncident({ plan, clock, store }, opening())).rejects.toThrow('died');
    expect(await inner.get(incidentKey(id))).toBeUndefined();
    expect(await openIncidentOf(inner, 'liquid-abt')).toMatchObject({ id, status: 'open' });
    expect(await listIncidents(inner, 'liquid-abt', 10)).toHaveLength(1);
  });
});

describe('an incident', () => {
  it('is changed under its newest version by everybody', async () => {
    const runtime = make();
    await openIncident(runtime, opening());
    await Promise.all([
      updateIncident(runtime.store, id, incident => ({ ...incident, runId: 'r' })),
      updateIncident(runtime.store, id, incident => ({ ...incident, executionArn: 'arn' })),
    ]);
    expect(await readIncident(runtime.store, id)).toMatchObject({ runId: 'r', executionArn: 'arn' });
  });

  it('can only be changed when it exists', async () => {
    await expect(updateIncident(make().store, 'none', incident => incident)).rejects.toBeInstanceOf(
      InvalidInputError,
    );
  });

  it('is acknowledged by the first who does it', async () => {
    const { store, ...runtime } = make();
    await openIncident({ store, ...runtime }, opening());
    await acknowledgeIncident(store, clock, id, 'lead', 'link');
    const incident = await acknowledgeIncident(store, clock, id, 'cto', 'cli');
    expect(incident).toMatchObject({ acknowledgedBy: 'lead', acknowledgedAt: '2026-03-10T16:47:04.000Z' });
    const entries = (await readLedger(store, id)).map(({ entry }) => entry);
    expect(entries.filter(entry => entry.type === 'acknowledged')).toEqual([
      { type: 'acknowledged', by: 'lead', via: 'link' },
    ]);
  });

  it('is resolved once', async () => {
    const { store, ...runtime } = make();
    await openIncident({ store, ...runtime }, opening());
    await resolveIncident(store, clock, id, 'run r');
    expect(await resolveIncident(store, clock, id, 'lead')).toMatchObject({
      resolvedBy: 'run r',
      status: 'resolved',
    });
    expect(await openIncidentOf(store, 'liquid-abt')).toBeUndefined();
    expect(await lastIncidentOf(store, 'liquid-abt')).toMatchObject({ id, status: 'resolved' });
    const types = (await readLedger(store, id)).map(({ entry }) => entry.type);
    expect(types.filter(type => type === 'incident-resolved')).toHaveLength(1);
  });
});
