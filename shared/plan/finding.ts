import type { PropertyKeyPath } from './schema-walk.ts';

export type Severity = 'error' | 'warning';

/** Something wrong in a plan, before its place in the file is known. */
export type Problem = {
  /** Stable name, such as `unknown-key`; listed in docs and in waivers. */
  rule: string;
  severity: Severity;
  /** Keys and indexes from the top of the plan. */
  path: PropertyKeyPath;
  /** Points at the key instead of the value. */
  at?: 'key';
  /** Points at this text inside the value. */
  find?: string;
  /** What is wrong, as a sentence without its place. */
  message: string;
  /** How to mend it, as a sentence. */
  mend: string;
  /** The known key, value or id that was most likely meant. */
  near?: string;
};

/** A problem in its place. `line` and `col` start at 1. */
export type Finding = {
  rule: string;
  severity: Severity;
  file: string;
  line: number;
  col: number;
  message: string;
  mend: string;
  near?: string;
  /** The reason that the plan gives for living with a warning; waived findings are silent. */
  waived?: string;
};

/** `"restart" is not known` with what was meant; one sentence for all look-ups that fail. */
export function didYouMean(near: string | undefined, known: Iterable<string>, nothing: string): string {
  if (near !== undefined) return `Write "${near}", if that is what was meant.`;
  const names = [...known];
  if (names.length === 0) return nothing;
  const shown = names.slice(0, 15).join(', ');
  return `Use one of: ${shown}${names.length > 15 ? ` and ${names.length - 15} more` : ''}.`;
}
