import { peopleFor } from '../../communication/people.ts';
import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { FollowUpPlan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { templateNames } from './named-parameters.ts';
import { unknownId } from './references.ts';

/** Who is to do or to hear something after an incident has to exist, and so has the template. */
export function checkFollowUps(context: CheckContext): Problem[] {
  const { plan } = context;
  return [
    ...ofSection(context, plan.followUps, ['followUps']),
    ...Object.entries(plan.scenarios).flatMap(([id, scenario]) =>
      ofSection(context, scenario.followUps, ['scenarios', id, 'followUps']),
    ),
  ];
}

function ofSection(
  context: CheckContext,
  followUps: Readonly<Record<string, FollowUpPlan>>,
  path: PropertyKeyPath,
): Problem[] {
  return Object.entries(followUps).flatMap(([id, followUp]) => checkOne(context, followUp, [...path, id]));
}

function checkOne(
  context: CheckContext,
  { owner, tell, template }: FollowUpPlan,
  path: PropertyKeyPath,
): Problem[] {
  const { plan } = context;
  const problems: Problem[] = [];
  if (owner !== undefined && peopleFor(plan, [owner]).length === 0) {
    const known = [...Object.keys(plan.people), ...Object.values(plan.people).flatMap(({ roles }) => roles)];
    problems.push(missing('person or role', owner, [...new Set(known)], [...path, 'owner']));
  }
  if (tell !== undefined) problems.push(...unknownId(context, 'audiences', tell, [...path, 'tell']));
  const templates = templateNames(plan);
  if (template !== undefined && !templates.includes(template) && !context.isWritten('templates', template)) {
    problems.push(missing('template', template, templates, [...path, 'template']));
  }
  return problems;
}

function missing(what: string, id: string, known: readonly string[], path: PropertyKeyPath): Problem {
  const near = nearest(id, known);
  return {
    rule: `unknown-${what.replaceAll(' ', '-')}`,
    severity: 'error',
    path,
    message: `There is no ${what} "${id}"`,
    mend: didYouMean(near, known, 'Declare it in the plan.'),
    near,
  };
}
