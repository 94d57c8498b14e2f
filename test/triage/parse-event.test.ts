import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../shared/errors.ts';
import { parseEvent } from '../../shared/triage/parse-event.ts';
import type { Signal } from '../../shared/triage/signal.ts';
import { plan } from './plan.ts';

const folder = new URL('../fixtures/events/', import.meta.url);
const load = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));

function signalOf(name: string): Signal {
  const parsed = parseEvent(plan, load(name));
  if (parsed.kind !== 'signals' || parsed.signals.length !== 1 || !parsed.signals[0]) {
    throw new Error(`${name} is not one signal`);
  }
  return parsed.signals[0];
}

describe('events that become signals', () => {
  const alarmAt = '2026-03-10T16:45:04.653Z';

  it('takes a missing heartbeat for an outage that began when heartbeats stopped', () => {
    expect(signalOf('alarm-heartbeat-alarm')).toMatchObject({
      signal: 'heartbeat',
      observer: 'heartbeat',
      state: 'firing',
      at: alarmAt,
      since: '2026-03-10T16:42:04.653Z',
      eventId: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
    });
  });

  it('takes missing data of a heartbeat for a missing heartbeat', () => {
    expect(signalOf('alarm-heartbeat-insufficient-data')).toMatchObject({
      signal: 'heartbeat',
      state: 'firing',
    });
  });

  it('takes missing data of any other alarm for unknown', () => {
    const event = JSON.parse(
      JSON.stringify(load('alarm-composite')).replace(
        '"value":"ALARM","reason"',
        '"value":"INSUFFICIENT_DATA","reason"',
      ),
    );
    const parsed = parseEvent(plan, event);
    expect(parsed).toMatchObject({ signals: [{ signal: 'pods-ready', state: 'unknown' }] });
  });

  it('clears a heartbeat at the time of the alarm', () => {
    const at = '2026-03-10T16:52:04.653Z';
    expect(signalOf('alarm-heartbeat-ok')).toMatchObject({ state: 'clear', at, since: at });
  });

  it('reads the same alarm from an SNS message', () => {
    const { eventId, ...bySns } = signalOf('sns-alarm');
    const { eventId: _, ...byBus } = signalOf('alarm-heartbeat-alarm');
    expect(bySns).toEqual(byBus);
    expect(eventId).toBe('95df01b4-ee98-5cb9-9903-4c221d41eb5e');
  });

  it('reads an event of the bus that came by way of SNS', () => {
    expect(signalOf('sns-rds-event')).toEqual(signalOf('rds-failover-started'));
  });

  it('knows an alarm of the plan by its name, also when it was forwarded from the primary region', () => {
    expect(signalOf('alarm-metric-forwarded-from-primary')).toMatchObject({
      signal: 'db-connections',
      observer: 'database-clients',
      state: 'firing',
    });
  });

  it('counts a composite alarm, also while it waits for its suppressor', () => {
    expect(signalOf('alarm-composite')).toMatchObject({ signal: 'pods-ready', state: 'firing' });
    expect(signalOf('alarm-composite-waiting-for-suppressor')).toMatchObject({ state: 'firing' });
  });

  it('does not count an alarm that people suppressed or muted', () => {
    expect(signalOf('alarm-composite-suppressed')).toMatchObject({ state: 'unknown' });
    const muted = signalOf('alarm-metric-muted');
    expect(muted).toMatchObject({ signal: 'db-connections', state: 'unknown' });
    expect(muted.what).toContain('muted until 2026-03-10T18:00:00.000Z');
  });

  it('reads the beginning and the end of an RDS failover', () => {
    const at = '2026-03-10T16:42:36.292Z';
    expect(signalOf('rds-failover-started')).toMatchObject({
      signal: 'db-failover',
      state: 'firing',
      at,
      since: at,
    });
    expect(signalOf('rds-failover-completed')).toMatchObject({ signal: 'db-failover', state: 'clear' });
  });

  it('takes an open AWS Health issue for firing since it started', () => {
    expect(signalOf('health-issue-open')).toMatchObject({
      signal: 'aws-health',
      state: 'firing',
      at: '2026-03-10T16:47:30.000Z',
      since: '2026-03-10T16:42:00.000Z',
    });
  });

  it('knows the copy of an AWS Health event in the backup region for the same event', () => {
    const { eventId, subject } = signalOf('health-issue-open');
    expect(signalOf('health-issue-open-backup-copy')).toMatchObject({ eventId, subject });
  });

  it('takes an AWS Health issue that has ended for clear, whatever its status says', () => {
    expect(signalOf('health-issue-ended-but-open')).toMatchObject({
      state: 'clear',
      at: '2026-03-10T19:01:22.000Z',
    });
    expect(signalOf('health-issue-closed')).toMatchObject({
      state: 'clear',
      since: '2026-03-10T19:05:00.000Z',
    });
  });

  it('reads a probe result of ours', () => {
    expect(signalOf('probe-firing')).toMatchObject({
      signal: 'app-probe',
      observer: 'outside-probe',
      state: 'firing',
      at: '2026-03-10T16:45:00.000Z',
      since: '2026-03-10T16:43:00.000Z',
    });
  });
});

describe('events that are understood and concern no signal', () => {
  it.each([
    ['rds-backup-finished', 'RDS-EVENT-0002 of liquid-abt-production'],
    ['rds-failover-of-another-instance', 'RDS-EVENT-0013 of analytics'],
    ['rds-failover-in-another-region', 'in ap-southeast-4'],
    ['health-issue-of-another-region', 'EC2 in us-east-1'],
    ['health-scheduled-change', 'scheduledChange of EC2'],
  ])('%s', (name, aside) => {
    const parsed = parseEvent(plan, load(name));
    expect(parsed).toMatchObject({ kind: 'signals', signals: [] });
    expect(parsed.kind === 'signals' && parsed.aside).toContain(aside);
  });
});

describe('other events', () => {
  it('takes a schedule for a tick', () => {
    expect(parseEvent(plan, load('scheduled-tick'))).toMatchObject({ kind: 'tick' });
  });

  it('reads a start by hand, with the first mode of the scenario unless one is given', () => {
    expect(parseEvent(plan, load('manual-start'))).toMatchObject({
      kind: 'start',
      start: { scenario: 'region-failure', mode: 'recover', by: 'lead', at: '2026-03-10T17:00:00.000Z' },
    });
    const { mode: _, ...detail } = (load('manual-start') as { detail: { mode: string } }).detail;
    expect(parseEvent(plan, { ...(load('manual-start') as object), detail })).toMatchObject({
      start: { mode: 'recover' },
    });
  });

  it('reads who switches automation', () => {
    expect(parseEvent(plan, load('automation-on'))).toMatchObject({
      kind: 'automation',
      wanted: { state: 'on' },
    });
  });

  const start = (detail: object) => ({ ...(load('manual-start') as object), detail });
  const asked = { system: 'liquid-abt', scenario: 'region-failure', by: 'lead', reason: 'it is gone' };
  it.each([
    ['a text by SNS', load('sns-text'), /Hello from SNS/],
    [
      'an event of another service',
      load('ec2-instance-state-change'),
      /EC2 Instance State-change Notification/,
    ],
    ['nothing', undefined, /undefined/],
    ['an empty object', {}, /\{\}/],
    ['an empty list of records', { Records: [] }, /Records/],
    ['a start for another system', start({ ...asked, system: 'shop' }), /for the system "shop"/],
    ['a start of an unknown scenario', start({ ...asked, scenario: 'flood' }), /no scenario "flood"/],
    [
      'a start in a mode that the scenario has not',
      start({ ...asked, scenario: 'breach', mode: 'drill' }),
      /no mode "drill"/,
    ],
    ['a start without a reason', start({ ...asked, reason: '' }), /reason/],
  ])('refuses %s and says what came', (_name, event, message) => {
    expect(() => parseEvent(plan, event)).toThrow(InvalidInputError);
    expect(() => parseEvent(plan, event)).toThrow(message);
  });

  it('says which field of a damaged event is wrong', () => {
    const event = load('alarm-composite') as { detail: { state: { timestamp: string } } };
    event.detail.state.timestamp = 'yesterday';
    expect(() => parseEvent(plan, event)).toThrow(/state\.timestamp: "yesterday" is not a time/);
  });

  it('refuses every other document with InvalidInputError and nothing else', () => {
    const documents = readdirSync(folder).map(name => load(name.replace('.json', '')));
    const damaged = fc
      .tuple(fc.constantFrom(...documents), fc.nat(2000), fc.string({ maxLength: 3 }))
      .map(([document, at, text]): unknown => {
        const json = JSON.stringify(document);
        try {
          return JSON.parse(json.slice(0, at % json.length) + text + json.slice((at % json.length) + 1));
        } catch {
          return json;
        }
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.jsonValue()), event => {
        try {
          parseEvent(plan, event);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
