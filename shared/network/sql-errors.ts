import { InvalidInputError, RequestRejectedError, ServiceUnavailableError } from '../errors.ts';
import { codesFor } from '../sql/error-codes.ts';

/**
 * What a failed connection or statement means. `code` is the SQLSTATE of PostgreSQL, or the number of MySQL's error, if
 * the server answered with one.
 */
export function sqlError(
  hostname: string,
  failure: { message: string; code?: string; cause?: unknown },
): RequestRejectedError | ServiceUnavailableError {
  const { message, code, cause } = failure;
  if (code === undefined || codesFor(code).passing(code)) {
    return new ServiceUnavailableError(`The database at ${hostname} does not answer: ${message}`, {
      nextStep: 'Check that it is available and that its security group lets the function in.',
      cause,
    });
  }
  return new RequestRejectedError(`The database at ${hostname} refused: ${message} (${code})`, {
    nextStep: codesFor(code).login(code)
      ? 'Check the user and password in the secret that the component names as credentials.'
      : 'Check the statement in the plan against this database.',
    cause,
  });
}

/** The code at the end of a refusal; undefined for an error of any other kind. */
function codeOf(error: unknown): string | undefined {
  return error instanceof RequestRejectedError ? /\(([0-9A-Z]{4,5})\)$/.exec(error.message)?.[1] : undefined;
}

/** Whether the server refused with this code. */
export const isRefusedWith = (error: unknown, code: string): boolean => codeOf(error) === code;

/** The server answered, and takes no writes: a replica, a read-only transaction, or it was made read-only. */
export function isReadOnlyRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && codesFor(code).readOnly(code);
}

/**
 * Whether asking again gets the same answer until a person mends something: a secret that is of no use or can't be read,
 * a login that is refused, a statement that does not fit the database.
 */
export function isLasting(error: unknown): error is InvalidInputError | RequestRejectedError {
  if (error instanceof InvalidInputError) return true;
  if (!(error instanceof RequestRejectedError)) return false;
  const code = codeOf(error);
  return code === undefined || codesFor(code).login(code) || codesFor(code).misfit(code);
}

/** The server knows who is asking, and says no. */
export function isLoginRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && codesFor(code).login(code);
}
