import { objectOrEmpty, parseJson } from '../json.ts';

/**
 * What an error's cause says. Step Functions hands it over as text; that of a Lambda function is JSON with its message in
 * it.
 */
export function messageInCause(cause: string): string {
  const { errorMessage } = objectOrEmpty(parseJson(cause));
  return typeof errorMessage === 'string' ? errorMessage : cause;
}
