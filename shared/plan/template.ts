import { parseDuration } from './duration.ts';
import { nearest } from './nearest.ts';

/**
 * Text with expressions in it. The grammar is closed; there is nothing to evaluate but a look-up and a shift in time:
 *
 *     expression = "${" path [ space ("+" | "-") space duration ] "}"
 *     path       = root { "." name }
 *     name       = letters, digits, "-" and "_"
 *
 * A sign needs a space on both sides, because names contain hyphens. `$${` stands for a literal `${`.
 */
export type Expression = {
  /** Root first, such as `['steps', 'restore', 'endpoint']`. */
  path: readonly string[];
  /** Added to the value, which must be a time then; undefined when the expression has no arithmetic. */
  shiftSeconds?: number;
  /** As written, braces included. */
  text: string;
  /** Where it starts in the text, in UTF-16 units. */
  offset: number;
};
export type TemplatePart = { literal: string } | { expression: Expression };
export type TemplateError = { offset: number; message: string; mend: string; near?: string };
export type ParsedTemplate = { ok: true; parts: TemplatePart[] } | { ok: false; errors: TemplateError[] };

/** Everything that an expression can start with. `message` exists in message templates only. */
const roots = [
  'run',
  'incident',
  'steps',
  'failover',
  'parameters',
  'components',
  'regions',
  'system',
  'message',
] as const;
export type Root = (typeof roots)[number];

const longestExpression = 200;
const namePattern = /^[A-Za-z0-9_-]+$/;
/** Names that JavaScript objects answer to although nobody declared them. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);

function isRoot(name: string): name is Root {
  return (roots as readonly string[]).includes(name);
}

/** Splits text into literals and expressions, or gives every error in it with its offset. Linear in the text. */
export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  const errors: TemplateError[] = [];
  let literal = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf('${', from);
    if (start === -1) break;
    if (start > 0 && text[start - 1] === '$' && start - 1 >= from) {
      literal += `${text.slice(from, start - 1)}\${`;
      from = start + 2;
      continue;
    }
    literal += text.slice(from, start);
    const end = text.indexOf('}', start);
    if (end === -1) {
      errors.push({
        offset: start,
        message: 'An expression starts with "${" and never ends',
        mend: 'Close it with "}", or write "$${" for the characters themselves.',
      });
      from = text.length;
      break;
    }
    const expression = parseExpression(text.slice(start, end + 1), start);
    if ('error' in expression) errors.push(expression.error);
    else {
      if (literal !== '') parts.push({ literal });
      literal = '';
      parts.push({ expression });
    }
    from = end + 1;
  }
  literal += text.slice(from);
  if (literal !== '') parts.push({ literal });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, parts };
}

function parseExpression(text: string, offset: number): Expression | { error: TemplateError } {
  const fail = (message: string, mend: string, near?: string) => ({ error: { offset, message, mend, near } });
  if (text.length > longestExpression) {
    return fail(
      `An expression is longer than ${longestExpression} characters`,
      'Look for a missing "}"; an expression is one path, such as ${steps.restore.endpoint}.',
    );
  }
  const words = text.slice(2, -1).trim().split(/\s+/);
  const [path = '', sign, amount] = words;
  if (path === '') return fail('An expression is empty', 'Write a path, such as ${run.id}.');
  if (words.length === 2 || words.length > 3 || (sign !== undefined && sign !== '+' && sign !== '-')) {
    return fail(
      `${text} is not an expression`,
      'Write ${path}, or ${path - 5m} and ${path + 1h} for times; nothing else is evaluated.',
    );
  }
  const names = path.split('.');
  const bad = names.find(name => !namePattern.test(name) || reserved.has(name));
  if (bad !== undefined) {
    return fail(
      `${text} has the name "${bad}" in it, which is not allowed`,
      'Names between dots consist of letters, digits, hyphens and underscores.',
    );
  }
  const root = names[0] ?? '';
  if (!isRoot(root)) {
    return fail(
      `${text} starts with "${root}", which nothing is called`,
      `Start with one of: ${roots.join(', ')}.`,
      nearest(root, roots),
    );
  }
  if (sign === undefined || amount === undefined) return { path: names, text, offset };
  const seconds = parseDuration(amount);
  if (seconds === undefined) {
    return fail(`"${amount}" in ${text} is not a duration`, 'Write 90s, 15m, 4h, 1h30m or 7d.');
  }
  return { path: names, shiftSeconds: sign === '-' ? -seconds : seconds, text, offset };
}

/** Makes text safe to be read as a template again: what looks like an expression in it stays as it is. */
export function escapeTemplate(text: string): string {
  // A function, since `$$` in a replacement text stands for a single `$`.
  return text.replaceAll('${', () => '$${');
}
