import type { TypicalDuration } from '../actions/contract.ts';

/**
 * How long to wait before looking again. The wait grows with the time that has passed, so the overshoot stays a
 * fixed small part of the step's duration and the number of looks grows with its logarithm only: a restore of four
 * hours takes about a hundred looks, far below the 25,000 events of an execution's history.
 *
 * Before the shortest typical duration nobody expects the end: a third of the elapsed time is close enough.
 * After it, 4 % keeps what polling adds to the recovery time near 2 % on average. In the first 100 s it is 3 %: there
 * the looks cost little, and starting functions and passing from step to step add some seconds of their own.
 */
export const growthBeforeTypical = 0.35;
export const growthAfterTypical = 0.04;
const growthAtFirst = 0.03;
const atFirstSeconds = 100;
export const shortestWaitSeconds = 1;

/** Longer waits would make an abort or a failure noticed late; day-long steps look 150 times at the least. */
function longestWaitSeconds(timeoutSeconds: number): number {
  return Math.max(120, timeoutSeconds / 150);
}

/** Whole seconds to wait, at least 1, never past the step's deadline by more than the shortest wait. */
export function nextWaitSeconds(
  elapsedSeconds: number,
  typical: TypicalDuration,
  timeoutSeconds: number,
): number {
  const longest = longestWaitSeconds(timeoutSeconds);
  const growth =
    elapsedSeconds < typical.minSeconds * 0.9
      ? growthBeforeTypical
      : elapsedSeconds < atFirstSeconds
        ? growthAtFirst
        : growthAfterTypical;
  const untilTypical =
    elapsedSeconds < typical.minSeconds * 0.9
      ? Math.max(shortestWaitSeconds, typical.minSeconds * 0.9 - elapsedSeconds)
      : longest;
  const wait = Math.min(elapsedSeconds * growth, untilTypical, longest);
  const left = Math.max(shortestWaitSeconds, timeoutSeconds - elapsedSeconds);
  return Math.max(shortestWaitSeconds, Math.min(Math.floor(wait), Math.ceil(left)));
}

/** The most looks that a step can take before its time-out, for the event budget. */
export function mostPolls(typical: TypicalDuration, timeoutSeconds: number): number {
  let elapsed = 0;
  let polls = 1;
  while (elapsed <= timeoutSeconds) {
    elapsed += nextWaitSeconds(elapsed, typical, timeoutSeconds);
    polls += 1;
  }
  return polls;
}
