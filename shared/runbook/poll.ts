import type { TypicalDuration } from '../actions/contract.ts';

/**
 * How long to wait before looking again. The wait grows with the time that has passed, so the overshoot stays a
 * fixed small part of the step's duration and the number of looks grows with its logarithm only: a restore of four
 * hours takes about a hundred looks, far below the 25,000 events of an execution's history.
 *
 * Before the shortest typical duration nobody expects the end: a third of the elapsed time is close enough.
 * After it, 3 % keeps what polling adds to the recovery time near 1.5 % on average. In the first 100 s it is 2.5 %,
 * and in the first 60 s half of that: starting functions and passing from step to step add some seconds of their own.
 * After an hour it is 5 %: of many hours a few minutes are soon enough, and the looks are few.
 * What has taken less than 80 s is looked at several times in a call: Step Functions waits for whole seconds, and a
 * second of it is more than all calls from step to step.
 */
const growthBeforeTypical = 0.35;
export const growthAfterTypical = 0.05;
/** Growth of the wait until so many seconds have passed. */
const growthUntil = [
  { seconds: 60, growth: 0.012 },
  { seconds: 100, growth: 0.025 },
  { seconds: 3600, growth: 0.03 },
];
/** Step Functions waits for whole seconds. */
export const shortestWaitSeconds = 1;
/** Seven looks a second: the quotas for reading are ten a second and more, apart from Route 53's, whose steps are longer. */
const shortestPauseMs = 150;
/** Longer ones are left to the step machine, which waits for nothing. */
const longestPauseMs = 2000;
/** How long one call goes on looking. Five seconds of it cost less than half of one turn of the step machine. */
export const lookingMs = 5000;

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
  const untilTypical = isExpected(elapsedSeconds, typical)
    ? longest
    : Math.max(shortestWaitSeconds, typical.minSeconds * 0.9 - elapsedSeconds);
  const wait = Math.min(elapsedSeconds * growthAt(elapsedSeconds, typical), untilTypical, longest);
  const left = Math.max(shortestWaitSeconds, timeoutSeconds - elapsedSeconds);
  return Math.max(shortestWaitSeconds, Math.min(Math.floor(wait), Math.ceil(left)));
}

/**
 * Milliseconds to pause before looking again in the same call; 0 when the next look comes after a wait of the step
 * machine. `elapsedSeconds` is the time since the step acted.
 */
export function nextPauseMs(elapsedSeconds: number, typical: TypicalDuration): number {
  if (!isExpected(elapsedSeconds, typical)) return 0;
  const pauseMs = Math.max(
    shortestPauseMs,
    Math.round(elapsedSeconds * growthAt(elapsedSeconds, typical) * 1000),
  );
  return pauseMs < longestPauseMs ? pauseMs : 0;
}

/** Whether the end may come at any moment. */
function isExpected(elapsedSeconds: number, { minSeconds }: TypicalDuration): boolean {
  return elapsedSeconds >= minSeconds * 0.9;
}

function growthAt(elapsedSeconds: number, typical: TypicalDuration): number {
  if (!isExpected(elapsedSeconds, typical)) return growthBeforeTypical;
  return growthUntil.find(({ seconds }) => elapsedSeconds < seconds)?.growth ?? growthAfterTypical;
}

/** The most calls that look at a step before its time-out, for the event budget. */
export function mostPolls(typical: TypicalDuration, timeoutSeconds: number): number {
  let elapsed = 0;
  let polls = 1;
  while (elapsed <= timeoutSeconds) {
    elapsed +=
      nextPauseMs(elapsed, typical) > 0
        ? lookingMs / 1000
        : nextWaitSeconds(elapsed, typical, timeoutSeconds);
    polls += 1;
  }
  return polls;
}
