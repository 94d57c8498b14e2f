import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Signal, signalStates } from '../../shared/triage/signal.ts';
import { addReport, foldReports } from '../../shared/triage/signal-state.ts';

const time = (minute: number) => new Date(Date.UTC(2026, 2, 10, 16, minute)).toISOString();
function report(minute: number, state: Signal['state'], more: Partial<Signal> = {}): Signal {
  const at = time(minute);
  return {
    signal: 's',
    observer: 'o',
    state,
    at,
    since: at,
    eventId: `e${minute}`,
    subject: '',
    what: state,
    ...more,
  };
}
const fold = (...reports: Signal[]) => foldReports(reports.reduce<Signal[]>(addReport, []));

describe('what reports come to', () => {
  it('is nothing without reports', () => {
    expect(foldReports([])).toBeUndefined();
  });

  it('is what the newest says, whichever came last', () => {
    expect(fold(report(2, 'clear'), report(1, 'firing'))).toMatchObject({ state: 'clear', at: time(2) });
  });

  it('fires since the first report of an unbroken stretch', () => {
    const state = fold(report(1, 'firing'), report(2, 'clear'), report(3, 'firing'), report(4, 'firing'));
    expect(state).toMatchObject({ state: 'firing', changedAt: time(3), since: time(3), at: time(4) });
  });

  it('fires while one of its subjects does', () => {
    const state = fold(
      report(1, 'firing', { subject: 'EC2' }),
      report(2, 'firing', { subject: 'RDS', since: time(0) }),
      report(3, 'clear', { subject: 'EC2' }),
    );
    expect(state).toMatchObject({ state: 'firing', changedAt: time(2), since: time(0), at: time(3) });
    expect(fold(report(1, 'firing', { subject: 'A' }), report(2, 'clear', { subject: 'A' }))).toMatchObject({
      state: 'clear',
    });
  });

  it('keeps the newest reports only', () => {
    const many = Array.from({ length: 100 }, (_, minute) => report(minute, 'clear'));
    const kept = many.reduce<Signal[]>(addReport, []);
    expect(kept).toHaveLength(30);
    expect(kept.at(-1)?.at).toBe(time(99));
    expect(addReport(kept, report(1, 'firing'))).toEqual(kept);
  });

  it('does not depend on the order of reports, nor on how often each came', () => {
    const reports = fc.uniqueArray(
      fc.record({
        minute: fc.nat(12),
        event: fc.nat(30),
        subject: fc.constantFrom('', 'A', 'B'),
        state: fc.constantFrom(...signalStates),
      }),
      { maxLength: 15, selector: ({ event, subject }) => `${event}/${subject}` },
    );
    const deliveries = reports.chain(some => {
      const all = some.map(({ minute, event, subject, state }) =>
        report(minute, state, { eventId: `e${event}`, subject }),
      );
      const again = fc.subarray([...all, ...all], { minLength: 0 });
      return fc.tuple(
        fc.constant(all),
        again.chain(extra =>
          fc.shuffledSubarray([...all, ...extra], { minLength: all.length + extra.length }),
        ),
      );
    });
    fc.assert(
      fc.property(deliveries, ([once, often]) => {
        expect(fold(...often)).toEqual(fold(...once));
      }),
    );
  });
});
