import * as z from 'zod';
import { nearest } from './nearest.ts';

export type PropertyKeyPath = readonly (string | number)[];
type Schema = z.core.$ZodType;

/** The schema under optionals, defaults, transforms and the like: what the author of a file writes. */
export function authored(schema: Schema): z.core.$ZodTypes {
  let current = schema as z.core.$ZodTypes;
  for (let depth = 0; depth < 20; depth++) {
    const { def } = current._zod;
    switch (def.type) {
      case 'optional':
      case 'nullable':
      case 'default':
      case 'prefault':
      case 'nonoptional':
      case 'readonly':
      case 'catch':
        current = def.innerType as z.core.$ZodTypes;
        break;
      case 'pipe':
        current = def.in as z.core.$ZodTypes;
        break;
      default:
        return current;
    }
  }
  return current;
}

/** The schemas that may apply to the value at a path; several below a union that can't be told apart. */
export function schemasAt(schema: Schema, root: unknown, path: PropertyKeyPath): Schema[] {
  let schemas = optionsFor(schema, root);
  let value = root;
  for (const key of path) {
    const inner = childOf(value, key);
    schemas = schemas.flatMap(each => childSchema(each, key)).flatMap(each => optionsFor(each, inner));
    value = inner;
  }
  return schemas;
}

/** Keys that an object may have at a path, by its schema; empty where any key or none is allowed. */
export function knownKeys(schema: Schema, root: unknown, path: PropertyKeyPath): string[] {
  const keys = schemasAt(schema, root, path).flatMap(each => {
    const { def } = authored(each)._zod;
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

/** What a key that is left out wants: its description, else its words where only some may stand there. */
export function wantedAt(schema: Schema, root: unknown, path: PropertyKeyPath): string | undefined {
  const key = path.at(-1);
  if (key === undefined) return undefined;
  for (const child of schemasAt(schema, root, path.slice(0, -1)).flatMap(each => childSchema(each, key))) {
    const inner = authored(child);
    const said = [child, inner].flatMap(
      each => z.globalRegistry.get(each as z.ZodType)?.description ?? [],
    )[0];
    if (said !== undefined) return said;
    if (inner._zod.def.type === 'enum') return `one of ${Object.values(inner._zod.def.entries).join(', ')}`;
  }
  return undefined;
}

export function childOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}

export function valueAt(root: unknown, path: PropertyKeyPath): unknown {
  return path.reduce<unknown>(childOf, root);
}

function childSchema(schema: Schema, key: string | number): Schema[] {
  const { def } = authored(schema)._zod;
  if (def.type === 'object') {
    const child = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
    return child ? [child] : [];
  }
  if (def.type === 'record') return [def.valueType];
  if (def.type === 'array') return [def.element];
  return [];
}

/** For a union, the options that the value can be meant as; otherwise the schema itself. */
function optionsFor(schema: Schema, value: unknown): Schema[] {
  const inner = authored(schema);
  const { def } = inner._zod;
  if (def.type !== 'union') return [inner];
  if ('discriminator' in def && typeof def.discriminator === 'string') {
    const wanted = childOf(value, def.discriminator);
    const match = def.options.filter(option => literals(option, String(def.discriminator)).includes(wanted));
    return match.length > 0 ? match : [...def.options];
  }
  const best = def.options[bestOption(def.options, value)];
  return best ? [best] : [];
}

function literals(option: Schema, key: string): unknown[] {
  const { def } = authored(option)._zod;
  const inner = def.type === 'object' ? def.shape[key] : undefined;
  const innerDef = inner ? authored(inner)._zod.def : undefined;
  return innerDef?.type === 'literal' ? innerDef.values : [];
}

/** Index of the option that shares most keys with the value, mistyped ones counting half; the first one of equals. */
export function bestOption(options: readonly Schema[], value: unknown): number {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value).slice(0, 50) : [];
  const scores = options.map(option => {
    const { def } = authored(option)._zod;
    const known = def.type === 'object' ? Object.keys(def.shape) : [];
    return keys.reduce((sum, key) => {
      if (known.includes(key)) return sum + 1;
      return nearest(key, known) === undefined ? sum : sum + 0.5;
    }, 0);
  });
  return Math.max(0, scores.indexOf(Math.max(...scores)));
}

/**
 * Words that may stand at `key`, of the options that a group of keys looks like when the key itself says nothing: those
 * that lack the fewest of its keys, at most three. Empty when nothing tells.
 */
export function likelyWords(schema: Schema, root: unknown, group: PropertyKeyPath, key: string): string[] {
  const value = valueAt(root, group);
  const keys =
    typeof value === 'object' && value !== null ? Object.keys(value).filter(each => each !== key) : [];
  const options = schemasAt(schema, root, group).flatMap(option => {
    const { def } = authored(option)._zod;
    const [word] = literals(option, key);
    if (def.type !== 'object' || typeof word !== 'string') return [];
    const needed = Object.keys(def.shape).filter(
      each => each !== key && def.shape[each] && !z.safeParse(def.shape[each], undefined).success,
    );
    const known = keys.filter(each => Object.hasOwn(def.shape, each));
    const misfits = keys.length - known.length + needed.filter(each => !keys.includes(each)).length;
    return [{ word, misfits, fits: known.length }];
  });
  const least = Math.min(...options.map(({ misfits }) => misfits));
  const best = options.filter(({ misfits, fits }) => misfits === least && fits > misfits && fits > 1);
  return best.length > 3 ? [] : best.map(({ word }) => word);
}
