import { LifeboatError, RequestRejectedError, ServiceUnavailableError, ThrottledError } from '../errors.ts';

/** What was being done when it failed: `call` is `service.Operation`, such as `rds.DescribeDBInstances`. */
export type CallContext = { call: string; region: string };

/** Node's codes for "nothing answered": no name, no route, nothing listening, no answer in time. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const timeoutNames = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException']);
/** Names that AWS services throttle with; the SDK retries the same ones (`@smithy/core/retry`). */
const throttleNames =
  /^(Throttl|RequestThrottled|EC2Throttled|RequestLimitExceeded|TooManyRequests|SlowDown|BandwidthLimitExceeded|ProvisionedThroughputExceeded|PriorRequestNotComplete)/;
const deniedNames =
  /^(AccessDenied|UnauthorizedOperation|NotAuthorized|AuthFailure|UnauthorizedAccess)|AccessDenied/;
const credentialNames =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|RequestExpired|CredentialsProviderError|TokenProviderError)/;
const notFoundNames = /(NotFound(Fault|Exception)?|NoSuch[A-Za-z]+)$/;
const quotaNames = /Quota|LimitExceeded|^TooMany(?!Requests)/;
const capacityNames = /^Insufficient/;

type Shape = Error & {
  code?: unknown;
  $fault?: unknown;
  $metadata?: { httpStatusCode?: number };
  $retryable?: { throttling?: boolean };
};

/** The error's name as the SDK has it (`DBInstanceNotFoundFault`), or its code, or its class. */
function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** Whether the rate of requests was refused; the same request succeeds later. */
export function isThrottle(error: unknown): boolean {
  if (error instanceof ThrottledError) return true;
  if (!(error instanceof Error)) return false;
  const { name, $metadata, $retryable } = error as Shape;
  return $metadata?.httpStatusCode === 429 || $retryable?.throttling === true || throttleNames.test(name);
}

/** Whether AWS says that the thing does not exist. With `names`, only those errors count. */
export function isNotFound(error: unknown, ...names: string[]): boolean {
  const original = originalOf(error);
  if (!(original instanceof Error)) return false;
  if (names.length > 0) return names.includes(original.name);
  return notFoundNames.test(original.name);
}

/** What was read; undefined where AWS says, by one of these names, that there is no such thing. */
export async function ifFound<T>(names: readonly string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error, ...names)) return undefined;
    throw error;
  }
}

/** Whether the error, or the SDK error that it was made from, has one of these names. */
export function isNamed(error: unknown, ...names: string[]): boolean {
  return names.includes(errorName(originalOf(error)));
}

/**
 * Whether nothing usable answered: no connection, no reply in time, or a server fault. It says nothing about whether
 * a change was made. Throttling is an answer, so it does not count.
 */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof ServiceUnavailableError) return true;
  if (!(error instanceof Error) || error instanceof LifeboatError || isThrottle(error)) return false;
  if (error instanceof AggregateError && error.errors.some(isUnreachable)) return true;
  const { code, name, $fault, $metadata } = error as Shape;
  if (typeof code === 'string' && networkCodes.has(code)) return true;
  if (timeoutNames.has(name) || $fault === 'server') return true;
  return ($metadata?.httpStatusCode ?? 0) >= 500;
}

/**
 * Turns what an AWS SDK client throws into one of Lifeboat's errors, with what to do next. Lifeboat's own errors and
 * errors that did not come from a request (a mistake in the program) come back as they are.
 */
export function toLifeboatError(error: unknown, context: CallContext): unknown {
  if (!(error instanceof Error) || error instanceof LifeboatError) return error;
  const where = `${context.call} in ${context.region}`;
  const said = `${error.name}: ${firstLine(error.message)}`;
  if (isThrottle(error)) {
    return new ThrottledError(`${where} was throttled (${said})`, {
      nextStep: 'Nothing: the step tries again. If it goes on, ask for a higher request rate in this region.',
      cause: error,
    });
  }
  if (isUnreachable(error)) {
    return new ServiceUnavailableError(`${where} did not answer (${said})`, {
      nextStep: `Nothing at first: the step tries again. If it goes on, look at the AWS Health status of ${context.region}.`,
      cause: error,
    });
  }
  if (!isSdkError(error)) return error;
  return new RequestRejectedError(`${where} was refused (${said})`, {
    nextStep: nextStepFor(error.name, context),
    cause: error,
  });
}

/** Runs one request and throws its failure as one of Lifeboat's errors. */
export async function request<T>(context: CallContext, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw toLifeboatError(error, context);
  }
}

function nextStepFor(name: string, { call, region }: CallContext): string {
  if (deniedNames.test(name)) {
    return `Allow ${call.replace('.', ':')} in the role of this step's function, and look for a service control policy or a permission boundary that denies it.`;
  }
  if (credentialNames.test(name)) {
    return 'Renew the credentials of the function or of the shell that ran this, and check its clock.';
  }
  if (notFoundNames.test(name)) {
    return `Check the identifier in the plan and that the resource exists in ${region}.`;
  }
  if (capacityNames.test(name)) {
    return `AWS has no capacity for this in ${region} now: choose another class or subnet group in the plan, then retry.`;
  }
  if (quotaNames.test(name)) {
    return `Delete what is not needed in ${region} or raise the quota in Service Quotas, then retry the step.`;
  }
  return 'Read the message: mend the value in the plan or the state of the resource, then retry the step.';
}

/** The SDK's error behind one of Lifeboat's. */
function originalOf(error: unknown): unknown {
  return error instanceof LifeboatError && error.cause instanceof Error ? error.cause : error;
}

function isSdkError(error: Error): boolean {
  return '$metadata' in error || '$fault' in error || credentialNames.test(error.name);
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}
