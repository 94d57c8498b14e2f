import { RequestRejectedError, ServiceUnavailableError } from '../errors.ts';

/** SQLSTATE classes and codes that pass by themselves. Source: PostgreSQL documentation, appendix A. */
const passing = /^(08|53|57P0[1-3]|57014|55P03|40)/;

/** What a failed connection or statement means. `code` is the SQLSTATE if the server answered with one. */
export function sqlError(
  hostname: string,
  failure: { message: string; code?: string; cause?: unknown },
): RequestRejectedError | ServiceUnavailableError {
  const { message, code, cause } = failure;
  if (code === undefined || passing.test(code)) {
    return new ServiceUnavailableError(`The database at ${hostname} does not answer: ${message}`, {
      nextStep: 'Check that it is available and that its security group lets the function in.',
      cause,
    });
  }
  return new RequestRejectedError(`The database at ${hostname} refused: ${message} (${code})`, {
    nextStep: code.startsWith('28')
      ? 'Check the user and password in the secret that the component names as credentials.'
      : 'Check the statement in the plan against this database.',
    cause,
  });
}
