import type * as z from 'zod';
import { didYouMean, type Problem } from './finding.ts';
import { nearest } from './nearest.ts';
import { authored, bestOption, childOf, knownKeys, schemasAt, valueAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;
type Path = (string | number)[];
/** More unknown keys in one group than anybody reads; looking for what each was meant to be takes time. */
const mostKeys = 250;

type Source = { schema: z.core.$ZodType; root: unknown; title: string };

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
      return [wrongFormat(path, value, issue.message)];
    case 'too_small':
    case 'too_big':
      return [outOfRange(source, path, issue)];
    default:
      return [custom(path, issue.message)];
  }
}

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
    return [value === undefined ? missing(source, path, options) : unknownValue(path, value, options)];
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

function missing(source: Source, path: Path, options: string[] = []): Problem {
  const key = String(path.at(-1) ?? 'plan');
  return {
    rule: 'missing-key',
    severity: 'error',
    path,
    message: `${nameOf(source, path.slice(0, -1))} has no "${key}"`,
    mend: options.length > 0 ? `Add "${key}": one of ${options.join(', ')}.` : `Add "${key}".`,
  };
}

function unknownValue(path: Path, value: unknown, options: string[]): Problem {
  const near = typeof value === 'string' ? nearest(value, options) : undefined;
  const shown = typeof value === 'string' ? `"${shorten(value)}"` : kindOf(value);
  return {
    rule: 'unknown-value',
    severity: 'error',
    path,
    message: `${shown} is not a value that "${keyOf(path)}" can have`,
    mend: didYouMean(near, options, 'Remove it.'),
    near,
  };
}

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

function wrongType(source: Source, path: Path, expected: string, value: unknown): Problem {
  const wanted = expected
    .split(' or ')
    .map(name => typeNames[name] ?? name)
    .join(', or ');
  return {
    rule: 'wrong-type',
    severity: 'error',
    path,
    message: `${nameOf(source, path)} must be ${wanted}, and is ${kindOf(value)}`,
    mend: mendType(expected, value),
  };
}

function mendType(expected: string, value: unknown): string {
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  if (expected === 'string' && scalar) return `Put it in quotes: "${value}".`;
  if (expected === 'array') return 'Write a list: one line for each item, each starting with "- ".';
  if (expected === 'object' || expected === 'record')
    return 'Write keys below it, each on its own indented line.';
  if (value === null) return 'Write a value after the colon, or remove the key.';
  return 'Change the value.';
}

function badId(path: Path, why: string): Problem {
  const key = String(path.at(-1) ?? '');
  const near = key
    .slice(0, 80)
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+|-+$/g, '')
    .slice(0, 40);
  return {
    rule: 'bad-id',
    severity: 'error',
    path,
    at: 'key',
    message: `"${shorten(key)}" can't be an id; it must be ${why}`,
    mend: near === '' || near === key ? 'Choose another id.' : `Write "${near}".`,
    near: near === '' || near === key ? undefined : near,
  };
}

function wrongFormat(path: Path, value: unknown, message: string): Problem {
  const secret = /reference/.test(message);
  const shown = secret ? 'The value' : `"${shorten(String(value))}"`;
  return {
    rule: secret ? 'secret-in-plan' : 'wrong-format',
    severity: 'error',
    path,
    message: `${shown} of "${keyOf(path)}" must be ${message}`,
    mend: secret
      ? 'Put the value into Secrets Manager or Parameter Store, and write secret:NAME#key or ssm:/path here.'
      : 'Change the value.',
  };
}

function outOfRange(
  source: Source,
  path: Path,
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
): Problem {
  const units: Record<string, string> = { string: 'characters', array: 'items', number: '', int: '' };
  const bound = 'minimum' in issue ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  const exclusive = issue.inclusive === false ? ' (not itself)' : '';
  const unit = units[issue.origin] ? ` ${units[issue.origin]}` : '';
  return {
    rule: 'out-of-range',
    severity: 'error',
    path,
    message: `${nameOf(source, path)} must have ${bound}${exclusive}${unit}`,
    mend: issue.message.startsWith('Too ') ? 'Change the value.' : `Write ${issue.message}.`,
  };
}

function custom(path: Path, message: string): Problem {
  const duration = /is not a duration/.test(message);
  return {
    rule: duration ? 'bad-duration' : 'wrong-value',
    severity: 'error',
    path,
    message: duration ? (message.split(';')[0] ?? message) : message,
    mend: duration ? 'Write 90s, 15m, 4h, 1h30m or 7d.' : 'Change the value.',
  };
}

/** `"scenarios.region-failure.phases[2]"`, or the title of the whole. */
function nameOf({ title }: Source, path: Path): string {
  if (path.length === 0) return title;
  const names = path.map((key, i) =>
    typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${shorten(key)}`,
  );
  return `"${names.join('')}"`;
}

/** The key that a value is written under, also for an item of a list. */
function keyOf(path: Path): string {
  return String(path.findLast(key => typeof key === 'string') ?? 'plan');
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value === 'string') return `the text "${shorten(value)}"`;
  return `${value}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
