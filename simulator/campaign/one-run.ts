import { dirname } from 'node:path';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Report } from '../../shared/report/report.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import { drawFaults, type Used } from '../faults/draw.ts';
import { passes } from '../faults/faults.ts';
import { rehearse } from '../rehearse.ts';
import { hashToUnit } from '../world/world.ts';

/** A plan and the path that it was read from. */
export type CampaignPlan = { path: string; plan: Plan };

export type CampaignRun = {
  plan: string;
  scenario: string;
  mode: string;
  seed: number;
  faults: string[];
  /** Outcome of the report; `not run` and `crashed` are mistakes of Lifeboat itself. */
  outcome: string;
  /** What must never be: broken rules, and an outage that passing faults kept from being recovered. */
  problems: string[];
};

/** One run of a campaign. Plan, scenario, mode and faults follow from the seed, so that a seed alone replays it. */
export async function runSeed(plans: readonly CampaignPlan[], seed: number): Promise<CampaignRun> {
  const pick = <T>(list: readonly T[], key: string): T =>
    list[Math.floor(hashToUnit(seed, `campaign/${key}`) * list.length)] as T;
  const { path, plan } = pick(plans, 'plan');
  const scenario = pick(Object.keys(plan.scenarios), 'scenario');
  const mode: Mode = pick(plan.scenarios[scenario]?.modes ?? ['recover'], 'mode');
  const run = { plan: path, scenario, mode, seed, faults: [] as string[] };
  try {
    run.faults = drawFaults(plan, seed, await usedBy({ path, plan }, scenario, mode));
    const { faults } = run;
    const request = { plan, planDirectory: dirname(path), planPath: path, parameters: {} };
    const result = await rehearse({ ...request, scenario, mode, seed, faults });
    if (!result.ok) return { ...run, outcome: 'not run', problems: result.problems };
    return { ...run, outcome: result.report.outcome, problems: problemsOf(result.report, faults) };
  } catch (error) {
    return { ...run, outcome: 'crashed', problems: [error instanceof Error ? error.message : String(error)] };
  }
}

const clean = new WeakMap<Plan, Map<string, Promise<Used>>>();

/** What a run without faults uses, with a seed of its own so that every campaign draws from the same; kept. */
export function usedBy({ path, plan }: CampaignPlan, scenario: string, mode: Mode): Promise<Used> {
  const known = clean.get(plan) ?? new Map<string, Promise<Used>>();
  clean.set(plan, known);
  const key = `${scenario}/${mode}`;
  const used = known.get(key) ?? look({ path, plan }, scenario, mode);
  known.set(key, used);
  return used;
}

async function look({ path, plan }: CampaignPlan, scenario: string, mode: Mode): Promise<Used> {
  const request = { plan, planDirectory: dirname(path), planPath: path, parameters: {}, faults: [] };
  const result = await rehearse({ ...request, scenario, mode, seed: 1 });
  if (!result.ok) throw new Error(result.problems.join('; '));
  return { calls: Object.keys(result.report.awsCalls ?? {}).sort(), handlers: result.handlers };
}

function problemsOf(report: Report, faults: readonly string[]): string[] {
  const broken = (report.invariants ?? [])
    .filter(invariant => !invariant.held)
    .map(invariant => `${invariant.name}: ${(invariant.violations ?? []).join('; ')}`);
  if (isSuccess(report) || !faults.every(passes)) return broken;
  const why = report.detail.problems[0]?.what ?? 'an objective was missed';
  const failed =
    faults.length === 0
      ? 'it was no success although there was no fault'
      : 'faults that pass by themselves kept it from success';
  return [...broken, `${failed}: ${why}`];
}
