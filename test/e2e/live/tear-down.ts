import type { AwsClients } from '../../../shared/aws/clients.ts';
import { type Left, leftBehind } from './left-behind.ts';
import type { LiveRun } from './sandbox-run.ts';

/** AWS shows some things only after a while, and refuses to remove what something else still uses. */
const rounds = 6;
/** So often nothing must be found, one after the other, until it is believed. */
const quietRounds = 2;

/**
 * Removes everything that a run made, in rounds, until nothing more is found. Gives what is still there, with the
 * reason; a failure to look is a reason too.
 */
export async function tearDown(
  aws: AwsClients,
  run: LiveRun,
  { pauseMs, say }: { pauseMs: number; say(line: string): void },
): Promise<string[]> {
  let quiet = 0;
  let problems: string[] = [];
  for (let round = 1; round <= rounds && quiet < quietRounds; round++) {
    if (round > 1) await new Promise(resolve => setTimeout(resolve, pauseMs));
    try {
      const left = await leftBehind(aws, run);
      quiet = left.length === 0 ? quiet + 1 : 0;
      problems = await removeAll(left, say);
    } catch (error) {
      quiet = 0;
      problems = [`It can't be looked what is left: ${String(error)}`];
    }
  }
  if (quiet > 0) return [];
  return problems.length > 0 ? problems : leftBehind(aws, run).then(left => left.map(({ what }) => what));
}

async function removeAll(left: readonly Left[], say: (line: string) => void): Promise<string[]> {
  const problems: string[] = [];
  for (const { what, remove } of left) {
    try {
      await remove();
      say(`Removed ${what}.`);
    } catch (error) {
      problems.push(`${what}: ${String(error)}`);
    }
  }
  return problems;
}
