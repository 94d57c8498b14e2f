/**
 * Every error that a handler throws on purpose. A state machine matches on `name` (`ErrorEquals`), so the names
 * are part of the interface: `test/state-machines` checks that each name a machine matches exists here.
 */

type ErrorOptions = {
  /** What the operator should do next, as a sentence. */
  nextStep: string;
  cause?: unknown;
};

/** Base of all Lifeboat errors. `retryable` is read by the step machine's Retry, by name. */
export abstract class LifeboatError extends Error {
  abstract override readonly name: string;
  abstract readonly retryable: boolean;
  readonly nextStep: string;

  constructor(message: string, options: ErrorOptions) {
    super(message, { cause: options.cause });
    this.nextStep = options.nextStep;
  }
}

/** A request was refused because of its rate; the same request succeeds later. */
export class ThrottledError extends LifeboatError {
  readonly name = 'ThrottledError';
  readonly retryable = true;
}

/** A service answered with a server fault, or did not answer in time. Whether the change was made is unknown. */
export class ServiceUnavailableError extends LifeboatError {
  readonly name = 'ServiceUnavailableError';
  readonly retryable = true;
}

/** A record was changed by somebody else between read and write. */
export class ConflictError extends LifeboatError {
  readonly name = 'ConflictError';
  readonly retryable = true;
}

/** A guard or a preparation says no, before anything was changed. `reasons` say what and how to mend it. */
export class RefusedError extends LifeboatError {
  readonly name = 'RefusedError';
  readonly retryable = false;
  readonly reasons: readonly string[];

  constructor(message: string, options: ErrorOptions & { reasons: readonly string[] }) {
    super(message, options);
    this.reasons = options.reasons;
  }
}

/** A step's change was made and did not lead to the wanted state. */
export class StepFailedError extends LifeboatError {
  readonly name = 'StepFailedError';
  readonly retryable = false;
}

/** A step was not done when its time was up. */
export class StepTimedOutError extends LifeboatError {
  readonly name = 'StepTimedOutError';
  readonly retryable = false;
}

/** A person said no, or nobody answered in time. */
export class NotApprovedError extends LifeboatError {
  readonly name = 'NotApprovedError';
  readonly retryable = false;
}

/** A person stopped the run. */
export class AbortedError extends LifeboatError {
  readonly name = 'AbortedError';
  readonly retryable = false;
}

/** A phase ended with a step that neither finished nor was skipped. */
export class PhaseFailedError extends LifeboatError {
  readonly name = 'PhaseFailedError';
  readonly retryable = false;
}

/** AWS (or a cluster, a database) refused the request itself: wrong identifier, no permission, invalid parameter. */
export class RequestRejectedError extends LifeboatError {
  readonly name = 'RequestRejectedError';
  readonly retryable = false;
}

/** An event, a state input, an environment value or a plan that Lifeboat can't read. */
export class InvalidInputError extends LifeboatError {
  readonly name = 'InvalidInputError';
  readonly retryable = false;
}
