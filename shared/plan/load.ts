import { dialectOf } from '../sql/dialects/dialects.ts';
import type { Finding, Problem } from './finding.ts';
import { findMojibake } from './mojibake.ts';
import { type Plan, planSchema } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { type PlanSource, readSource } from './source.ts';
import type { TextProblem } from './yaml-problems.ts';
import { parseYaml, type YamlValue } from './yaml-value.ts';

export type { Finding } from './finding.ts';
export type { PlanSource } from './source.ts';

/** More would not be read; the last finding says that there are others. */
const mostFindings = 200;

export type LoadedPlan = {
  /** There if the file has no error; warnings leave it usable. */
  plan?: Plan;
  findings: Finding[];
};

/** What the cross-check and the waivers need besides the plan. */
export type ReadPlan = LoadedPlan & {
  /** As written, before defaults; undefined if the text is no YAML. */
  raw?: unknown;
  /** Puts a problem in its place in the file. */
  place(problem: Problem): Finding;
};

/**
 * Reads a plan: text, YAML, schema. All findings at once, in the order of the file; never throws for what a file
 * may contain. References between elements are checked by `checkPlan`, which starts with this.
 */
export async function loadPlan(source: PlanSource): Promise<LoadedPlan> {
  const { plan, findings } = await readPlan(source);
  return plan ? { plan, findings: inOrder(findings) } : { findings: inOrder(findings) };
}

export async function readPlan(source: PlanSource): Promise<ReadPlan> {
  const { file, text, problem } = await readSource(source);
  const nowhere = (each: Problem): Finding => toFinding(each, file, { line: 1, col: 1 });
  if (text === undefined || problem) {
    const {
      rule = 'unreadable-file',
      line = 1,
      message = 'The file is empty',
      mend = 'Check the path.',
    } = problem ?? {};
    return { findings: [{ rule, severity: 'error', file, line, col: 1, message, mend }], place: nowhere };
  }
  const yaml = parseYaml(text);
  const place = (each: Problem) => toFinding(each, file, yaml.locate(each.path, each.at, each.find));
  const fromText = [...yaml.problems, ...findMojibake(text)].map(each => textFinding(each, file, yaml));
  if (yaml.broken) return { findings: fromText, place };
  const parsed = parsePlan(yaml.value);
  // What the text itself made unreadable, such as an alias to nothing, is not told again by the schema.
  const told = new Set(fromText.map(({ line, col }) => `${line}:${col}`));
  const fromSchema = parsed.problems.map(place).filter(({ line, col }) => !told.has(`${line}:${col}`));
  const findings = [...fromText, ...fromSchema];
  const ok = findings.every(finding => finding.severity !== 'error');
  return { plan: ok ? parsed.plan : undefined, findings, raw: yaml.value, place };
}

function parsePlan(value: unknown): { plan?: Plan; problems: Problem[] } {
  if (value === null || value === undefined)
    return { problems: [notAPlan('The file is empty', 'empty-file')] };
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { problems: [notAPlan('This is not a plan: a plan is a group of keys', 'not-a-plan')] };
  }
  const result = planSchema.safeParse(value);
  if (!result.success) return { problems: schemaProblems(planSchema, value, result.error.issues) };
  return { plan: withUsualPorts(withComponentIds(result.data), value), problems: [] };
}

function notAPlan(message: string, rule: string): Problem {
  const mend = 'Start with "lifeboat: 1" and "system:"; plans/liquid-abt/plan.yml is an example.';
  return { rule, severity: 'error', path: [], message, mend };
}

/** Every component carries its own key, so that a step that has the component knows its name. */
export function withComponentIds(plan: Plan): Plan {
  const components = Object.fromEntries(
    Object.entries(plan.components).map(([id, component]) => [id, { ...component, id }]),
  );
  return { ...plan, components };
}

/** A database without a port listens where its engine usually does. `written` is the plan as it stands in the file. */
function withUsualPorts(plan: Plan, written: object): Plan {
  const given = ('components' in written ? written.components : {}) as Record<string, object>;
  const components = Object.fromEntries(
    Object.entries(plan.components).map(([id, component]) => {
      const says = 'port' in (given[id] ?? {}) || !('port' in component) || !('engine' in component);
      const port = says ? undefined : dialectOf(component.engine)?.port;
      return [id, port === undefined ? component : { ...component, port }];
    }),
  );
  return { ...plan, components } as Plan;
}

function toFinding(problem: Problem, file: string, { line, col }: { line: number; col: number }): Finding {
  const { rule, severity, message, mend, near } = problem;
  return { rule, severity, file, line, col, message: asSentence(message), mend, ...(near && { near }) };
}

function textFinding(problem: TextProblem, file: string, yaml: YamlValue): Finding {
  const { rule, message, mend, offset, severity = 'error' } = problem;
  return { rule, severity, file, ...yaml.placeOf(offset), message, mend };
}

/** Sorted by place, each once, and not more than anybody reads. */
export function inOrder(findings: Finding[]): Finding[] {
  const sorted = findings.toSorted((a, b) => a.line - b.line || a.col - b.col || (a.rule < b.rule ? -1 : 1));
  const last = sorted[mostFindings];
  if (last === undefined) return sorted;
  const severity = sorted.slice(mostFindings).some(each => each.severity === 'error') ? 'error' : 'warning';
  const message = `There are ${sorted.length - mostFindings} more findings from here on`;
  const more: Finding = {
    ...last,
    rule: 'too-many-findings',
    severity,
    message,
    mend: 'Mend those above first.',
  };
  return [...sorted.slice(0, mostFindings), more];
}

/** Names keep their case: `rds.restore has no …`. */
function asSentence(text: string): string {
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
