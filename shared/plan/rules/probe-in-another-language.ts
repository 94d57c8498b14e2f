import { dialectOf } from '../../sql/dialects/dialects.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { askedBy, engineOf } from './engine-not-spoken.ts';
import { componentsOf } from './step-facts.ts';

type Language = 'PostgreSQL' | 'MySQL';

/** Words that only one of them knows; nothing here is all that differs, only what is seen at once. */
const onlyIn: Record<Language, RegExp> = {
  PostgreSQL: /\bon\s+conflict\b|\w\s*::\s*[a-z]|\bpg_\w+\s*\(|\bnextval\s*\(|\bcurrent_setting\s*\(/i,
  MySQL:
    /\bon\s+duplicate\s+key\b|^\s*replace\s+into\b|\binsert\s+ignore\b|`|\bunix_timestamp\s*\(|\butc_timestamp\b|@@\w/i,
};

export const probeInAnotherLanguage: LintRule = {
  id: 'probe-in-another-language',
  severity: 'error',
  reason:
    'A database takes a statement in its own words only, so the step fails, in the middle of the outage.',
  check: context => [...ofComponents(context), ...ofSteps(context)],
};

function ofComponents(context: CheckContext): Problem[] {
  return Object.entries(context.plan.components).flatMap(([id, component]) =>
    'writeProbe' in component && typeof component.writeProbe === 'string'
      ? judge(context, id, component.writeProbe, ['components', id, 'writeProbe'], `The probe of "${id}"`)
      : [],
  );
}

function ofSteps(context: CheckContext): Problem[] {
  return context.scenarios.flatMap(({ steps }) =>
    steps.flatMap(placed => {
      const { step, path } = placed;
      if (!step.do.startsWith('sql.')) return [];
      const asked = askedBy(context, placed);
      const database = componentsOf(context, placed).find(({ parameter }) => parameter === asked)?.id;
      if (database === undefined) return [];
      return textsOf(step.with).flatMap(({ text, at }) =>
        judge(
          context,
          database,
          text,
          [...path, 'with', ...at],
          `The step "${step.id}" asks "${database}" and`,
        ),
      );
    }),
  );
}

function textsOf(given: Record<string, unknown>): { text: string; at: PropertyKeyPath }[] {
  const one = ['query', 'doneWhen', 'statement'].map(key => ({ text: given[key], at: [key] }));
  const list = Array.isArray(given.statements) ? given.statements : [];
  const many = list.map((text, index) => ({ text, at: ['statements', index] }));
  return [...one, ...many].flatMap(({ text, at }) => (typeof text === 'string' ? [{ text, at }] : []));
}

function judge(
  context: CheckContext,
  id: string,
  text: string,
  path: PropertyKeyPath,
  who: string,
): Problem[] {
  const engine = engineOf(context, id) ?? 'postgres';
  const own = dialectOf(engine)?.name;
  const other = own === 'PostgreSQL' ? 'MySQL' : 'PostgreSQL';
  const word = own && onlyIn[other].exec(withoutTexts(text))?.[0].trim();
  if (!word) return [];
  return [
    {
      rule: probeInAnotherLanguage.id,
      severity: 'error',
      path,
      message: `${who} speaks ${other} ("${word}"), and the database runs ${engine}`,
      mend:
        own === 'MySQL'
          ? 'Write it for MySQL, such as INSERT INTO heartbeat (id, at) VALUES (1, NOW()) ON DUPLICATE KEY UPDATE at = NOW().'
          : 'Write it for PostgreSQL, such as INSERT INTO heartbeat (id, at) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = now().',
    },
  ];
}

/** Nothing that stands in a string means anything. */
const withoutTexts = (text: string) => text.replaceAll(/'(?:[^']|'')*'/g, "''");
