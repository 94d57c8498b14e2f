import type { Sandbox } from '../contract/sandbox.ts';

/** One run in an account. `id` is in the name of everything that it makes, and in its tag. */
export type LiveRun = { id: string; region: string };

/** Tag of everything that a run makes, where AWS has tags; its value is the id of the run. */
export const tagKey = 'lifeboat:e2e';
/** What the names begin with of all that a run makes. */
export const prefixOf = ({ id }: LiveRun) => `lifeboat-e2e-${id}-`;

/** How the cases of a run call what they make; each case has its own names. */
export const sandboxOf = (run: LiveRun, index: number): Sandbox => ({
  region: run.region,
  name: base => `${prefixOf(run)}${index}-${base}`,
  tags: [{ Key: tagKey, Value: run.id }],
});

/** The run that the parent process has been allowed to make. Throws without one: nothing here starts by itself. */
export function runInEnvironment(): LiveRun {
  const { LIFEBOAT_LIVE_RUN: id, LIFEBOAT_LIVE_REGION: region } = process.env;
  if (!id || !region)
    throw new Error('Start these cases with `npm run test:e2e -- --live`, which asks first.');
  return { id, region };
}
