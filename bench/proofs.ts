import { callsOfProof, drawProof, playProof, wrongWith } from '../simulator/backups/campaign.ts';
import { clusterPlan } from '../test/backups/cluster-plan.ts';
import { liquidAbt, planDirectory } from '../test/backups/fleet-plan.ts';

/** So many proofs with faults at any call: what of them was left behind, as sentences with their seeds. */
export type ProofFigures = { title: string; runs: number; killed: number; wrong: string[]; wallMs: number };

/** Plays as many proofs of an instance, and as many of an Aurora cluster, which no plan of ours has. */
export async function measureProofs(runs: number): Promise<ProofFigures[]> {
  const subjects = [
    { title: 'instances', plan: await liquidAbt(), backups: ['database-copies', 'database-replicated'] },
    { title: 'Aurora clusters', plan: await clusterPlan(), backups: ['orders-copies', 'orders-automated'] },
  ];
  const figures: ProofFigures[] = [];
  for (const { title, plan, backups } of subjects) {
    const started = performance.now();
    const of = { plan, planDirectory };
    const calls = new Map<string, string[]>();
    for (const backup of backups) calls.set(backup, await callsOfProof(of, backup));
    const wrong: string[] = [];
    let killed = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const drawn = drawProof(seed, calls);
      killed += drawn.killedAfterMs === undefined ? 0 : 1;
      const why = wrongWith(await playProof(of, seed, drawn));
      if (why !== undefined) wrong.push(why);
    }
    figures.push({ title, runs, killed, wrong, wallMs: performance.now() - started });
  }
  return figures;
}
