import { mockClient as mock } from 'aws-sdk-client-mock';
import { onTestsEnd } from './tests-end.ts';

/**
 * Mocks the `send` of an SDK client, as `aws-sdk-client-mock` does, until the file's tests have ended. The mock sits on
 * the class, which the test files of a worker share: left in place it would answer in the simulated world of the next.
 */
export const mockClient: typeof mock = (client, ...rest) => {
  const mocked = mock(client, ...rest);
  onTestsEnd(() => mocked.restore());
  return mocked;
};
