import { expect, test } from 'vitest';
import {
  isNotFound,
  isThrottle,
  isUnreachable,
  request,
  toLifeboatError,
} from '../../shared/aws/aws-errors.ts';
import { InvalidInputError, LifeboatError, ThrottledError } from '../../shared/errors.ts';

const context = { call: 'rds.DescribeDBInstances', region: 'eu-west-1' };

function shape(name: string, parts: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(`${name} said something`), { name, ...parts });
}
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

test.each<[Error, string]>([
  [shape('ThrottlingException', status(400)), 'ThrottledError'],
  [shape('Throttling', status(400)), 'ThrottledError'],
  [shape('RequestLimitExceeded', status(503)), 'ThrottledError'],
  [shape('TooManyRequestsException', status(429)), 'ThrottledError'],
  [shape('SlowDown', status(503)), 'ThrottledError'],
  [shape('Anything', status(429)), 'ThrottledError'],
  [shape('Anything', { ...status(400), $retryable: { throttling: true } }), 'ThrottledError'],
  [shape('InternalFailure', status(500)), 'ServiceUnavailableError'],
  [shape('ServiceUnavailable', status(503)), 'ServiceUnavailableError'],
  [shape('KMSInternalException', { $fault: 'server', ...status(500) }), 'ServiceUnavailableError'],
  [shape('TimeoutError'), 'ServiceUnavailableError'],
  [shape('Error', { code: 'ECONNREFUSED' }), 'ServiceUnavailableError'],
  [shape('Error', { code: 'ENOTFOUND' }), 'ServiceUnavailableError'],
  [shape('Error', { code: 'ETIMEDOUT' }), 'ServiceUnavailableError'],
  [shape('Error', { code: 'ECONNRESET' }), 'ServiceUnavailableError'],
  [shape('Error', { code: 'EAI_AGAIN' }), 'ServiceUnavailableError'],
  [new AggregateError([shape('Error', { code: 'ECONNREFUSED' })]), 'ServiceUnavailableError'],
  [shape('AccessDenied', status(403)), 'RequestRejectedError'],
  [shape('AccessDeniedException', status(400)), 'RequestRejectedError'],
  [shape('DBInstanceNotFoundFault', status(404)), 'RequestRejectedError'],
  [shape('InvalidParameterValue', status(400)), 'RequestRejectedError'],
  [shape('ValidationException', status(400)), 'RequestRejectedError'],
  [shape('InstanceQuotaExceededFault', status(400)), 'RequestRejectedError'],
  [shape('InsufficientDBInstanceCapacityFault', status(400)), 'RequestRejectedError'],
  [shape('ExpiredToken', status(403)), 'RequestRejectedError'],
  [shape('CredentialsProviderError'), 'RequestRejectedError'],
])('%s becomes %s, with the call, the region and what to do', (error, name) => {
  const made = toLifeboatError(error, context);
  expect(made).toBeInstanceOf(LifeboatError);
  expect(made).toMatchObject({ name, cause: error });
  if (!(made instanceof LifeboatError)) return;
  expect(made.message).toContain('rds.DescribeDBInstances in eu-west-1');
  expect(made.nextStep.length).toBeGreaterThan(20);
  expect(isUnreachable(error)).toBe(name === 'ServiceUnavailableError');
  expect(isUnreachable(made)).toBe(name === 'ServiceUnavailableError');
  expect(isThrottle(error)).toBe(name === 'ThrottledError');
});

test.each([
  ['AccessDenied', 'Allow rds:DescribeDBInstances'],
  ['ExpiredToken', 'credentials'],
  ['DBInstanceNotFoundFault', 'identifier'],
  ['StorageQuotaExceededFault', 'quota'],
  ['InsufficientDBInstanceCapacityFault', 'capacity'],
])('%s tells to: %s', (name, words) => {
  expect(toLifeboatError(shape(name, status(400)), context)).toMatchObject({
    nextStep: expect.stringContaining(words),
  });
});

test('a mistake in the program and an error of our own come back as they are', () => {
  const mistake = new TypeError('x is not a function');
  expect(toLifeboatError(mistake, context)).toBe(mistake);
  const own = new InvalidInputError('no', { nextStep: 'mend it' });
  expect(toLifeboatError(own, context)).toBe(own);
  expect(isUnreachable(mistake)).toBe(false);
});

test('not found is recognised before and after it was turned into our error', () => {
  const error = shape('DBInstanceNotFoundFault', status(404));
  expect(isNotFound(error)).toBe(true);
  expect(isNotFound(toLifeboatError(error, context), 'DBInstanceNotFoundFault')).toBe(true);
  expect(isNotFound(error, 'DBSnapshotNotFoundFault')).toBe(false);
  expect(isNotFound(shape('NoSuchHostedZone', status(404)))).toBe(true);
  expect(isNotFound(shape('AccessDenied', status(403)))).toBe(false);
});

test('request throws what it was given as our error', async () => {
  const throttled = request(context, () => Promise.reject(shape('Throttling', status(400))));
  await expect(throttled).rejects.toBeInstanceOf(ThrottledError);
});
