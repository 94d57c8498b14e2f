import { messageFields } from '../../communication/message-fields.ts';
import { defaultTemplateNames } from '../../communication/templates.ts';
import type { Json } from '../../json.ts';
import { hasExpression } from '../expression.ts';
import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext, Section } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';

type What = 'audience' | 'template' | 'person' | 'person or role' | 'backup';

/** Parameters that name people, audiences, templates or backups; to an action they are just text. */
const named: Record<string, Record<string, What>> = {
  'notify.send': { audience: 'audience', template: 'template' },
  'people.assign': { person: 'person' },
  'people.approval': { from: 'person or role' },
  'people.task': { owner: 'person or role' },
  'backup.create': { backup: 'backup' },
  'backup.check': { backup: 'backup' },
  'backup.verify': { backup: 'backup' },
  'backup.restore-files': { backup: 'backup' },
};

export function checkNamedParameters(
  context: CheckContext,
  view: ScenarioView,
  { step, path }: PlacedStep,
): Problem[] {
  const parameters = Object.hasOwn(named, step.do) ? named[step.do] : undefined;
  return Object.entries(parameters ?? {}).flatMap(([name, what]) =>
    namesIn(step.with[name], [...path, 'with', name]).flatMap(({ id, at }) => {
      const known = knownNames(context.plan, view, what);
      if (known.includes(id) || context.isWritten(sections[what], id)) return [];
      const near = nearest(id, known);
      const rule = `unknown-${what.replaceAll(' ', '-')}`;
      const mend = didYouMean(near, known, 'Declare it in the plan.');
      return [
        {
          rule,
          severity: 'error' as const,
          path: at,
          message: `There is no ${what} "${id.slice(0, 60)}"`,
          mend,
          near,
        },
      ];
    }),
  );
}

function namesIn(value: Json | undefined, at: PropertyKeyPath): { id: string; at: PropertyKeyPath }[] {
  if (typeof value === 'string') return hasExpression(value) ? [] : [{ id: value, at }];
  return Array.isArray(value) ? value.flatMap((item, index) => namesIn(item, [...at, index])) : [];
}

function knownNames(plan: Plan, view: ScenarioView, what: What): string[] {
  switch (what) {
    case 'audience':
      return Object.keys(plan.audiences);
    case 'template':
      return templateNames(plan);
    case 'person':
      return Object.keys(plan.people);
    case 'backup':
      return Object.keys(plan.backups);
    case 'person or role':
      return [...Object.keys(plan.people), ...roles(plan, view)];
  }
}

const sections: Record<What, Section> = {
  audience: 'audiences',
  template: 'templates',
  person: 'people',
  backup: 'backups',
  'person or role': 'people',
};

/** Roles that people have, or get by a people.assign of the scenario. */
function roles(plan: Plan, view: ScenarioView): string[] {
  const assigned = view.steps.flatMap(({ step }) =>
    step.do === 'people.assign' && typeof step.with.role === 'string' ? [step.with.role] : [],
  );
  return [...new Set([...Object.values(plan.people).flatMap(person => person.roles), ...assigned])];
}

/** Built-in templates and the plan's own; `update-customer` is also the `update` of customers. */
export function templateNames(plan: Plan): string[] {
  const own = Object.keys(plan.templates);
  const levels = /-(?:technical|executive|customer|partner|regulator)$/;
  return [...new Set([...own, ...own.map(name => name.replace(levels, '')), ...defaultTemplateNames])];
}

/** Fields that a template may use: Lifeboat's, and those that steps which send it bring along. */
export function fieldsOfTemplate(context: CheckContext, template: string): string[] {
  const own = context.scenarios.flatMap(view =>
    view.steps.flatMap(({ step }) => {
      const { template: name, fields } = step.with;
      const sends =
        step.do === 'notify.send' &&
        typeof name === 'string' &&
        (template === name || template.startsWith(`${name}-`));
      return sends && typeof fields === 'object' && fields !== null ? Object.keys(fields) : [];
    }),
  );
  return [...new Set([...Object.keys(messageFields), ...own])];
}
