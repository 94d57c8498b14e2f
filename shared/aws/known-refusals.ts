import { RefusedError } from '../errors.ts';
import { isNamed } from './aws-errors.ts';

/** Errors that AWS answers with at once, before it makes anything, and what mends them at a place. */
export type KnownRefusals<Place> = readonly { names: string[]; mend(place: Place): string }[];

/** The refusal behind an error, or undefined if it is of another kind. */
export function refusalBehind<Place>(
  error: unknown,
  known: KnownRefusals<Place>,
  place: Place,
): RefusedError | undefined {
  const found = known.find(({ names }) => isNamed(error, ...names));
  if (found === undefined || !(error instanceof Error)) return undefined;
  const { message } = error;
  return new RefusedError(message, { reasons: [message], nextStep: found.mend(place), cause: error });
}
