import type * as z from 'zod';
import { didYouMean, type Problem } from './finding.ts';
import { nearest } from './nearest.ts';
import { authored, bestOption, childOf, knownKeys, likelyWords, schemasAt, valueAt } from './schema-walk.ts';
import {
  badId,
  custom,
  missing,
  nameOf,
  outOfRange,
  type Path,
  type Source,
  shorten,
  unknownValue,
  wrongFormat,
  wrongType,
} from './value-problems.ts';

type Issue = z.core.$ZodIssue;
/** More unknown keys in one group than anybody reads; looking for what each was meant to be takes time. */
const mostKeys = 250;

/**
 * What a schema found wrong with a value, in the words of a person who wrote the value by hand. `title` is what the
 * value as a whole is called; paths start at it.
 */
export function schemaProblems(
  schema: z.core.$ZodType,
  root: unknown,
  issues: readonly Issue[],
  title = 'the plan',
): Problem[] {
  const problems = issues.flatMap(issue => explain({ schema, root, title }, issue, pathOf(issue)));
  return withoutConsequences(problems);
}

/** A mistyped key is also a missing one, and may leave its group incomplete; it is told once. */
function withoutConsequences(problems: Problem[]): Problem[] {
  const explained = new Set<string>();
  for (const { rule, path, near } of problems) {
    if (rule !== 'unknown-key' || near === undefined) continue;
    const group = path.slice(0, -1);
    explained.add(`missing-key ${JSON.stringify([...group, near])}`);
    explained.add(`wrong-value ${JSON.stringify(group)}`);
  }
  return problems.filter(({ rule, path }) => !explained.has(`${rule} ${JSON.stringify(path)}`));
}

function pathOf(issue: Issue): Path {
  return issue.path.map(key => (typeof key === 'number' ? key : String(key)));
}

function explain(source: Source, issue: Issue, path: Path): Problem[] {
  const value = valueAt(source.root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, mostKeys).map(key => unknownKey(source, path, key));
    case 'invalid_union':
      return explainUnion(source, issue, path, value);
    case 'invalid_value':
      return [
        value === undefined ? missing(source, path) : unknownValue(path, value, issue.values.map(String)),
      ];
    case 'invalid_type':
      return [value === undefined ? missing(source, path) : wrongType(source, path, issue.expected, value)];
    case 'invalid_key':
      return [badId(path, issue.issues.map(inner => inner.message).join('; '))];
    case 'invalid_format':
      return [wrongFormat(path, value, formatWords[issue.format] ?? issue.message)];
    case 'too_small':
    case 'too_big':
      return [outOfRange(source, path, issue)];
    default:
      return [custom(path, issue.message)];
  }
}

/** Formats for which a schema need not find words of its own, as they stand behind "must be". */
const formatWords: Record<string, string | undefined> = {
  datetime: 'a time, such as ${incident.startedAt - 5m} or 2026-03-10T16:42:00Z',
  email: 'an e-mail address',
  url: 'an address, such as https://status.example.com',
};

function unknownKey(source: Source, path: Path, key: string): Problem {
  const known = knownKeys(source.schema, source.root, path);
  const present = valueAt(source.root, path);
  const free = known.filter(name => childOf(present, name) === undefined);
  const near = nearest(key, free) ?? nearest(key, known);
  return {
    rule: 'unknown-key',
    severity: 'error',
    path: [...path, key],
    at: 'key',
    message: `"${shorten(key)}" is not a key that ${nameOf(source, path)} can have`,
    mend: didYouMean(near, known, 'Remove it.'),
    near,
  };
}

function explainUnion(
  source: Source,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  value: unknown,
): Problem[] {
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    const likely = likelyWords(source.schema, source.root, path.slice(0, -1), String(path.at(-1)));
    return [
      value === undefined
        ? missing(source, path, options, likely)
        : unknownValue(path, value, options, likely),
    ];
  }
  if (typeof value !== 'object' || value === null) {
    const expected = issue.errors
      .flat()
      .flatMap(inner => ('expected' in inner ? [String(inner.expected)] : []));
    return [
      value === undefined
        ? missing(source, path)
        : wrongType(source, path, [...new Set(expected)].join(' or '), value),
    ];
  }
  const [union] = schemasAt(source.schema, source.root, path.slice(0, -1)).flatMap(parent => {
    const { def } = authored(parent)._zod;
    const element = def.type === 'array' ? authored(def.element)._zod.def : undefined;
    return element?.type === 'union' ? [element] : [];
  });
  const errors = issue.errors[union ? bestOption(union.options, value) : 0] ?? [];
  return errors.flatMap(inner => explain(source, inner, [...path, ...pathOf(inner)]));
}
