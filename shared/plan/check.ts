import { listKinds, loadActions } from '../actions/load-actions.ts';
import { stepsOf } from '../runbook/phases.ts';
import { crossCheck, lintRules } from './cross-check.ts';
import type { Finding, Problem } from './finding.ts';
import type { CheckContext } from './lint-rule.ts';
import { inOrder, type LoadedPlan, type PlanSource, type ReadPlan, readPlan } from './load.ts';
import { salvage } from './salvage.ts';
import { type Plan, planSchema } from './schema.ts';
import { childOf, knownKeys, valueAt } from './schema-walk.ts';

/** More than this are not put in their places; only the first 200 are shown anyway. */
const mostProblems = 2000;

/**
 * Reads a plan and checks all of it: text, YAML, schema, references between elements, and what the lint rules say.
 * `plan` is there if nothing is an error. Never throws for what a file may contain; loads the actions that the plan
 * uses from their files.
 */
export async function checkPlan(source: PlanSource): Promise<LoadedPlan> {
  const read = await readPlan(source);
  const whole = read.plan ?? salvage(read.raw);
  const found = whole ? await findProblems(whole, read) : [];
  const findings = inOrder([...read.findings, ...found]);
  const ok = findings.every(finding => finding.severity !== 'error');
  return ok && read.plan ? { plan: read.plan, findings } : { findings };
}

async function findProblems(plan: Plan, read: ReadPlan): Promise<Finding[]> {
  const kinds = listKinds();
  const used = Object.values(plan.scenarios).flatMap(({ phases }) =>
    phases.flatMap(({ steps }) => stepsOf(steps).map(step => step.do)),
  );
  const actions = await loadActions(used.filter(kind => kinds.includes(kind)));
  const isWritten: CheckContext['isWritten'] = (section, id) => {
    const entries = childOf(read.raw, section);
    // Of a needed section that is missing or no group of keys nothing can be said; that has a finding of its own.
    const optional = section === 'signals' || section === 'templates' || section === 'tiers';
    if (typeof entries !== 'object' || entries === null) return !(optional && entries === undefined);
    return childOf(entries, id) !== undefined || childOf(plan[section], id) !== undefined;
  };
  const lacksPartOf: CheckContext['lacksPartOf'] = section =>
    Object.keys(childOf(read.raw, section) ?? {}).some(id => childOf(plan[section], id) === undefined);
  const partial = read.plan === undefined;
  const problems = crossCheck({ plan, kinds, actions, isWritten, lacksPartOf, partial });
  return problems.slice(0, mostProblems).map(problem => {
    const waived = problem.severity === 'warning' ? waiverOf(read.raw, problem) : undefined;
    return { ...read.place(problem), ...(waived !== undefined && { waived }) };
  });
}

const ruleIds = new Set(lintRules.map(({ id }) => id));

/**
 * The reason that the element which a warning is about gives for living with it. A reason that begins with the id of a
 * rule, as in `no-failback: …`, is for that rule only.
 */
function waiverOf(raw: unknown, { path, rule }: Problem): string | undefined {
  for (let depth = path.length; depth >= 1; depth--) {
    const element = path.slice(0, depth);
    if (!knownKeys(planSchema, raw, element).includes('waived')) continue;
    const reason = childOf(valueAt(raw, element), 'waived');
    if (typeof reason !== 'string') return undefined;
    const [, named = rule] = /^([a-z][a-z0-9-]*): /.exec(reason) ?? [];
    return ruleIds.has(named) && named !== rule ? undefined : reason;
  }
  return undefined;
}
