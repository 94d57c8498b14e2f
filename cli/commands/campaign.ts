import { dirname } from 'node:path';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Report } from '../../shared/report/report.ts';
import { drawFaults } from '../../simulator/faults/draw.ts';
import { rehearse } from '../../simulator/rehearse.ts';
import { hashToUnit } from '../../simulator/world/world.ts';
import type { Io } from '../io.ts';
import { printFindings } from './validate.ts';

export type CampaignArguments = {
  plans: string[];
  runs?: string;
  seed?: string;
  jobs?: string;
  json: boolean;
};

type Run = {
  plan: string;
  scenario: string;
  mode: string;
  seed: number;
  faults: string[];
  outcome: string;
  problems: string[];
};

/**
 * `lifeboat campaign`: many seeded rehearsals with random faults. A run may end as it likes, recovered or refused or
 * aborted; what counts is that every invariant holds. Exit 1 lists the runs in which one did not.
 */
export async function campaign(args: CampaignArguments, io: Io): Promise<number> {
  const runs = wholeNumber(args.runs, 100);
  const seed = wholeNumber(args.seed, 1);
  if (runs === undefined || seed === undefined || args.plans.length === 0) {
    io.err('lifeboat campaign PLAN… [--runs N] [--seed N] [--jobs N] [--json], with whole numbers.\n');
    return 2;
  }
  const plans: { path: string; plan: Plan }[] = [];
  for (const path of args.plans) {
    const { plan, findings } = await checkPlan(path);
    const errors = findings.filter(finding => finding.severity === 'error');
    if (!plan || errors.length > 0) {
      printFindings(errors, io);
      return 2;
    }
    plans.push({ path, plan });
  }
  if (!args.json) io.err(`Seeds ${seed} to ${seed + runs - 1}\n`);
  const failed: Run[] = [];
  const outcomes: Record<string, number> = {};
  for (let index = 0; index < runs; index++) {
    const run = await one(plans, seed + index);
    outcomes[run.outcome] = (outcomes[run.outcome] ?? 0) + 1;
    if (run.problems.length > 0) {
      failed.push(run);
      if (!args.json) io.out(describe(run));
    }
  }
  if (args.json) io.out(`${JSON.stringify({ runs, seed, outcomes, failed })}\n`);
  else
    io.out(
      `${runs} runs: ${Object.entries(outcomes)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}; ${failed.length} broke an invariant\n`,
    );
  return failed.length > 0 ? 1 : 0;
}

/** Plan, scenario, mode and faults follow from the seed, so that a seed alone replays the run. */
async function one(plans: readonly { path: string; plan: Plan }[], seed: number): Promise<Run> {
  const pick = <T>(list: readonly T[], key: string): T =>
    list[Math.floor(hashToUnit(seed, `campaign/${key}`) * list.length)] as T;
  const { path, plan } = pick(plans, 'plan');
  const scenario = pick(Object.keys(plan.scenarios), 'scenario');
  const mode = pick(plan.scenarios[scenario]?.modes ?? ['recover' as const], 'mode');
  const faults = drawFaults(plan, seed);
  const run = { plan: path, scenario, mode, seed, faults };
  try {
    const result = await rehearse({
      plan,
      planDirectory: dirname(path),
      planPath: path,
      scenario,
      mode,
      seed,
      faults,
      parameters: {},
    });
    if (!result.ok) return { ...run, outcome: 'not run', problems: result.problems };
    return { ...run, outcome: result.report.outcome, problems: brokenRules(result.report) };
  } catch (error) {
    return { ...run, outcome: 'crashed', problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function brokenRules(report: Report): string[] {
  return (report.invariants ?? [])
    .filter(invariant => !invariant.held)
    .map(invariant => `${invariant.name}: ${(invariant.violations ?? []).join('; ')}`);
}

function describe(run: Run): string {
  const faults = run.faults.map(fault => ` --fault ${fault}`).join('');
  return `${run.outcome}: ${run.problems.join('; ')}\n  npx lifeboat rehearse ${run.plan} --scenario ${run.scenario} --mode ${run.mode} --seed ${run.seed}${faults}\n`;
}

function wholeNumber(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
