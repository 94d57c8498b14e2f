import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import { nearest } from '../../shared/plan/nearest.ts';
import { drawGraph, type GraphFormat, graphFormats } from '../../state-machines/graph.ts';
import type { Io } from '../io.ts';
import { printFindings } from './validate.ts';

export type GraphArguments = { plan: string; scenario: string; format: string };

/** `lifeboat graph`: a scenario's runbook on standard output. Exit 0, or 2 for a plan or an option that can't be used. */
export async function graph({ plan: file, scenario, format }: GraphArguments, io: Io): Promise<number> {
  if (file === '')
    return refuse(io, 'Name a plan: lifeboat graph plans/liquid-abt/plan.yml --scenario region-failure');
  if (!isFormat(format)) {
    return refuse(io, `There is no format "${format}". ${suggest(format, graphFormats)}`);
  }
  const { plan, findings } = await checkPlan(file);
  if (!plan) {
    printFindings(
      findings.filter(finding => finding.severity === 'error'),
      io,
    );
    return refuse(io, `${file} has errors, so it is not drawn.`);
  }
  const known = Object.keys(plan.scenarios);
  if (!Object.hasOwn(plan.scenarios, scenario)) {
    const problem = scenario === '' ? 'Which scenario?' : `The plan has no scenario "${scenario}".`;
    return refuse(io, `${problem} ${suggest(scenario, known)}`);
  }
  io.out(drawGraph(plan, scenario, await loadActions(listKinds()), format));
  return 0;
}

function refuse(io: Io, problem: string): number {
  io.err(`${problem}\n`);
  return 2;
}

function isFormat(text: string): text is GraphFormat {
  return (graphFormats as readonly string[]).includes(text);
}

function suggest(given: string, known: readonly string[]): string {
  const near = given === '' ? undefined : nearest(given, known);
  return `${near ? `Did you mean "${near}"? ` : ''}It has: ${known.join(', ')}.`;
}
