import type * as z from 'zod';
import { didYouMean, type Problem } from './finding.ts';
import { nearest } from './nearest.ts';
import { wantedAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;
export type Path = (string | number)[];
/** A value that was checked; `title` is what the whole of it is called. */
export type Source = { schema: z.core.$ZodType; root: unknown; title: string };

export function missing(
  source: Source,
  path: Path,
  options: string[] = [],
  likely: readonly string[] = [],
): Problem {
  const key = String(path.at(-1) ?? 'plan');
  const wanted = options.length > 0 ? oneOfMany(options, likely) : wantedAt(source.schema, source.root, path);
  return {
    rule: 'missing-key',
    severity: 'error',
    path,
    message: `${nameOf(source, path.slice(0, -1))} has no "${key}"`,
    mend: wanted === undefined ? `Add "${key}".` : `Add "${key}": ${inSentence(wanted)}.`,
  };
}

/** With more words than this nobody reads a list of them; the page that has them all says what each is. */
const mostWords = 15;

function oneOfMany(options: readonly string[], likely: readonly string[]): string {
  if (likely.length > 0) return `${likely.join(' or ')}, which its other keys belong to`;
  if (options.length <= mostWords) return `one of ${options.join(', ')}`;
  return `such as ${spread(options).join(', ')}; docs/reference/plan.md lists all ${options.length}`;
}

/** One of each family, by the first word of its name. */
function spread(options: readonly string[]): string[] {
  const families = new Map(options.toReversed().map(word => [word.split('-', 1)[0], word]));
  return options.filter(word => families.get(word.split('-', 1)[0]) === word).slice(0, 10);
}

/** A description as it stands inside a sentence; what begins with an abbreviation, such as ARN, stays. */
function inSentence(text: string): string {
  return text.replace(/^(An?|[A-Z][a-z]+)(?= )/, word => word.toLowerCase()).replace(/\.$/, '');
}

export function unknownValue(
  path: Path,
  value: unknown,
  options: string[],
  likely: readonly string[] = [],
): Problem {
  const near = typeof value === 'string' ? nearest(value, options) : undefined;
  const shown = typeof value === 'string' ? `"${shorten(value)}"` : kindOf(value);
  return {
    rule: 'unknown-value',
    severity: 'error',
    path,
    message: `${shown} is not a value that "${keyOf(path)}" can have`,
    mend:
      near === undefined && options.length > mostWords
        ? `Write ${oneOfMany(options, likely)}.`
        : didYouMean(near, options, 'Remove it.'),
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

/** Keys whose values are durations, of which a bare number is the usual slip. */
const timed = /^(timeout|within|every|after|due|missing|sustained|coolDown|retention|period|rto|rpo)$/;

export function wrongType(source: Source, path: Path, expected: string, value: unknown): Problem {
  if (expected === 'string' && typeof value === 'number' && timed.test(keyOf(path))) {
    return {
      rule: 'bad-duration',
      severity: 'error',
      path,
      message: `${value} is not a duration: it has no unit`,
      mend: `Write ${value}s for seconds, ${value}m for minutes, ${value}h for hours or ${value}d for days.`,
    };
  }
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
  if (expected === 'number' || expected === 'int') return 'Write digits, without quotes or a unit.';
  if (expected === 'boolean') return 'Write true or false, without quotes.';
  if (expected === 'string' && Array.isArray(value)) return 'Write one text instead of the list.';
  if (value === null) return 'Write a value after the colon, or remove the key.';
  return 'Change the value.';
}

export function badId(path: Path, why: string): Problem {
  const key = String(path.at(-1) ?? '');
  const near = asId(key);
  return {
    rule: 'bad-id',
    severity: 'error',
    path,
    at: 'key',
    message: `"${shorten(key)}" can't be an id; it must be ${why}`,
    mend: near === undefined ? 'Choose another id.' : `Write "${near}".`,
    near,
  };
}

/** What a text is as lower-case words joined by hyphens; undefined where nothing is left, or nothing changes. */
function asId(text: string): string | undefined {
  const near = text
    .slice(0, 80)
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return near === '' || near === text ? undefined : near;
}

export function wrongFormat(path: Path, value: unknown, message: string): Problem {
  const secret = /reference/.test(message);
  const near = /joined by hyphens/.test(message) ? asId(String(value)) : undefined;
  const shown = secret ? 'The value' : `"${shorten(String(value))}"`;
  return {
    rule: secret ? 'secret-in-plan' : 'wrong-format',
    severity: 'error',
    path,
    message: `${shown} of "${keyOf(path)}" must be ${message}`,
    mend: secret
      ? 'Put the value into Secrets Manager or Parameter Store, and write secret:NAME#key or ssm:/path here.'
      : near
        ? `Write "${near}".`
        : `Write ${message}.`,
    near,
  };
}

export function outOfRange(
  source: Source,
  path: Path,
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
): Problem {
  const units: Record<string, string> = { string: 'characters', array: 'items', number: '', int: '' };
  const bound = 'minimum' in issue ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  const exclusive = issue.inclusive === false ? ' (not itself)' : '';
  const unit = units[issue.origin] ? ` ${units[issue.origin]}` : '';
  const verb = unit === '' ? 'be' : 'have';
  return {
    rule: 'out-of-range',
    severity: 'error',
    path,
    message: `${nameOf(source, path)} must ${verb} ${bound}${exclusive}${unit}`,
    mend: mendRange(issue, bound, unit),
  };
}

function mendRange(issue: { message: string; code: string }, bound: string, unit: string): string {
  if (!issue.message.startsWith('Too ')) return `Write ${issue.message}.`;
  if (unit === '') return `Write a number that is ${bound}.`;
  return issue.code === 'too_small' ? `Write ${bound}${unit}.` : `Leave some out: ${bound}${unit}.`;
}

export function custom(path: Path, message: string): Problem {
  const duration = /is not a duration/.test(message);
  return {
    rule: duration ? 'bad-duration' : 'wrong-value',
    severity: 'error',
    path,
    message: duration ? (message.split(';')[0] ?? message) : message,
    mend: mendCustom(message, duration),
  };
}

function mendCustom(message: string, duration: boolean): string {
  if (duration) return 'Write 90s, 15m, 4h, 1h30m or 7d.';
  // A crontab has five fields and no year; EventBridge Scheduler has six, and wants a ? for one kind of day.
  const crontab = /^"(\S+) (\S+) (\S+) (\S+) (\S+)" is no schedule/.exec(message);
  if (!crontab) return 'Change the value.';
  const [, minute, hour, day, month, weekday] = crontab;
  const days = weekday === '*' ? `${day} ${month} ?` : `${day === '*' ? '?' : day} ${month} ${weekday}`;
  const numbers = /\d/.test(weekday ?? '') ? '; in it Sunday is 1, where a crontab has 0' : '';
  return `Write cron(${minute} ${hour} ${days} *)${numbers}.`;
}

/** `"scenarios.region-failure.phases[2]"`, or the title of the whole. */
export function nameOf({ title }: Source, path: Path): string {
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

export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
