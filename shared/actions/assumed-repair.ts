import type { Observation } from './contract.ts';

/**
 * What somebody else's code brings about is not known to Lifeboat, only that it ended well: the report says whose word it
 * is that something is mended by it.
 */
export function withAssumption(
  seen: Observation,
  { restores = [] }: { restores?: string[] | undefined },
): Observation {
  if (seen.status !== 'done' || restores.length === 0) return seen;
  const what = `What it mends of ${restores.join(', ')} is assumed by the plan, not proven here.`;
  return { ...seen, evidence: [...seen.evidence, { what, data: { assumed: restores } }] };
}
