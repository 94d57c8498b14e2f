import type { Bundle } from './bundles.ts';
import { processorSeconds, startEnvironment } from './execution-environment.ts';

/** Starts of each; the quickest counts, since whatever else the machine does only makes a start slower. */
const rounds = 7;

/** Nobody listens there: a start asks nothing of AWS. */
const nowhere = 'http://127.0.0.1:9';

/** Milliseconds until a process asks for its first event: on the clock, and of processor time. */
export type ColdInit = { name: string; ms: number; processorMs: number };

/**
 * Cold starts of bundles, which take turns. Processor time is what a limit is held against: on an idle machine it is
 * nearly all that a start takes, and on a busy one the clock says more about what else runs there.
 */
export async function measureColdInit(
  bundles: readonly Bundle[],
  variables: (bundle: Bundle, endpoint: string) => Record<string, string>,
): Promise<ColdInit[]> {
  const took = bundles.map(({ name }) => ({ name, clock: [] as number[], processor: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, bundle] of bundles.entries()) {
      const environment = await startEnvironment(bundle.folder, bundle.handler, variables(bundle, nowhere));
      took[index]?.clock.push(environment.initMs);
      took[index]?.processor.push(processorSeconds(environment.pid) * 1000);
      await environment.stop();
    }
  }
  return took.map(({ name, clock, processor }) => ({
    name,
    ms: Math.min(...clock),
    processorMs: Math.min(...processor),
  }));
}
