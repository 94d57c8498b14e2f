import * as z from 'zod';
import type { Action } from '../../shared/actions/contract.ts';
import { formatDuration } from '../../shared/plan/duration.ts';

export type ParameterRow = { name: string; type: string; needed: string; description: string };

/** The part of a JSON Schema that a table of parameters shows. */
export type Shape = {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  items?: Shape | boolean;
  anyOf?: Shape[];
  oneOf?: Shape[];
  additionalProperties?: Shape | boolean;
  properties?: Record<string, Shape>;
  required?: string[];
  default?: unknown;
  description?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
};

/** What a step may write under `with`, from the schema that the step executor parses it with. */
export function parameterRows(action: Action): ParameterRow[] {
  const schema = z.toJSONSchema(action.parameters, { io: 'input', unrepresentable: 'any' }) as Shape;
  return fieldRows(schema).map(row => ({ ...row, type: componentTypes(action, row.name) ?? row.type }));
}

/** What may be written in a group of keys, by its JSON Schema. */
export function fieldRows(schema: Shape): ParameterRow[] {
  const needed = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, shape]) => ({
    name,
    type: typeOf(shape),
    needed: needed.has(name) ? 'yes' : defaultOf(shape),
    description: isDuration(shape) ? '' : (shape.description ?? ''),
  }));
}

function componentTypes(action: Action, name: string): string | undefined {
  const types = action.components[name];
  if (types === undefined) return undefined;
  const list = typeof types === 'string' ? [types] : types;
  return `id of a component: ${list.map(type => `\`${type}\``).join(' or ')}`;
}

/** durationSchema is the only one whose examples are durations. */
function isDuration(shape: Shape): boolean {
  return shape.description?.startsWith('A duration:') === true;
}

export function typeOf(shape: Shape): string {
  if (isDuration(shape)) return 'duration';
  const options = shape.anyOf ?? shape.oneOf;
  if (options) return [...new Set(options.map(typeOf))].join(' or ');
  if (shape.enum) return shape.enum.map(value => `\`${String(value)}\``).join(' or ');
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.type === 'array')
    return `list of ${typeof shape.items === 'object' ? typeOf(shape.items) : 'values'}`;
  if (shape.type === 'object') return objectType(shape);
  const base = shape.format === 'date-time' ? 'time, ISO-8601' : String(shape.type ?? 'any value');
  return `${base}${range(shape)}`;
}

function objectType({ properties, additionalProperties }: Shape): string {
  if (properties) {
    return `group of ${Object.entries(properties)
      .map(([name, inner]) => `\`${name}\` (${typeOf(inner)})`)
      .join(', ')}`;
  }
  return `group of names, each with ${typeof additionalProperties === 'object' ? `a ${typeOf(additionalProperties)}` : 'a value'}`;
}

/** Bounds that a person chose; those of a safe integer say nothing. */
function range({ minimum, maximum, exclusiveMinimum }: Shape): string {
  const parts = [
    ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? [] : [`at most ${maximum}`]),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

function defaultOf(shape: Shape): string {
  if (shape.default === undefined) return 'no';
  const value = shape.default;
  if (isDuration(shape) && typeof value === 'number') return `no; ${formatDuration(value)}`;
  return `no; \`${JSON.stringify(value)}\``;
}
