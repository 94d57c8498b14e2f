import { type Document, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { PropertyKeyPath } from './schema-walk.ts';
import {
  textProblem as problem,
  syntaxProblems,
  type TextProblem,
  tagProblem,
  tooDeep,
} from './yaml-problems.ts';
import { YamlReader } from './yaml-reader.ts';

export type Place = { line: number; col: number };

export type YamlValue = {
  value: unknown;
  problems: TextProblem[];
  /** Whether the text is no YAML at all, so that `value` says nothing about what the author meant. */
  broken: boolean;
  /** Where the value at a path is, or its nearest parent; its key with `at`; `find` inside it. */
  locate(path: PropertyKeyPath, at?: 'key', find?: string): Place;
  placeOf(offset: number): Place;
};

/** Parses YAML 1.2 into plain values and remembers where each came from. Never throws. */
export function parseYaml(text: string): YamlValue {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return { line: Math.max(1, line), col: Math.max(1, col) };
  };
  const reader = new YamlReader(text);
  const nothing = (problems: TextProblem[]): YamlValue => ({
    value: undefined,
    problems,
    broken: true,
    locate: () => ({ line: 1, col: 1 }),
    placeOf,
  });
  // Duplicate keys are looked for in the reader: the library compares each key with all others.
  const document = parse(text, lines);
  if (document === undefined) return nothing([tooDeep(0)]);
  if (document.errors.length > 0) return nothing(syntaxProblems(document.errors));
  const version = document.directives?.yaml;
  if (version?.explicit && version.version !== '1.2') {
    return nothing([
      problem(
        'yaml-version',
        0,
        `YAML ${version.version} reads some words differently`,
        'Remove the %YAML line.',
      ),
    ]);
  }
  for (const warning of document.warnings) reader.problems.push(tagProblem(warning));
  const value = reader.read(document.contents, 0);
  const locate = (path: PropertyKeyPath, at?: 'key', find?: string) => {
    const span = reader.spanAt(value, path);
    if (at === 'key' && span.key >= 0) return placeOf(span.key);
    const inside = find === undefined ? -1 : text.slice(span.start, span.end).indexOf(find);
    return placeOf(inside >= 0 ? span.start + inside : span.start);
  };
  return { value, problems: reader.problems, broken: false, locate, placeOf };
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed<ParsedNode> | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      uniqueKeys: false,
      prettyErrors: false,
      merge: false,
      version: '1.2',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
