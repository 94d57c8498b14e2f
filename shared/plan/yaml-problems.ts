import type { YAMLError } from 'yaml';

/** Limits that no real plan comes near; they keep a hostile or broken file from costing time. */
export const limits = { bytes: 1_000_000, depth: 40, values: 50_000, aliases: 100, syntaxErrors: 20 };

/** A problem at an offset in the text. */
export type TextProblem = {
  rule: string;
  offset: number;
  message: string;
  mend: string;
  severity?: 'warning';
};

export function textProblem(rule: string, offset: number, message: string, mend: string): TextProblem {
  return { rule, offset, message, mend };
}

export function tooDeep(offset: number): TextProblem {
  return textProblem(
    'nested-too-deeply',
    offset,
    `Values are nested more than ${limits.depth} deep`,
    'Look for a bracket or an indentation too many.',
  );
}

export function tagProblem(warning: YAMLError): TextProblem {
  return textProblem(
    'custom-tag',
    warning.pos[0],
    'A tag (a word that starts with "!") is not allowed',
    'Remove the tag, or put the text in quotes.',
  );
}

/**
 * What the YAML parser says, in words for the author of a plan: its first error, since others mostly follow from it,
 * and those that stand for themselves.
 */
export function syntaxProblems(errors: readonly YAMLError[]): TextProblem[] {
  const own = new Set(['TAB_AS_INDENT', 'MULTIPLE_DOCS', 'BAD_ALIAS']);
  return errors
    .filter((error, index) => index === 0 || own.has(error.code))
    .slice(0, limits.syntaxErrors)
    .map(syntaxProblem);
}

function syntaxProblem(error: YAMLError): TextProblem {
  const [offset] = error.pos;
  const message = error.message.split('\n')[0] ?? '';
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return textProblem(
        'tab-indent',
        offset,
        'A tab is used for indentation',
        'Use two spaces for each level.',
      );
    case 'RESOURCE_EXHAUSTION':
      return tooDeep(offset);
    case 'MULTIPLE_DOCS':
      return textProblem(
        'several-documents',
        offset,
        'A second document starts here',
        'Keep one plan in a file: remove the "---".',
      );
    case 'BAD_ALIAS':
      return textProblem('bad-alias', offset, message, 'Write the value itself.');
    case 'TAG_RESOLVE_FAILED':
      return tagProblem(error);
    default:
      return textProblem('not-yaml', offset, `This is not YAML: ${message}`, mendSyntax(error.code));
  }
}

function mendSyntax(code: string): string {
  const mends: Record<string, string> = {
    BAD_INDENT: 'Give all keys of one group the same indentation.',
    BLOCK_AS_IMPLICIT_KEY: 'Put text that has ": " in it in quotes, and start nested keys on their own line.',
    MULTILINE_IMPLICIT_KEY: 'Put a ":" after the key, and text of several lines in quotes or after "|".',
    MISSING_CHAR: 'Close what was opened: a quote, a bracket or a brace; a key needs a ":" after it.',
    BAD_SCALAR_START: 'Put text that starts with a special character in quotes.',
    BAD_DQ_ESCAPE: 'Use single quotes for text with backslashes.',
    UNEXPECTED_TOKEN: 'Look at this line and the one before for a quote, bracket or colon too many.',
  };
  return mends[code] ?? 'Look at this line and the one before it.';
}
