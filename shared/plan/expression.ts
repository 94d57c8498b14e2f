import { InvalidInputError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Plan } from './schema.ts';
import { type Expression, escapeTemplate, parseTemplate, type TemplatePart } from './template.ts';

export { type Expression, escapeTemplate, type ParsedTemplate, parseTemplate } from './template.ts';

/** Values by root: `{ run: {…}, incident: {…}, steps: { <id>: { <output>: … } }, parameters: {…} }`. */
export type Scope = JsonObject;

const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The value of a text with expressions. Text that is exactly one expression takes the value as it is (an array stays
 * an array); otherwise values are spliced in, lists joined by commas. Times are shifted as ISO-8601 UTC.
 * Throws InvalidInputError for a syntax error, a path without a value, or a shift of something that is no time.
 */
export function evaluate(template: string, scope: Scope): Json {
  const parts = partsOf(template);
  const [first] = parts;
  if (parts.length === 1 && first && 'expression' in first) return lookUp(first.expression, scope);
  return parts
    .map(part => ('literal' in part ? part.literal : asText(part.expression, lookUp(part.expression, scope))))
    .join('');
}

/** Evaluates every text in a value. Keys are left alone. */
export function resolveJson(value: Json, scope: Scope): Json {
  return mapText(value, text => evaluate(text, scope));
}

/** Paths that a value refers to, such as `steps.restore.endpoint`, each once, in the order of their appearance. */
export function referencesOf(value: Json): string[] {
  const found = new Set<string>();
  mapText(value, text => {
    const parsed = parseTemplate(text);
    for (const part of parsed.ok ? parsed.parts : []) {
      if ('expression' in part) found.add(part.expression.path.join('.'));
    }
    return text;
  });
  return [...found];
}

/** Whether a text has an expression in it, or something that was meant to be one. */
export function hasExpression(text: string): boolean {
  if (!text.includes('${')) return false;
  const parsed = parseTemplate(text);
  return !parsed.ok || parsed.parts.some(part => 'expression' in part);
}

/**
 * Fills in what is known before a run: components, regions and the system's name. All other expressions are left for
 * the run, and the result is a template still. Throws InvalidInputError for a path that the plan does not have.
 */
export function resolveStatic(value: Json, plan: Pick<Plan, 'components' | 'regions' | 'system'>): Json {
  // Copying all components is most of the work, and few values have an expression in them.
  let scope: Scope | undefined;
  return mapText(value, text => {
    if (!text.includes('${')) return text;
    scope ??= staticScope(plan);
    return fillStatic(text, scope);
  });
}

function staticScope({
  components,
  regions,
  system,
}: Pick<Plan, 'components' | 'regions' | 'system'>): Scope {
  const { primary, recovery } = regions;
  const { id, title } = system;
  return {
    components: JSON.parse(JSON.stringify(components)) as Json,
    regions: { primary, recovery },
    system: { id, title },
  };
}

function fillStatic(text: string, scope: Scope): Json {
  const parts = partsOf(text);
  const isStatic = (part: TemplatePart): part is { expression: Expression } =>
    'expression' in part && Object.hasOwn(scope, part.expression.path[0] ?? '');
  if (!parts.some(isStatic)) return text;
  const [first] = parts;
  if (parts.length === 1 && first && isStatic(first)) {
    return mapText(lookUp(first.expression, scope), escapeTemplate);
  }
  return parts
    .map(part => {
      if ('literal' in part) return escapeTemplate(part.literal);
      const { expression } = part;
      return isStatic(part) ? escapeTemplate(asText(expression, lookUp(expression, scope))) : expression.text;
    })
    .join('');
}

function partsOf(template: string): TemplatePart[] {
  const parsed = parseTemplate(template);
  if (parsed.ok) return parsed.parts.length > 0 ? parsed.parts : [{ literal: '' }];
  throw new InvalidInputError(parsed.errors.map(error => error.message).join('; '), {
    nextStep: parsed.errors.map(error => error.mend).join(' '),
  });
}

function lookUp(expression: Expression, scope: Scope): Json {
  let value: Json = scope;
  for (const [depth, name] of expression.path.entries()) {
    const inner: Json | undefined = child(value, name);
    if (inner === undefined) throw unresolved(expression, depth, value);
    value = inner;
  }
  return expression.shiftSeconds === undefined
    ? value
    : shiftTime(expression, value, expression.shiftSeconds);
}

/** A field of an object or an item of a list; only what the value itself has. */
function child(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(name) ? value[Number(name)] : undefined;
  return value[name];
}

function unresolved(expression: Expression, depth: number, parent: Json): InvalidInputError {
  const where = expression.path.slice(0, depth).join('.') || 'an expression';
  const names = typeof parent === 'object' && parent !== null ? Object.keys(parent).slice(0, 30) : [];
  return new InvalidInputError(`${expression.text} has no value: "${expression.path[depth]}" is missing`, {
    nextStep:
      names.length > 0
        ? `${where} can go on with: ${names.join(', ')}.`
        : `${where} has nothing in it; the step that gives it may not have run or may have been skipped.`,
  });
}

function shiftTime(expression: Expression, value: Json, shiftSeconds: number): string {
  const ms = typeof value === 'string' && isoTime.test(value) ? Date.parse(value) : Number.NaN;
  const shifted = new Date(ms + shiftSeconds * 1000);
  if (Number.isNaN(shifted.getTime())) {
    throw new InvalidInputError(`${expression.text} adds a duration to something that is not a time`, {
      nextStep: 'Times are ISO-8601, such as 2026-03-10T16:42:00Z; use the path without + or -.',
    });
  }
  return shifted.toISOString();
}

function asText(expression: Expression, value: Json): string {
  if (Array.isArray(value)) return value.map(item => asText(expression, item)).join(', ');
  if (typeof value === 'object' && value !== null) {
    throw new InvalidInputError(`${expression.text} is a group of values, which can't be put into text`, {
      nextStep: `Name one of its fields: ${Object.keys(value).slice(0, 30).join(', ')}.`,
    });
  }
  return String(value);
}

function mapText(value: Json, change: (text: string) => Json): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map(item => mapText(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapText(item, change)]));
}
