import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { PropertyKeyPath } from './schema-walk.ts';
import { limits, textProblem as problem, type TextProblem, tooDeep } from './yaml-problems.ts';

/** Where a value and its key are in the text; `key` is -1 for an item of a list. */
type Span = { key: number; start: number; end: number };
type Container = Record<string, unknown> | unknown[];

/** Turns nodes into values: one pass, each node once (and again for each alias). */
export class YamlReader {
  readonly problems: TextProblem[] = [];
  readonly #spans = new WeakMap<Container, Map<string, Span>>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  readonly #text: string;
  #values = 0;
  #aliases = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(node: unknown, depth: number): unknown {
    this.#values += 1;
    if (this.#values > limits.values) {
      if (this.#values === limits.values + 1) {
        this.#add(
          'too-large',
          node,
          `The plan has more than ${limits.values} values`,
          'Split the system into several.',
        );
      }
      return null;
    }
    if (isAlias(node)) return this.#alias(node.source, node, depth);
    if (isScalar(node)) {
      this.#anchor(node);
      this.#cutOff(node);
      return node.value;
    }
    if (!isMap(node) && !isSeq(node)) return null;
    if (depth >= limits.depth) {
      this.problems.push(tooDeep(node.range?.[0] ?? 0));
      return null;
    }
    this.#anchor(node);
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node, depth) : this.#list(node.items, depth);
    this.#open.delete(node);
    return value;
  }

  /** The span of the value at a path; of the nearest parent when there is no such value. */
  spanAt(root: unknown, path: PropertyKeyPath): Span {
    let span: Span = { key: -1, start: 0, end: 0 };
    let value = root;
    for (const key of path) {
      const inner = isContainer(value) ? this.#spans.get(value)?.get(String(key)) : undefined;
      if (inner === undefined) return { ...span, start: span.key >= 0 ? span.key : span.start };
      span = inner;
      value = isContainer(value) && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    }
    return span;
  }

  #map(node: YAMLMap, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const spans = new Map<string, Span>();
    this.#spans.set(result, spans);
    for (const pair of node.items) {
      const key = this.#key(pair);
      if (key === undefined) continue;
      if (spans.has(key)) {
        this.#add(
          'duplicate-key',
          pair.key,
          `"${key}" is written twice in the same place`,
          'Keep one of the two.',
        );
        continue;
      }
      spans.set(key, this.#span(pair.key, pair.value));
      result[key] = this.read(pair.value, depth + 1);
    }
    return result;
  }

  #list(items: readonly unknown[], depth: number): unknown[] {
    const spans = new Map<string, Span>();
    const result = items.map((item, index) => {
      spans.set(String(index), this.#span(undefined, item));
      return this.read(item, depth + 1);
    });
    this.#spans.set(result, spans);
    return result;
  }

  #key(pair: Pair): string | undefined {
    const { key } = pair;
    const value = isScalar(key) ? key.value : undefined;
    if (typeof value !== 'string') {
      this.#add('key-not-text', key, 'A key must be text', 'Put the key in quotes, or remove the "?".');
      return undefined;
    }
    if (value === '<<') {
      const mend = 'Write the fields themselves; "*name" repeats one whole value.';
      this.#add('merge-key', key, 'A merge key ("<<") is no part of YAML 1.2, and is not read', mend);
      return undefined;
    }
    if (value === '__proto__' || value === 'constructor' || value === 'prototype') {
      this.#add('reserved-key', key, `"${value}" can't be used as a key`, 'Choose another name.');
      return undefined;
    }
    return value;
  }

  #alias(name: string, node: unknown, depth: number): unknown {
    const target = this.#anchors.get(name);
    this.#aliases += 1;
    if (target === undefined || this.#open.has(target)) {
      this.#add('bad-alias', node, `"*${name}" refers to nothing before it`, 'Write the value itself.');
      return null;
    }
    if (this.#aliases > limits.aliases) {
      if (this.#aliases === limits.aliases + 1) {
        this.#add(
          'too-many-aliases',
          node,
          `More than ${limits.aliases} aliases are used`,
          'Write the values themselves.',
        );
      }
      return null;
    }
    return this.read(target, depth + 1);
  }

  /** A "#" after a space begins a comment, in the middle of a sentence too: what comes after it is not read. */
  #cutOff({ type, value, range }: Scalar): void {
    const end = range?.[1];
    if (type !== 'PLAIN' || typeof value !== 'string' || end === undefined) return;
    const word = /^[ \t]+(#\p{L}\S*)/u.exec(this.#text.slice(end, end + 80))?.[1];
    if (word === undefined || this.problems.length >= 500) return;
    // An alias reads its value again.
    if (this.problems.some(({ rule, offset }) => rule === 'text-cut-off' && offset === end)) return;
    const message = `The text ends before "${word}", which begins a comment`;
    const mend = 'Put the text in quotes, or a space after the "#" of what is meant as a comment.';
    this.problems.push({ ...problem('text-cut-off', end, message, mend), severity: 'warning' });
  }

  #anchor(node: Node & { anchor?: string }): void {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #span(key: unknown, value: unknown): Span {
    const keyStart = offsetOf(key) ?? -1;
    const range = (value as Partial<Node> | null)?.range;
    const start = range?.[0] ?? Math.max(0, keyStart);
    return { key: keyStart, start, end: range?.[1] ?? start };
  }

  #add(rule: string, node: unknown, message: string, mend: string): void {
    if (this.problems.length < 500) this.problems.push(problem(rule, offsetOf(node) ?? 0, message, mend));
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as Partial<Node> | null | undefined)?.range?.[0];
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
