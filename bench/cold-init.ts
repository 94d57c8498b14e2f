import { emptyBundle, scratch, unpackBundles, variablesOf } from '../test/e2e/runtime/bundles.ts';
import { type ColdInit, measureColdInit } from '../test/e2e/runtime/cold-init.ts';
import { hasRic } from '../test/e2e/servers/lambda-ric.ts';

/**
 * Cold starts under the runtime interface client of Lambda, of LIQUID ABT's functions that stand between an alarm and
 * the first step. Undefined where the client is not installed; `npm run test:e2e` installs it.
 */
export async function measureColdStarts(): Promise<ColdInit[] | undefined> {
  if (!hasRic()) return undefined;
  const { root, remove } = scratch();
  try {
    const bundles = [emptyBundle(root), ...(await unpackBundles(root, ['liquid-abt']))];
    const wanted = ['empty', 'triage', 'run', 'rds', 'route53', 'ask', 'decide', 'communicate'];
    return await measureColdInit(
      bundles.filter(({ name }) => wanted.includes(name)),
      variablesOf,
    );
  } finally {
    remove();
  }
}
