import { type Model, type Shape, shapeOf } from './aws-model.ts';

/** What is wrong with a value by its shape: one line each, with the path to it. Empty when all is well. */
export function checkShape(model: Model, name: string, value: unknown, path: string): string[] {
  const shape = shapeOf(model, name);
  if (shape.type === 'structure') return checkStructure(model, shape, value, path);
  if (shape.type === 'list') {
    if (!Array.isArray(value)) return [`${path} is no list`];
    const member = shape.member?.shape ?? '';
    return [
      ...checkLength(shape, value.length, path),
      ...value.flatMap((item, n) => checkShape(model, member, item, `${path}[${n}]`)),
    ];
  }
  if (shape.type === 'map') {
    if (typeof value !== 'object' || value === null) return [`${path} is no map`];
    const inside = shape.value?.shape ?? '';
    return Object.entries(value).flatMap(([key, item]) => checkShape(model, inside, item, `${path}.${key}`));
  }
  return checkScalar(shape, value, path);
}

function checkStructure(model: Model, shape: Shape, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no structure`];
  const given = value as Record<string, unknown>;
  const members = shape.members ?? {};
  // In JSON a member may have another name than in the model.
  const wire = new Map(
    Object.entries(members).flatMap(([key, member]) => [
      [key, { key, member }] as const,
      ...(member.locationName ? [[member.locationName, { key, member }] as const] : []),
    ]),
  );
  const present = new Set(
    Object.keys(given).flatMap(key => (given[key] === undefined ? [] : [wire.get(key)?.key ?? key])),
  );
  return [
    ...(shape.required ?? []).filter(key => !present.has(key)).map(key => `${path}.${key} is missing`),
    ...Object.entries(given).flatMap(([key, item]) => {
      if (item === undefined) return [];
      const known = wire.get(key);
      return known
        ? checkShape(model, known.member.shape, item, `${path}.${key}`)
        : [`${path}.${key} is not in the model`];
    }),
  ];
}

function checkScalar(shape: Shape, value: unknown, path: string): string[] {
  const is = typeof value;
  switch (shape.type) {
    case 'boolean':
      return is === 'boolean' ? [] : [`${path} is no boolean: ${value}`];
    case 'integer':
    case 'long':
      return Number.isInteger(value)
        ? checkRange(shape, Number(value), path)
        : [`${path} is no integer: ${value}`];
    case 'double':
    case 'float':
      return is === 'number' && !Number.isNaN(value) ? [] : [`${path} is no number: ${value}`];
    case 'timestamp':
      return isTime(value) ? [] : [`${path} is no time: ${value}`];
    case 'string':
      return is === 'string' ? checkText(shape, String(value), path) : [`${path} is no text: ${value}`];
    default:
      return [];
  }
}

function isTime(value: unknown): boolean {
  if (typeof value === 'number') return value > 1e9 && value < 1e10;
  if (typeof value === 'object' && value !== null) return true;
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function checkText(shape: Shape, text: string, path: string): string[] {
  if (shape.enum && !shape.enum.includes(text)) return [`${path} is none of the model's words: ${text}`];
  const problems = checkLength(shape, text.length, path);
  if (shape.pattern === undefined || problems.length > 0) return problems;
  return matches(shape.pattern, text) ? [] : [`${path} is not of the form ${shape.pattern}: ${text}`];
}

/** Patterns are written for other engines; one that JavaScript can't read says nothing. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'us').test(text);
  } catch {
    return true;
  }
}

function checkLength(
  { min = 0, max = Number.POSITIVE_INFINITY }: Shape,
  length: number,
  path: string,
): string[] {
  return length < min || length > max ? [`${path} has a length of ${length}, not ${min} to ${max}`] : [];
}

function checkRange(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Shape,
  value: number,
  path: string,
): string[] {
  return value < min || value > max ? [`${path} is ${value}, not ${min} to ${max}`] : [];
}
