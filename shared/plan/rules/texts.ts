import type { Plan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';

/** A text of the plan with its place. */
export type PlacedText = { text: string; path: PropertyKeyPath };

/** Every text in a value, keys not included, in the order of the file. */
export function textsIn(value: unknown, path: PropertyKeyPath = []): PlacedText[] {
  const found: PlacedText[] = [];
  const visit = (inner: unknown, at: PropertyKeyPath): void => {
    if (typeof inner === 'string') found.push({ text: inner, path: at });
    else if (Array.isArray(inner)) for (const [index, item] of inner.entries()) visit(item, [...at, index]);
    else if (typeof inner === 'object' && inner !== null) {
      for (const [key, item] of Object.entries(inner)) visit(item, [...at, key]);
    }
  };
  visit(value, path);
  return found;
}

/** Texts that something is done with, in contrast to `documents`, which are only read. */
export function workingTexts(plan: Plan): PlacedText[] {
  const { documents: _documents, costs: _costs, ...working } = plan;
  return textsIn(working).filter(({ path }) => {
    const key = path.at(-2);
    return path.at(-1) !== 'waived' && key !== 'implements';
  });
}
