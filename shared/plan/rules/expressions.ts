import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { parseTemplate } from '../template.ts';
import type { Complaint } from './complaint.ts';
import { checkLookUp } from './look-ups.ts';
import { checkFailoverReference, checkStepReference } from './step-references.ts';
import { textsIn } from './texts.ts';

/** Expressions in step parameters have to be well formed and have a value when the step runs; none may be elsewhere. */
export function checkExpressions(context: CheckContext): Problem[] {
  return [
    ...context.scenarios.flatMap(view => view.steps.flatMap(placed => checkStep(context, view, placed))),
    ...defaults(context),
    ...misplaced(context),
  ];
}

/** The default of a scenario's parameter is filled in when the run begins: of the run and the outage something is known. */
function defaults({ plan }: CheckContext): Problem[] {
  return Object.entries(plan.scenarios).flatMap(([id, { parameters }]) =>
    Object.entries(parameters).flatMap(([name, { default: value }]) =>
      expressionProblems(String(value), ['scenarios', id, 'parameters', name, 'default'], ([root]) =>
        root === 'run' || root === 'incident'
          ? undefined
          : {
              message: 'a default knows the run and the incident only',
              mend: 'Use run or incident, such as ${incident.startedAt - 15m}.',
            },
      ),
    ),
  );
}

function checkStep(context: CheckContext, view: ScenarioView, placed: PlacedStep): Problem[] {
  return textsOfStep(placed).flatMap(({ text, path }) =>
    expressionProblems(text, path, names => {
      if (names[0] === 'steps') {
        return checkStepReference(context, view, placed, names, path.at(-2) === 'when');
      }
      if (names[0] === 'failover') return checkFailoverReference(context, view, names);
      if (names[0] === 'message') {
        return {
          message: 'only message templates know "message"',
          mend: 'Use run, incident, steps or parameters.',
        };
      }
      return checkLookUp(context, view.scenario, names);
    }),
  );
}

function textsOfStep({ step, path }: PlacedStep): ReturnType<typeof textsIn> {
  const condition = step.when ? textsIn(step.when.value, [...path, 'when', 'value']) : [];
  return [...textsIn(step.with, [...path, 'with']), ...condition];
}

/** Problems of one text: those of its grammar, and what `check` says about each of its paths. */
export function expressionProblems(
  text: string,
  path: PropertyKeyPath,
  check: (names: readonly string[], shifted: boolean) => Complaint | undefined,
): Problem[] {
  if (!text.includes('${')) return [];
  const parsed = parseTemplate(text);
  if (!parsed.ok) {
    return parsed.errors.map(({ offset, message, mend, near }) => ({
      rule: 'bad-expression',
      severity: 'error',
      path,
      find: text.slice(offset, offset + 40).split('\n')[0],
      message,
      mend: near === undefined ? mend : `Write "${near}", if that is what was meant.`,
      near,
    }));
  }
  return parsed.parts.flatMap((part): Problem[] => {
    if (!('expression' in part)) return [];
    const { text: written, path: names, shiftSeconds } = part.expression;
    const complaint = check(names, shiftSeconds !== undefined) ?? notATime(names, shiftSeconds);
    if (complaint === undefined) return [];
    const { rule = 'unknown-reference', severity = 'error', message, mend, near } = complaint;
    return [{ rule, severity, path, find: written, message: `${written}: ${message}`, mend, near }];
  });
}

/** Of the run's own fields it is known which ones are times. */
function notATime(names: readonly string[], shiftSeconds: number | undefined): Complaint | undefined {
  if (shiftSeconds === undefined || !['run', 'incident', 'regions', 'system'].includes(names[0] ?? ''))
    return undefined;
  if (names[1] === 'startedAt') return undefined;
  return {
    rule: 'not-a-time',
    message: 'a duration can be added to a time only',
    mend: 'Use ${run.startedAt} or ${incident.startedAt}, or leave out the duration.',
  };
}

/** Outside of steps, templates and documents nothing fills in an expression. */
function misplaced({ plan }: CheckContext): Problem[] {
  const { templates: _templates, documents: _documents, costs: _costs, ...rest } = plan;
  return textsIn(rest).flatMap(({ text, path }): Problem[] => {
    const inStep = path[0] === 'scenarios' && (path.includes('with') || path.at(-2) === 'when');
    const inDefault = path[0] === 'scenarios' && path[2] === 'parameters' && path.at(-1) === 'default';
    const at =
      inStep || inDefault || path.at(-1) === 'waived' ? -1 : text.replaceAll('$${', '   ').indexOf('${');
    if (at < 0) return [];
    return [
      {
        rule: 'expression-not-allowed',
        severity: 'error',
        path,
        find: text.slice(at, at + 20),
        message: 'An expression has no effect here',
        mend: 'Write the value itself; expressions are filled in below "with" and "when" of a step and in templates.',
      },
    ];
  });
}
