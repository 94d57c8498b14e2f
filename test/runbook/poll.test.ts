import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  growthAfterTypical,
  lookingMs,
  mostPolls,
  nextPauseMs,
  nextWaitSeconds,
  shortestWaitSeconds,
} from '../../shared/runbook/poll.ts';

const day = 86_400;
const timeouts = fc.integer({ min: 1, max: 30 * day });
const typicals = fc
  .tuple(
    fc.integer({ min: 0, max: 30 * day }),
    fc.integer({ min: 0, max: day }),
    fc.integer({ min: 0, max: day }),
  )
  .map(([minSeconds, more, most]) => ({
    minSeconds,
    likelySeconds: minSeconds + more,
    maxSeconds: minSeconds + more + most,
    source: 'made up',
  }));

test('no step takes more than 450 looks, whatever its time-out and its typical duration', () => {
  fc.assert(
    fc.property(timeouts, typicals, (timeout, typical) => {
      expect(mostPolls(typical, timeout)).toBeLessThanOrEqual(450);
    }),
    { numRuns: 300 },
  );
  const none = { minSeconds: 0, likelySeconds: 0, maxSeconds: 0, source: 'the worst case' };
  expect(mostPolls(none, 30 * day)).toBeLessThanOrEqual(450);
});

test('after the shortest typical duration the overshoot is a second or a fixed small part of it', () => {
  fc.assert(
    fc.property(timeouts, typicals, fc.double({ min: 0, max: 1, noNaN: true }), (timeout, typical, part) => {
      const elapsed = typical.minSeconds + part * Math.max(0, timeout - typical.minSeconds);
      const most = Math.max(shortestWaitSeconds, elapsed * growthAfterTypical);
      expect(nextWaitSeconds(elapsed, typical, timeout)).toBeLessThanOrEqual(most);
    }),
  );
  expect(growthAfterTypical).toBeLessThanOrEqual(0.05);
});

test('waits are whole seconds, never shorter than one, and never beyond the deadline by more than that', () => {
  fc.assert(
    fc.property(
      timeouts,
      typicals,
      fc.double({ min: -60, max: 40 * day, noNaN: true }),
      (timeout, typical, elapsed) => {
        const wait = nextWaitSeconds(elapsed, typical, timeout);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(shortestWaitSeconds);
        const left = Math.max(0, timeout - elapsed);
        expect(wait).toBeLessThanOrEqual(Math.max(shortestWaitSeconds, Math.ceil(left)));
      },
    ),
  );
});

test('what may come true at any moment is looked at again after a small part of its time, not more than seven times a second', () => {
  const typical = { minSeconds: 10, likelySeconds: 30, maxSeconds: 90, source: 'made up' };
  expect(nextPauseMs(5, typical)).toBe(0);
  expect(nextPauseMs(9, typical)).toBe(150);
  expect(nextPauseMs(20, typical)).toBe(240);
  expect(nextPauseMs(40, typical)).toBe(480);
  expect(nextPauseMs(70, typical)).toBe(1750);
  expect(nextPauseMs(80, typical)).toBe(0);
  expect(nextPauseMs(0, { ...typical, minSeconds: 0 })).toBe(150);
  // An abort is heard between two calls.
  expect(lookingMs).toBeLessThanOrEqual(5000);
});

test('before the typical duration the waits are longer, and one ends where it begins', () => {
  const typical = { minSeconds: 600, likelySeconds: 900, maxSeconds: 1800, source: 'made up' };
  expect(nextWaitSeconds(100, typical, 3600)).toBeGreaterThan(
    nextWaitSeconds(100, { ...typical, minSeconds: 0 }, 3600),
  );
  expect(nextWaitSeconds(530, typical, 3600)).toBe(10);
});
