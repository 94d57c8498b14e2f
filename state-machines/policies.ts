import type { Retrier } from './asl.ts';

/** Failures of a Lambda call that pass by themselves. Every operation of Lifeboat's handlers may be repeated. */
export const passingErrors: readonly string[] = [
  'ThrottledError',
  'ServiceUnavailableError',
  'ConflictError',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
  'States.Timeout',
];

/** Failures of starting a nested execution. A failed child is not among them: it is never simply started again. */
export const startErrors: readonly string[] = [
  'StepFunctions.AWSStepFunctionsException',
  'StepFunctions.SdkClientException',
];

/** A handler answers within a minute; a call that takes twice as long is made again. */
export const callTimeoutSeconds = 120;

/** Longest time that any task, wait or execution may take: what engines with 32-bit timers can still wait for. */
export const longestSeconds = 24 * 86_400;

/** Starting a function beforehand must not keep anything waiting. */
export const wakeTimeoutSeconds = 5;

export function retryOn(errors: readonly string[], MaxAttempts = 4): Retrier[] {
  return [{ ErrorEquals: [...errors], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts }];
}
