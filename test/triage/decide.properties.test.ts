import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/triage/decide.ts';
import type { DecideInput, Decision } from '../../shared/triage/decision.ts';
import { type Signal, signalStates } from '../../shared/triage/signal.ts';
import { addReport, foldReports } from '../../shared/triage/signal-state.ts';
import { plan } from './plan.ts';

const begin = Date.UTC(2026, 2, 10, 16, 0);
const time = (seconds: number) => new Date(begin + seconds * 1000).toISOString();

const reports = fc.uniqueArray(
  fc.record({
    signal: fc.constantFrom(...Object.keys(plan.signals)),
    state: fc.constantFrom(...signalStates),
    at: fc.nat(900),
    id: fc.nat(1000),
  }),
  { maxLength: 14, selector: ({ signal, at }) => `${signal}/${at}` },
);
type Report = { signal: string; state: Signal['state']; at: number; id: number };

function toSignal({ signal, state, at, id }: Report): Signal {
  const observer = plan.signals[signal]?.observer ?? '';
  return {
    signal,
    observer,
    state,
    at: time(at),
    since: time(at),
    eventId: `${signal}-${id}-${at}`,
    subject: '',
    what: '',
  };
}

function input(delivered: readonly Report[], now: number, more: Partial<DecideInput> = {}): DecideInput {
  const bySignal = Map.groupBy(delivered.map(toSignal), ({ signal }) => signal);
  const states = Object.keys(plan.signals).flatMap(
    id => foldReports((bySignal.get(id) ?? []).reduce<Signal[]>(addReport, [])) ?? [],
  );
  return {
    plan,
    now: time(now),
    signals: { value: states },
    incident: { value: null },
    lock: { value: null },
    automation: { value: { state: 'on', by: 'lead', reason: 'in service' } },
    ...more,
  };
}

const startsRun = (decision: Decision) => decision.decision === 'open' && decision.startRun;

describe('decide', () => {
  it('gives the same decision for events that come twice or in another order', () => {
    const deliveries = reports.chain(some =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray([...some, ...some], { minLength: some.length * 2 })),
    );
    fc.assert(
      fc.property(deliveries, fc.nat(1200), ([once, twice], now) => {
        expect(decide(input(twice, now))).toEqual(decide(input(once, now)));
      }),
      { numRuns: 300 },
    );
  });

  it('never lets one more firing observer end an opening, save for a stronger scenario that is nearly proven', () => {
    const silent = fc.constantFrom(...Object.keys(plan.signals));
    fc.assert(
      fc.property(reports, silent, fc.nat(900), fc.nat(1200), (some, signal, at, now) => {
        const others = some.filter(report => report.signal !== signal);
        const before = decide(input(others, now));
        const after = decide(input([...others, { signal, state: 'firing', at, id: 1001 }], now));
        if (before.decision !== 'open') return;
        if (after.decision === 'ignore') {
          expect(after.reconsiderAt && after.reconsiderAt > time(now)).toBe(true);
          expect(after.reasons[0]).toContain('takes precedence');
        } else {
          expect(after.decision).toBe('open');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('acts after a few of the times that it named, if nothing else comes', () => {
    fc.assert(
      fc.property(reports, fc.nat(1000), (some, begun) => {
        let now = begun;
        let decision = decide(input(some, now));
        const waits = decision.decision === 'ignore' && decision.reconsiderAt !== undefined;
        for (const _ of Object.keys(plan.scenarios)) {
          if (decision.decision !== 'ignore' || !decision.reconsiderAt) break;
          const then = (Date.parse(decision.reconsiderAt) - begin) / 1000;
          expect(then).toBeGreaterThan(now);
          now = then;
          decision = decide(input(some, now));
        }
        if (waits) expect(decision.decision).toBe('open');
      }),
      { numRuns: 300 },
    );
  });

  it('never starts a run by itself while a guard says no or can not be read', () => {
    const gone = { unreadable: 'gone' };
    const guards: Partial<DecideInput>[] = [
      { automation: { value: { state: 'off', by: 'lead', reason: 'maintenance' } } },
      { automation: gone },
      { lock: gone },
      { incident: gone },
      { signals: gone },
      { lock: { value: { incidentId: 'i', runId: 'r', acquiredAt: time(0), expiresAt: time(99_999) } } },
    ];
    fc.assert(
      fc.property(reports, fc.nat(1200), fc.constantFrom(...guards), (some, now, guard) => {
        expect(startsRun(decide(input(some, now, guard)))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('never starts a run on fewer independent observers than the plan asks for', () => {
    fc.assert(
      fc.property(reports, fc.nat(1200), (some, now) => {
        const given = input(some, now);
        const decision = decide(given);
        if (decision.decision !== 'open' || 'unreadable' in given.signals) return;
        const trigger = plan.scenarios[decision.scenario]?.trigger;
        const observers = new Set(
          given.signals.value
            .filter(state => state.state === 'firing' && trigger?.signals.includes(state.signal))
            .map(state => state.observer),
        );
        expect(observers.size).toBeGreaterThanOrEqual(trigger?.quorum ?? Number.POSITIVE_INFINITY);
      }),
      { numRuns: 300 },
    );
  });
});
