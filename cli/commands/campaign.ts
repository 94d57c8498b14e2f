import { checkPlan } from '../../shared/plan/check.ts';
import { runCampaign } from '../../simulator/campaign/campaign.ts';
import type { CampaignPlan, CampaignRun } from '../../simulator/campaign/one-run.ts';
import type { Io } from '../io.ts';
import { printFindings } from './validate.ts';

export type CampaignArguments = {
  plans: string[];
  runs?: string;
  seed?: string;
  jobs?: string;
  json: boolean;
};

/**
 * `lifeboat campaign`: many seeded rehearsals with random faults. With faults that pass by themselves a run must meet
 * its objectives; with the others it may end as it likes. Every safety rule must hold in all of them. Exit 1 lists the
 * runs in which that was not so, in the order of their seeds.
 */
export async function campaign(args: CampaignArguments, io: Io): Promise<number> {
  const runs = wholeNumber(args.runs, 100, 1);
  const seed = wholeNumber(args.seed, 1, 0);
  const jobs = wholeNumber(args.jobs, 1, 1);
  if (runs === undefined || seed === undefined || jobs === undefined || args.plans.length === 0) {
    io.err('lifeboat campaign PLAN… [--runs N] [--seed N] [--jobs N] [--json], with whole numbers.\n');
    return 2;
  }
  const plans = await readPlans(args.plans, io);
  if (!plans) return 2;
  if (!args.json) io.err(`Seeds ${seed} to ${seed + runs - 1}\n`);
  const failed: CampaignRun[] = [];
  const outcomes: Record<string, number> = {};
  for await (const run of runCampaign({ plans, seed, runs, jobs })) {
    outcomes[run.outcome] = (outcomes[run.outcome] ?? 0) + 1;
    if (run.problems.length === 0) continue;
    failed.push(run);
    if (!args.json) io.out(describe(run));
  }
  io.out(
    args.json ? `${JSON.stringify({ runs, seed, outcomes, failed })}\n` : summary(runs, outcomes, failed),
  );
  return failed.length > 0 ? 1 : 0;
}

async function readPlans(paths: readonly string[], io: Io): Promise<CampaignPlan[] | undefined> {
  const plans: CampaignPlan[] = [];
  for (const path of paths) {
    const { plan, findings } = await checkPlan(path);
    const errors = findings.filter(finding => finding.severity === 'error');
    if (!plan || errors.length > 0) {
      printFindings(errors, io);
      return undefined;
    }
    plans.push({ path, plan });
  }
  return plans;
}

function summary(
  runs: number,
  outcomes: Readonly<Record<string, number>>,
  failed: readonly CampaignRun[],
): string {
  const counted = Object.entries(outcomes).map(([name, count]) => `${count} ${name}`);
  const verdict = failed.length === 0 ? 'none went wrong' : `${failed.length} went wrong`;
  return `${runs} runs: ${counted.join(', ')}; ${verdict}\n`;
}

function describe(run: CampaignRun): string {
  const faults = run.faults.map(fault => ` --fault ${fault}`).join('');
  return `${run.outcome}: ${run.problems.join('; ')}\n  npx lifeboat rehearse ${run.plan} --scenario ${run.scenario} --mode ${run.mode} --seed ${run.seed}${faults}\n`;
}

function wholeNumber(text: string | undefined, otherwise: number, least: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined;
}
