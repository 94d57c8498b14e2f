/** A piece of a MySQL statement; what is between pieces, and comments, are left out. */
export type Token = {
  kind: 'word' | 'name' | 'text' | 'number' | 'variable' | 'sign';
  /** Of a name or a text, what stands between the quotes. */
  value: string;
};

/** `--` begins a comment only before a space, as in MySQL; one with `!` holds words for other versions, and is one too. */
const pattern =
  /(?<comment>\/\*[\s\S]*?\*\/|--(?=\s|$)[^\n]*|#[^\n]*)|(?<text>'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*")|(?<name>`(?:[^`]|``)+`)|(?<variable>@@?[\w.$]+)|(?<number>0x[\da-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)|(?<word>[\p{L}_$][\p{L}\p{N}_$]*)|(?<sign><=>|<=|>=|<>|!=|:=|\|\||&&|<<|>>|->>|->|\S)/giu;

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', 0: '\0', Z: '\x1a' };

export function tokensOf(text: string): Token[] {
  return [...text.matchAll(pattern)].flatMap(({ groups = {} }): Token[] => {
    if (groups.comment !== undefined) return [];
    for (const kind of ['word', 'number', 'variable', 'sign'] as const) {
      if (groups[kind] !== undefined) return [{ kind, value: groups[kind] }];
    }
    if (groups.name !== undefined)
      return [{ kind: 'name', value: groups.name.slice(1, -1).replaceAll('``', '`') }];
    return [{ kind: 'text', value: unquote(groups.text ?? "''") }];
  });
}

function unquote(written: string): string {
  const quote = written[0] ?? "'";
  return written
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replaceAll(/\\([\s\S])/g, (_, escaped: string) => escapes[escaped] ?? escaped);
}

/** Whether the tokens from here are these words, whatever their case; a sign stands for itself. */
export function are(tokens: readonly Token[], at: number, ...words: string[]): boolean {
  return words.every((word, index) => {
    const token = tokens[at + index];
    return (token?.kind === 'word' || token?.kind === 'sign') && token.value.toUpperCase() === word;
  });
}

/** The place behind the bracket that closes the one at `at`. */
export function behindBracket(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let index = at; index < tokens.length; index++) {
    if (are(tokens, index, '(')) depth += 1;
    if (are(tokens, index, ')') && --depth === 0) return index + 1;
  }
  return tokens.length;
}

/** Parts between commas (or another sign) that are in no bracket. */
export function split(tokens: readonly Token[], sign = ','): Token[][] {
  const parts: Token[][] = [[]];
  for (let index = 0; index < tokens.length; ) {
    const end = are(tokens, index, '(') ? behindBracket(tokens, index) : index + 1;
    if (are(tokens, index, sign)) parts.push([]);
    else parts.at(-1)?.push(...tokens.slice(index, end));
    index = end;
  }
  return parts.filter(part => part.length > 0);
}

/** The first place outside of brackets where these words stand; -1 without one. */
export function find(tokens: readonly Token[], from: number, ...words: string[]): number {
  for (let index = from; index < tokens.length; ) {
    if (are(tokens, index, ...words)) return index;
    index = are(tokens, index, '(') ? behindBracket(tokens, index) : index + 1;
  }
  return -1;
}
