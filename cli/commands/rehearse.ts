import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { checkPlan } from '../../shared/plan/check.ts';
import { nearest } from '../../shared/plan/nearest.ts';
import { isSuccess } from '../../shared/report/verdict.ts';
import { writeReport } from '../../shared/report/write.ts';
import { type Mode, modes } from '../../shared/runbook/contract.ts';
import { rehearse } from '../../simulator/rehearse.ts';
import type { Io } from '../io.ts';
import { readParameters } from '../parameters.ts';
import { createProgress } from '../progress.ts';
import { reportText } from '../report-text.ts';
import { printFindings } from './validate.ts';

export type RehearseArguments = {
  plan: string[];
  scenario?: string;
  mode?: string;
  seed?: string;
  faults: string[];
  set: string[];
  json: boolean;
  out?: string;
};

/** `lifeboat rehearse`: one simulated run with live progress and a report. Exit 0, 1 or 2 as the interface says. */
export async function rehearseCommand(args: RehearseArguments, io: Io): Promise<number> {
  const request = await readRequest(args, io);
  if (!request) return 2;
  const started = performance.now();
  const progress = args.json ? undefined : createProgress(request.plan, io);
  const result = await rehearse({ ...request, onEntry: progress?.entry });
  progress?.end();
  if (!result.ok) {
    io.err(`${result.problems.join('\n')}\n`);
    return 2;
  }
  for (const fault of result.faultsWithoutEffect) {
    io.err(
      `The fault "${fault}" had no effect in this run: nothing that it hits was used, or not often enough.\n`,
    );
  }
  const report = result.report;
  report.wallMs = Math.round(performance.now() - started);
  const directory = resolve(
    args.out ?? join('reports', `${report.system}-${report.scenario}-${report.mode}-${report.seed}`),
  );
  report.report = await writeReport(report, directory);
  const shown = { ...report, report: fromHere(report.report) };
  io.out(args.json ? `${JSON.stringify(report)}\n` : reportText(shown, io));
  return isSuccess(report) ? 0 : 1;
}

/** A path below the working folder as a person would type it; any other one whole. */
function fromHere(path: string): string {
  const here = relative(process.cwd(), path);
  return here.startsWith('..') || isAbsolute(here) ? path : here;
}

async function readRequest(args: RehearseArguments, io: Io) {
  const [file, ...others] = args.plan;
  if (file === undefined || others.length > 0) {
    io.err(
      'rehearse takes one plan: lifeboat rehearse plans/liquid-abt/plan.yml --scenario region-failure\n',
    );
    return undefined;
  }
  const { plan, findings } = await checkPlan(file);
  const errors = findings.filter(finding => finding.severity === 'error');
  if (!plan || errors.length > 0) {
    printFindings(errors, io);
    io.err(`\n${basename(file)} has errors, so it is not rehearsed.\n`);
    return undefined;
  }
  const scenario = args.scenario ?? '';
  const known = Object.keys(plan.scenarios);
  if (!Object.hasOwn(plan.scenarios, scenario)) {
    const near = nearest(scenario, known);
    io.err(
      `${scenario ? `The plan has no scenario "${scenario}".` : 'Which scenario?'}${near ? ` Did you mean "${near}"?` : ''} It has: ${known.join(', ')}.\n`,
    );
    return undefined;
  }
  const seed = Number(args.seed ?? 1);
  if (!/^\d+$/.test(args.seed ?? '1') || !Number.isSafeInteger(seed)) {
    io.err(`The seed "${args.seed}" is not a whole number of 0 or more.\n`);
    return undefined;
  }
  const mode = args.mode ?? plan.scenarios[scenario]?.modes[0] ?? 'recover';
  if (!plan.scenarios[scenario]?.modes.includes(mode as Mode)) {
    const has = plan.scenarios[scenario]?.modes.join(', ');
    io.err(
      `The scenario "${scenario}" has no mode "${mode}". It has: ${has}. (All modes: ${modes.join(', ')}.)\n`,
    );
    return undefined;
  }
  const read = readParameters(args.set);
  if ('problem' in read) {
    io.err(`${read.problem}\n`);
    return undefined;
  }
  return {
    plan,
    planDirectory: dirname(file),
    planPath: file,
    scenario,
    mode: mode as Mode,
    seed,
    faults: args.faults,
    parameters: read.parameters,
  };
}
