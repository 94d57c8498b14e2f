import { type Verification, verifyLedger } from '../incident/ledger.ts';
import { formatDuration } from '../plan/duration.ts';
import type { Plan } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { readEvidence } from './evidence.ts';
import { type KnownBackup, readKnown } from './known.ts';
import { longestGapSeconds, nextOccurrence } from './occurrences.ts';

/** One class of backups: what was promised, what was last seen, what was last proven. */
export type CoverageRow = {
  backup: string;
  title: string;
  type: string;
  /** `gap` when something that the plan promises is not there or was never proven. */
  state: 'covered' | 'unproven' | 'gap';
  why: string[];
  checkedAt?: string;
  lossSeconds?: number | null;
  provenAt?: string;
  rpoSeconds?: number | null;
  rtoSeconds?: number | null;
  nextProof?: string;
};
export type Coverage = {
  system: string;
  at: string;
  rows: CoverageRow[];
  evidence: { entries: number; head: string | null; intact: boolean };
};

/** A check is daily; after two days nothing is known any more. */
const freshSeconds = 2 * 86_400;
/** A proof is older than it may be when the calendar has had another one by then. */
const proofSpare = 1.5;

/** What is covered, gaps first. Pure. */
function coverageOf(plan: Plan, known: ReadonlyMap<string, KnownBackup>, now: Date): CoverageRow[] {
  const rows = Object.entries(plan.backups).map(([id, backup]): CoverageRow => {
    const { check, proven, failed } = known.get(id) ?? {};
    const gaps: string[] = [];
    const unproven: string[] = [];
    if (!check) gaps.push('It was never checked');
    else if (now.getTime() - Date.parse(check.at) > freshSeconds * 1000)
      gaps.push(`The last check is ${ago(check.at, now)} old`);
    else gaps.push(...check.findings.map(({ what }) => what));
    if (failed && failed.at > (proven?.at ?? '')) gaps.push(`The last restore proved nothing: ${failed.why}`);
    const due = proofEverySeconds(plan, id, now);
    if (!backup.verify) unproven.push('Nothing proves it: the plan says no "verify"');
    else if (!proven) unproven.push('No restore has proven it yet');
    else if (due !== undefined && now.getTime() - Date.parse(proven.at) > due * proofSpare * 1000) {
      unproven.push(
        `The last proof is ${ago(proven.at, now)} old, and one is due every ${formatDuration(due)}`,
      );
    }
    return {
      backup: id,
      title: backup.title,
      type: backup.type,
      state: gaps.length > 0 ? 'gap' : unproven.length > 0 ? 'unproven' : 'covered',
      why: [...gaps, ...unproven],
      ...(check && { checkedAt: check.at, lossSeconds: check.lossSeconds }),
      ...(proven && { provenAt: proven.at, rpoSeconds: proven.rpoSeconds, rtoSeconds: proven.rtoSeconds }),
      ...nextProofOf(plan, id, now),
    };
  });
  const order = { gap: 0, unproven: 1, covered: 2 };
  return rows.sort((a, b) => order[a.state] - order[b.state]);
}

const ago = (at: string, now: Date) => formatDuration((now.getTime() - Date.parse(at)) / 1000);

function proofsOf(plan: Plan, id: string) {
  return Object.values(plan.calendar).filter(
    ({ does }) =>
      does.type === 'backups' && does.operation === 'verify' && (does.backups?.includes(id) ?? true),
  );
}

function proofEverySeconds(plan: Plan, id: string, now: Date): number | undefined {
  const gaps = proofsOf(plan, id).flatMap(({ schedule }) => longestGapSeconds(schedule, now.getTime()) ?? []);
  return gaps.length > 0 ? Math.min(...gaps) : undefined;
}

function nextProofOf(plan: Plan, id: string, now: Date): { nextProof?: string } {
  if (!plan.backups[id]?.verify) return {};
  const next = proofsOf(plan, id).flatMap(({ schedule }) => nextOccurrence(schedule, now.getTime()) ?? []);
  return next.length > 0 ? { nextProof: new Date(Math.min(...next)).toISOString() } : {};
}

export async function readCoverage(runtime: Pick<Runtime, 'store' | 'plan' | 'clock'>): Promise<Coverage> {
  const now = runtime.clock.now();
  const evidence = await readEvidence(runtime);
  const chain: Verification = verifyLedger(evidence);
  return {
    system: runtime.plan.system.id,
    at: now.toISOString(),
    rows: coverageOf(runtime.plan, await readKnown(runtime), now),
    evidence: { entries: evidence.length, head: evidence.at(-1)?.hash ?? null, intact: chain.ok },
  };
}
