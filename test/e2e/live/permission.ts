import { createInterface } from 'node:readline/promises';
import { costsAtMost, whatIsMade } from './live-cases.ts';
import { type LiveRun, prefixOf, tagKey } from './sandbox-run.ts';

/** Whom the credentials belong to, and where calls go. */
export type Whereabouts = { account: string; arn: string; region: string; endpoint: string | undefined };

export function announcement({ account, arn, region, endpoint }: Whereabouts, run: LiveRun): string {
  return `This plays cases of Lifeboat's contract in a real account, and removes afterwards what they made.

  account   ${account} (${arn})
  region    ${region}
  address   ${endpoint ?? 'AWS itself; AWS_ENDPOINT_URL is not set'}
  makes     ${whatIsMade.join('\n            ')}
  costs     at most ${costsAtMost}
  run       ${run.id}: all names begin with ${prefixOf(run)}, and the tag ${tagKey} is ${run.id}

Take a sandbox, never an account in which something matters.
`;
}

/**
 * Whether a person means this account. `--account` says so beforehand; otherwise its id must be typed, and where nobody
 * can type the answer is no. Gives the reason of a no.
 */
export async function askPermission(
  { account }: Whereabouts,
  said: string | undefined,
): Promise<string | undefined> {
  if (said !== undefined)
    return said === account ? undefined : `--account says ${said}, and the credentials belong to ${account}.`;
  if (!process.stdin.isTTY)
    return 'Nobody can be asked here: there is no terminal. Say which account is meant with --account ID.';
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question('Type the id of the account to go on: ');
    return typed.trim() === account ? undefined : 'That is not the id of this account.';
  } catch {
    return 'Nothing was typed.';
  } finally {
    terminal.close();
  }
}
