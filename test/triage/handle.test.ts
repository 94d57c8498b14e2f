import { readFileSync } from 'node:fs';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import {
  lastIncidentOf,
  listIncidents,
  openIncidentOf,
  resolveIncident,
} from '../../shared/incident/incident.ts';
import { currentIncidentKey, signalKey } from '../../shared/incident/keys.ts';
import { readLedger, verifyLedger } from '../../shared/incident/ledger.ts';
import { acquireLock, releaseLock } from '../../shared/incident/lock.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { endClaim } from '../../shared/incident/start-claim.ts';
import { readAutomation, setAutomation } from '../../shared/incident/switch.ts';
import { wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';
import { handleSignal } from '../../shared/triage/handle.ts';
import { readLastDecision } from '../../shared/triage/last-decision.ts';
import { mockClient } from '../support/mock-client.ts';
import { createTestRuntime, type TestRuntime } from './runtime.ts';

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/events/${name}.json`, import.meta.url), 'utf8'));
const system = 'liquid-abt';
const states = mockClient(SFNClient);
const starts = () => states.commandCalls(StartExecutionCommand).map(call => call.args[0].input);

function started(name: string, at: string) {
  states.on(StartExecutionCommand).resolves({ executionArn: name, startDate: new Date(at) });
}

async function arm(runtime: TestRuntime) {
  await setAutomation(runtime.store, runtime.clock, system, {
    state: 'on',
    by: 'lead',
    reason: 'in service',
  });
}
async function deliver(runtime: TestRuntime, at: string, event: string | object) {
  runtime.at(`2026-03-10T${at}Z`);
  return handleSignal(runtime, typeof event === 'string' ? load(event) : event, runtime.sendPage);
}
const ledgerOf = async (runtime: TestRuntime, id: string) =>
  (await readLedger(runtime.store, id)).map(({ entry }) => entry);

describe('handleSignal', () => {
  let runtime: TestRuntime;
  beforeEach(async () => {
    states.reset();
    started('x', '2026-03-10T16:47:05Z');
    runtime = createTestRuntime();
    await arm(runtime);
  });

  const id = 'liquid-abt-20260310t164704z';

  /** Heartbeat at 16:45:04, probe at 16:45:00; the quorum is sustained at 16:47:04.653. */
  async function loseRegion() {
    await deliver(runtime, '16:45:01', 'probe-firing');
    await deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm');
    return deliver(runtime, '16:47:04.700', 'scheduled-tick');
  }

  it('opens the incident when time alone completes the trigger, and starts its run', async () => {
    const reply = await loseRegion();
    expect(reply).toMatchObject({ decision: 'open', incidentId: id });
    expect(starts()).toEqual([
      {
        stateMachineArn: 'arn:aws:states:ap-southeast-4:123456789012:stateMachine:liquid-abt-region-failure',
        name: id,
        input: JSON.stringify({
          incidentId: id,
          mode: 'recover',
          outageStartedAt: '2026-03-10T16:42:04.653Z',
          by: 'triage',
        }),
      },
    ]);
    expect(await openIncidentOf(runtime.store, system)).toMatchObject({
      id,
      scenario: 'region-failure',
      severity: 'critical',
      outageStartedAt: '2026-03-10T16:42:04.653Z',
      openedBy: 'triage',
      executionArn: `arn:aws:states:ap-southeast-4:123456789012:execution:liquid-abt-region-failure:${id}`,
    });
    expect(runtime.pages).toEqual([]);
  });

  it('writes down what it had been told before there was an incident, why it opened, and that it did', async () => {
    await loseRegion();
    const entries = await ledgerOf(runtime, id);
    expect(entries.map(entry => entry.type)).toEqual(['signal', 'signal', 'triage', 'incident-opened']);
    expect(entries).toMatchObject([
      { signal: 'app-probe', since: '2026-03-10T16:43:00.000Z' },
      { signal: 'heartbeat', since: '2026-03-10T16:42:04.653Z' },
      { decision: 'open', scenario: 'region-failure' },
      { mode: 'recover', by: 'triage' },
    ]);
    expect(verifyLedger(await readLedger(runtime.store, id))).toEqual({ ok: true });
  });

  it('does nothing on one observer, and says so to whoever asks', async () => {
    const reply = await deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm');
    expect(reply).toMatchObject({ decision: 'ignore' });
    expect(await lastIncidentOf(runtime.store, system)).toBeUndefined();
    expect((await readLastDecision(runtime.store, system))?.reasons[0]).toContain('1 of 2 observers fire');
  });

  it('has one decision to open on record when two observers decide in the same moment', async () => {
    await deliver(runtime, '16:45:01', 'probe-firing');
    await deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm');
    const replies = await Promise.all(
      ['scheduled-tick', 'probe-firing'].map(event => deliver(runtime, '16:47:04.700', event)),
    );
    expect(replies).toMatchObject([
      { decision: 'open', incidentId: id },
      { decision: 'open', incidentId: id },
    ]);
    const opened = (await ledgerOf(runtime, id)).filter(
      entry => entry.type === 'triage' && entry.decision === 'open',
    );
    expect(opened).toHaveLength(1);
    expect(new Set(starts().map(({ name }) => name))).toEqual(new Set([id]));
  });

  it('opens one incident and starts one run however often events come', async () => {
    await loseRegion();
    for (const event of [
      'alarm-heartbeat-alarm',
      'probe-firing',
      'sns-alarm',
      'scheduled-tick',
      'scheduled-tick',
    ]) {
      expect(await deliver(runtime, '16:48:00', event)).toMatchObject({ decision: 'attach', incidentId: id });
    }
    expect(starts()).toHaveLength(1);
    const types = (await ledgerOf(runtime, id)).map(entry => entry.type);
    expect(types.filter(type => type === 'incident-opened')).toHaveLength(1);
    // The heartbeat by way of SNS is another report of the same alarm; the rest was known.
    expect(types.filter(type => type === 'signal')).toHaveLength(3);
  });

  it('opens one incident when two events complete the trigger at the same instant', async () => {
    await deliver(runtime, '16:45:01', 'probe-firing');
    await deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm');
    runtime.at('2026-03-10T16:47:30Z');
    const replies = await Promise.all(
      ['scheduled-tick', 'health-issue-open', 'scheduled-tick'].map(name =>
        handleSignal(runtime, load(name), runtime.sendPage),
      ),
    );
    expect(new Set(replies.map(reply => reply.incidentId))).toEqual(new Set(['liquid-abt-20260310t164730z']));
    expect(new Set(starts().map(({ name }) => name))).toEqual(new Set(['liquid-abt-20260310t164730z']));
    const entries = await ledgerOf(runtime, 'liquid-abt-20260310t164730z');
    expect(entries.filter(entry => entry.type === 'incident-opened')).toHaveLength(1);
  });

  it('takes an execution that exists already for started', async () => {
    states
      .on(StartExecutionCommand)
      .rejects(new ExecutionAlreadyExists({ message: 'exists', $metadata: { httpStatusCode: 400 } }));
    await loseRegion();
    expect((await openIncidentOf(runtime.store, system))?.executionArn).toContain(id);
  });

  it('starts the run at the next look when it could not be started at first', async () => {
    states.on(StartExecutionCommand).rejectsOnce(Object.assign(new Error('no'), { name: 'TimeoutError' }));
    await expect(loseRegion()).rejects.toBeInstanceOf(ServiceUnavailableError);
    expect((await openIncidentOf(runtime.store, system))?.executionArn).toBeUndefined();
    const reply = await deliver(runtime, '16:48:04', 'scheduled-tick');
    expect(reply).toMatchObject({ decision: 'attach', incidentId: id });
    expect(starts().map(({ name }) => name)).toEqual([id, id]);
    expect((await openIncidentOf(runtime.store, system))?.executionArn).toContain(id);
  });

  it('opens and asks a person, once, while automation is off', async () => {
    runtime = createTestRuntime();
    const reply = await loseRegion();
    expect(reply).toMatchObject({ decision: 'open', incidentId: id });
    expect(reply.reasons.join()).toContain('never switched on');
    await deliver(runtime, '16:48:00', 'scheduled-tick');
    expect(starts()).toEqual([]);
    expect(runtime.pages).toMatchObject([{ key: `start-needed/${id}`, incidentId: id }]);
    expect(runtime.pages[0]?.lines.at(-1)).toContain('--scenario region-failure');
  });

  it('starts the run that waits when a person says so, once for one request', async () => {
    runtime = createTestRuntime();
    await loseRegion();
    const reply = await deliver(runtime, '17:00:01', 'manual-start');
    expect(reply).toMatchObject({ decision: 'attach', incidentId: id });
    await deliver(runtime, '17:00:02', 'manual-start');
    expect(new Set(starts().map(({ name }) => name)).size).toBe(1);
    expect(JSON.parse(String(starts()[0]?.input))).toMatchObject({
      incidentId: id,
      by: 'lead',
      reason: 'AWS told us on the phone',
    });
  });

  const startBy = (by: string, more: object = {}) => {
    const event = load('manual-start') as { id: string; detail: object };
    return { ...event, id: `by-${by}`, detail: { ...event.detail, by, ...more } };
  };

  it('starts one run for two people who start in the same moment, and tells the other whose it is', async () => {
    runtime.at('2026-03-10T17:00:01Z');
    const replies = await Promise.all(
      ['ann', 'bob'].map(by => handleSignal(runtime, startBy(by), runtime.sendPage)),
    );
    expect(starts()).toHaveLength(1);
    const by = String(JSON.parse(String(starts()[0]?.input)).by);
    const second = replies.find(({ executionArn }) => executionArn === undefined);
    const first = { scenario: 'region-failure', mode: 'recover', by, at: '2026-03-10T17:00:01.000Z' };
    expect(second).toMatchObject({ decision: 'attach', attachedTo: first });
    const entries = await ledgerOf(runtime, second?.incidentId ?? '');
    expect(entries.filter(({ type }) => type === 'note')).toMatchObject([
      { by: by === 'ann' ? 'bob' : 'ann', what: expect.stringContaining(`by ${by}`) },
    ]);
  });

  it('starts again when the run of the first has begun and ended, or could not be asked for', async () => {
    const { executionArn = '' } = await deliver(runtime, '17:00:01', startBy('ann'));
    await endClaim(runtime.store, system, executionArn);
    expect((await deliver(runtime, '17:00:20', startBy('bob'))).executionArn).toBeDefined();
    const away = Object.assign(new Error('no'), { name: 'TimeoutError' });
    states.on(StartExecutionCommand).rejects(away);
    await expect(deliver(runtime, '17:01:30', startBy('cid'))).rejects.toBeInstanceOf(
      ServiceUnavailableError,
    );
    started('x', '2026-03-10T17:01:31Z');
    expect((await deliver(runtime, '17:01:31', startBy('dan'))).executionArn).toBeDefined();
  });

  it('attaches a drill to the drill that is about to begin, and lets a real start go before both', async () => {
    const drill = { mode: 'drill' };
    const { incidentId } = await deliver(runtime, '17:00:01', startBy('ann', drill));
    const second = await deliver(runtime, '17:00:02', startBy('bob', drill));
    expect(second).toMatchObject({ incidentId, attachedTo: { by: 'ann', mode: 'drill' } });
    const open = (await listIncidents(runtime.store, system, 9)).filter(({ status }) => status === 'open');
    expect(open.map(({ id }) => id)).toEqual([incidentId]);
    expect((await deliver(runtime, '17:00:03', startBy('cid'))).executionArn).toBeDefined();
  });

  it('opens an incident for a start by hand without any signal', async () => {
    const reply = await deliver(runtime, '17:00:01', 'manual-start');
    expect(reply).toMatchObject({ decision: 'open', incidentId: 'liquid-abt-20260310t170000z' });
    await deliver(runtime, '17:00:09', 'manual-start');
    expect(new Set(starts().map(({ name }) => name)).size).toBe(1);
    expect(await openIncidentOf(runtime.store, system)).toMatchObject({ openedBy: 'lead', mode: 'recover' });
  });

  it('gives a drill an incident of its own, and refuses and pages when the region is lost during it', async () => {
    const event = load('manual-start') as { id: string; detail: object };
    const drill = { ...event, detail: { ...event.detail, mode: 'drill' } };
    const { incidentId = '' } = await deliver(runtime, '16:30:00', drill);
    expect(await openIncidentOf(runtime.store, system)).toBeUndefined();
    const lock = { incidentId, runId: 'drill-run', expiresAt: '2026-03-11T16:30:00.000Z' };
    await acquireLock(runtime.store, runtime.clock, system, lock);
    expect(await loseRegion()).toMatchObject({ decision: 'refuse' });
    await deliver(runtime, '16:48:00', 'scheduled-tick');
    expect(runtime.pages).toHaveLength(1);
    expect(runtime.pages[0]?.lines.join()).toContain('run drill-run');
    await releaseLock(runtime.store, system, 'drill-run');
    expect(await deliver(runtime, '16:49:00', 'scheduled-tick')).toMatchObject({ decision: 'open' });
  });

  it('does not open again for a region that is still lost after its incident was resolved', async () => {
    await loseRegion();
    runtime.at('2026-03-10T19:00:00Z');
    await resolveIncident(runtime.store, runtime.clock, id, 'lead');
    const reply = await deliver(runtime, '23:59:00', 'scheduled-tick');
    expect(reply).toMatchObject({ decision: 'ignore' });
    expect(starts()).toHaveLength(1);
  });

  it('never lets an older event overwrite a newer one', async () => {
    await deliver(runtime, '16:52:10', 'alarm-heartbeat-ok');
    await deliver(runtime, '16:52:20', 'alarm-heartbeat-alarm');
    const reply = await deliver(runtime, '16:52:30', 'probe-firing');
    expect(reply.reasons[0]).toContain('1 of 2 observers fire (outside-probe)');
  });

  it('turns automation on and off by event', async () => {
    await deliver(runtime, '09:00:00', 'automation-on');
    expect(await readAutomation(runtime.store, system)).toMatchObject({
      state: 'on',
      reason: 'first drill passed',
    });
  });

  it('leaves alone what concerns no signal of the plan', async () => {
    const reply = await deliver(runtime, '16:45:00', 'rds-backup-finished');
    expect(reply).toMatchObject({ decision: 'ignore' });
    expect(reply.reasons[0]).toContain('RDS-EVENT-0002');
  });
});

describe('handleSignal without a working store', () => {
  beforeEach(() => states.reset());
  const gone = () => new ServiceUnavailableError('the table does not answer', { nextStep: 'wait' });

  it('refuses, pages, and fails so that the event is delivered again', async () => {
    const store = wrapRecordStore(createMemoryRecordStore(), () => Promise.reject(gone()));
    const runtime = createTestRuntime({ store });
    await expect(deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm')).rejects.toThrow('does not answer');
    expect(runtime.pages).toHaveLength(1);
    expect(runtime.pages[0]?.lines.join()).toContain('the table does not answer');
  });

  it('refuses and pages when only writing fails', async () => {
    const inner = createMemoryRecordStore();
    const store = wrapRecordStore(inner, (operation, run) =>
      operation === 'PutItem' ? Promise.reject(gone()) : run(),
    );
    const runtime = createTestRuntime({ store });
    await expect(deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm')).rejects.toThrow('does not answer');
    expect(runtime.pages).toHaveLength(1);
  });

  it('refuses when what was stored of a signal is damaged', async () => {
    const runtime = createTestRuntime();
    await runtime.store.put(signalKey(system, 'heartbeat'), { reports: 'none' }, { ifAbsent: true });
    expect(await deliver(runtime, '16:48:00', 'scheduled-tick')).toMatchObject({ decision: 'refuse' });
    expect(runtime.pages).toHaveLength(1);
  });

  it('completes an opening that broke off at any write', async () => {
    for (let broken = 1; broken < 40; broken++) {
      states.reset();
      started('x', '2026-03-10T16:47:05Z');
      const inner = createMemoryRecordStore();
      let writes = 0;
      let armed = false;
      const store = wrapRecordStore(inner, (operation, run) => {
        if (armed && operation === 'PutItem' && ++writes === broken) throw new Error('the function died');
        return run();
      });
      const runtime = createTestRuntime({ store });
      await arm(runtime);
      await deliver(runtime, '16:45:01', 'probe-firing');
      await deliver(runtime, '16:45:05', 'alarm-heartbeat-alarm');
      armed = true;
      const first = await deliver(runtime, '16:47:05', 'scheduled-tick').catch(() => undefined);
      armed = false;
      const second = await deliver(runtime, '16:48:05', 'scheduled-tick');
      const incident = await openIncidentOf(inner, system);
      expect(incident?.id).toBe(second.incidentId);
      expect(incident?.executionArn).toContain(incident?.id);
      const ledger = await readLedger(inner, incident?.id ?? '');
      expect(verifyLedger(ledger)).toEqual({ ok: true });
      const types = ledger.map(({ entry }) => entry.type);
      expect(types.filter(type => type === 'signal')).toHaveLength(2);
      expect(types.filter(type => type === 'incident-opened')).toHaveLength(1);
      expect(new Set(starts().map(({ name }) => name)).size).toBe(1);
      if (first) {
        expect(broken).toBeGreaterThan(8);
        return;
      }
      expect(await inner.get(currentIncidentKey(system))).toBeDefined();
    }
    throw new Error('the opening never went through');
  });
});
