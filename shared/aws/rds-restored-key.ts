import type { ActionContext, Reason } from '../actions/contract.ts';
import { readKey } from './kms-keys.ts';

/** A restore uses the key of the backup. If that is not the plan's, the result is not what was planned. */
export async function differentKey(
  context: Pick<ActionContext, 'aws'>,
  { region, kmsKey }: { region: string; kmsKey: string },
  made: { name: string | undefined; key: string | undefined },
): Promise<Reason | undefined> {
  const wanted = await readKey(context.aws, region, kmsKey);
  if (!wanted.usable) return wanted.reason;
  if (made.key === wanted.arn) return undefined;
  return {
    what: `${made.name} is encrypted with ${made.key ?? 'no key'}, not with the plan's ${kmsKey}`,
    mend: "Name the key of the backup in the plan's kmsKey, or copy the snapshot with the wanted key and restore that.",
  };
}
