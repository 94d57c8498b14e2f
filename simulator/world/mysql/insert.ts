import { expression, NotPlayed, quoted, type Scope } from './expressions.ts';
import { are, behindBracket, find, split, type Token } from './tokens.ts';

/** Columns of each table by its name, and its unique keys, the primary one first. */
export type Tables = ReadonlyMap<
  string,
  { columns: readonly string[]; keys: readonly (readonly string[])[] }
>;

/** `INSERT` and `REPLACE`, with what they do where a row is there already. */
export function insert(tokens: readonly Token[], scope: Scope, tables: Tables): string {
  const replaces = are(tokens, 0, 'REPLACE');
  let at = 1;
  let ignores = false;
  while (/^(LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|INTO)$/i.test(tokens[at]?.value ?? '')) {
    ignores ||= are(tokens, at, 'IGNORE');
    at += 1;
  }
  if (are(tokens, at + 1, '.')) at += 2;
  const table = (tokens[at]?.value ?? '').toLowerCase();
  const duplicate = find(tokens, at, 'ON', 'DUPLICATE', 'KEY', 'UPDATE');
  const body = tokens.slice(at + 1, duplicate < 0 ? undefined : duplicate);
  const { columns, values, alias } = bodyOf(body, scope, tables.get(table)?.columns ?? []);
  const into = `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) ${values}`;
  if (ignores) return `${into} ON CONFLICT DO NOTHING`;
  if (!replaces && duplicate < 0) return into;
  const key = keyFor(table, columns, tables);
  const updates = replaces
    ? columns.map(column => `${quoted(column)} = EXCLUDED.${quoted(column)}`)
    : split(tokens.slice(duplicate + 4)).map(part => assignment(part, scope, { table, alias, tables }));
  return `${into} ON CONFLICT (${key.map(quoted).join(', ')}) DO UPDATE SET ${updates.join(', ')}`;
}

type Body = { columns: string[]; values: string; alias: string | undefined };

function bodyOf(tokens: readonly Token[], scope: Scope, all: readonly string[]): Body {
  if (are(tokens, 0, 'SET')) {
    const pairs = split(tokens.slice(1)).map(part => ({
      column: part[0]?.value ?? '',
      value: expression(part.slice(2), scope),
    }));
    const values = `VALUES (${pairs.map(({ value }) => value).join(', ')})`;
    return { columns: pairs.map(({ column }) => column), values, alias: undefined };
  }
  const listed = are(tokens, 0, '(') && !are(tokens, 1, 'SELECT');
  const end = listed ? behindBracket(tokens, 0) : 0;
  const columns = listed ? split(tokens.slice(1, end - 1)).map(([name]) => name?.value ?? '') : [...all];
  const rest = tokens
    .slice(end)
    .map(token => (/^value$/i.test(token.value) ? { ...token, value: 'VALUES' } : token));
  const as = are(rest, 0, 'VALUES') ? find(rest, 0, 'AS') : -1;
  const alias = as < 0 ? undefined : rest[as + 1]?.value;
  return { columns, values: expression(as < 0 ? rest : rest.slice(0, as), scope), alias };
}

/** MySQL means every unique key, PostgreSQL one: the first whose columns are all written. */
function keyFor(table: string, columns: readonly string[], tables: Tables): readonly string[] {
  const written = new Set(columns.map(column => column.toLowerCase()));
  const keys = tables.get(table)?.keys ?? [];
  const key = keys.find(each => each.every(column => written.has(column))) ?? keys[0];
  if (key === undefined)
    throw new NotPlayed(`the table ${table} of the rehearsal has no primary or unique key`);
  return key;
}

/** `count = count + VALUES(count)`: the old value is the table's, the new one EXCLUDED's. */
function assignment(
  tokens: readonly Token[],
  scope: Scope,
  { table, alias, tables }: { table: string; alias: string | undefined; tables: Tables },
): string {
  const own = new Set(tables.get(table)?.columns ?? []);
  const from = find(tokens, 0, '=');
  const named = tokens.slice(0, from).at(-1)?.value ?? '';
  const value = tokens.slice(from + 1);
  const seen: Token[] = [];
  const word = (text: string): Token => ({ kind: 'word', value: text });
  for (let at = 0; at < value.length; at++) {
    const token = value[at] as Token;
    const isName = token.kind === 'word' || token.kind === 'name';
    const before = value[at - 1]?.value === '.';
    if (are(value, at, 'VALUES', '(')) {
      seen.push(word(`EXCLUDED.${quoted(value[at + 2]?.value ?? '')}`));
      at += 3;
    } else if (alias !== undefined && token.value === alias && are(value, at + 1, '.')) {
      seen.push(word(`EXCLUDED.${quoted(value[at + 2]?.value ?? '')}`));
      at += 2;
    } else if (
      isName &&
      !before &&
      own.has(token.value.toLowerCase()) &&
      !/^[.(]$/.test(value[at + 1]?.value ?? '')
    ) {
      seen.push(word(`${quoted(table)}.${quoted(token.value)}`));
    } else seen.push(token);
  }
  return `${quoted(named)} = ${expression(seen, scope)}`;
}
