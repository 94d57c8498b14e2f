import type { ActionContext } from '../actions/contract.ts';
import { ServiceUnavailableError } from '../errors.ts';

/**
 * Why an address does not count as served through a name of AWS's, such as that of an accelerator; undefined when it
 * answers 200 there, or when no address was given.
 */
export async function whyUnanswered(
  { network }: Pick<ActionContext, 'network'>,
  url: string | undefined,
  through: string,
): Promise<string | undefined> {
  if (url === undefined) return undefined;
  try {
    const { status } = await network.http({ url, connectTo: through, method: 'GET', timeoutMs: 10_000 });
    return status === 200 ? undefined : `${url} answers ${status} through ${through}.`;
  } catch (error) {
    if (error instanceof ServiceUnavailableError) return error.message;
    throw error;
  }
}
