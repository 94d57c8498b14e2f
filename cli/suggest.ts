import { nearest } from '../shared/plan/nearest.ts';

/** `Did you mean "x"? It has: x, y.` for a name that is not among those that are known. */
export function suggest(given: string, known: readonly string[], intro = 'It has'): string {
  const near = given === '' ? undefined : nearest(given, known);
  return `${near ? `Did you mean "${near}"? ` : ''}${intro}: ${known.join(', ') || 'none'}.`;
}
