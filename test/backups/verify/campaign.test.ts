import { beforeAll, describe, expect, it } from 'vitest';
import { callsOfProof, drawProof, playProof, wrongWith } from '../../../simulator/backups/campaign.ts';
import { clusterPlan } from '../cluster-plan.ts';
import { liquidAbt, planDirectory } from '../fleet-plan.ts';

/** A thousand of each are run by `npm run bench -- --backups`. */
const seeds = 20;

describe.each([
  ['instances', await liquidAbt(), ['database-copies', 'database-replicated']],
  ['a cluster', await clusterPlan(), ['orders-copies', 'orders-automated']],
] as const)('proofs of %s with faults at any call', (_, plan, backups) => {
  const calls = new Map<string, string[]>();
  beforeAll(async () => {
    for (const backup of backups) calls.set(backup, await callsOfProof({ plan, planDirectory }, backup));
  });

  it('are drawn from every call that a proof makes', () => {
    const faults = Array.from({ length: 2000 }, (_, seed) => drawProof(seed, calls).faults).flat();
    for (const call of new Set([...calls.values()].flat())) expect(faults).toContain(`lost-reply:${call}`);
  });

  it(`leave nothing behind in ${seeds} runs, a third of them killed`, { timeout: 300_000 }, async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const ended = await playProof({ plan, planDirectory }, seed, drawProof(seed, calls));
      wrong.push(...[wrongWith(ended)].flatMap(why => why ?? []));
    }
    expect(wrong).toEqual([]);
  });
});
