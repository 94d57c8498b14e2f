import { column, createTable } from './create-table.ts';
import { expression, NotPlayed, quoted, type Scope } from './expressions.ts';
import { insert, type Tables } from './insert.ts';
import { alterUser, database, kill, set, show } from './server-statements.ts';
import { are, find, split, type Token, tokensOf } from './tokens.ts';

/**
 * A statement of MySQL or MariaDB as the embedded PostgreSQL of a rehearsal reads it: what plans usually ask and write.
 * What it does not know is refused with NotPlayed; nothing is guessed. Comparisons of text mind the case, which those
 * of MySQL do not, but for LIKE.
 */
export function toPostgres(text: string, scope: Scope, tables: Tables): string {
  const tokens = tokensOf(text).filter(
    ({ value, kind }, at, all) => !(kind === 'sign' && value === ';' && at === all.length - 1),
  );
  const verb = tokens[0]?.value.toUpperCase() ?? '';
  switch (verb) {
    case 'INSERT':
    case 'REPLACE':
      return insert(tokens, scope, tables);
    case 'UPDATE':
    case 'DELETE':
      return limited(tokens, scope);
    case 'SHOW':
      return show(tokens, scope);
    case 'KILL':
      return kill(tokens);
    case 'SET':
      return set(tokens);
    case 'DO':
      return `SELECT ${expression(tokens.slice(1), scope)}`;
    case 'CALL':
      if (/^mysql\.rds_kill/i.test(text.trim().slice(5))) return kill(tokens);
      throw new NotPlayed('a rehearsal has no procedures');
    case 'CREATE':
    case 'DROP':
    case 'ALTER':
      return define(tokens, scope);
    case 'ANALYZE':
    case 'OPTIMIZE':
      return `ANALYZE ${expression(tokens.slice(2), scope)}`;
    default:
      return expression(tokens, scope);
  }
}

function define(tokens: readonly Token[], scope: Scope): string {
  if (are(tokens, 1, 'DATABASE') || are(tokens, 1, 'SCHEMA')) return database(tokens);
  if (are(tokens, 0, 'ALTER', 'USER')) return alterUser(tokens);
  if (are(tokens, 0, 'CREATE', 'TABLE') || are(tokens, 0, 'CREATE', 'TEMPORARY', 'TABLE'))
    return createTable(tokens, scope);
  if (are(tokens, 0, 'ALTER', 'TABLE')) return alterTable(tokens, scope);
  if (are(tokens, 0, 'DROP', 'INDEX')) {
    const on = find(tokens, 0, 'ON');
    return expression(on < 0 ? tokens : tokens.slice(0, on), scope);
  }
  return expression(tokens, scope);
}

function alterTable(tokens: readonly Token[], scope: Scope): string {
  const table = expression(tokens.slice(2, 3), scope);
  const changes = split(tokens.slice(3)).map(part => {
    const bare = are(part, 0, 'ADD', 'COLUMN') ? 2 : are(part, 0, 'ADD') ? 1 : 0;
    if (bare > 0 && !/^(constraint|primary|unique|foreign|key|index|check)$/i.test(part[bare]?.value ?? ''))
      return `ADD COLUMN ${column(part.slice(bare), scope)}`;
    if (are(part, 0, 'DROP', 'COLUMN')) return `DROP COLUMN ${quoted(part[2]?.value ?? '')}`;
    return expression(part, scope);
  });
  return `ALTER TABLE ${table} ${changes.join(', ')}`;
}

/** MySQL limits how many rows are changed; PostgreSQL knows that of a SELECT only. */
function limited(tokens: readonly Token[], scope: Scope): string {
  const limit = find(tokens, 0, 'LIMIT');
  if (limit < 0) return expression(tokens, scope);
  const from = are(tokens, 0, 'DELETE') ? 2 : 1;
  const table = expression(tokens.slice(from, from + 1), scope);
  const where = find(tokens, 0, 'WHERE');
  const head = tokens.slice(0, where < 0 ? limit : where);
  if (head.some((_, at) => are(head, at, 'JOIN')))
    throw new NotPlayed('a rehearsal changes one table at a time');
  const chosen = expression(tokens.slice(where < 0 ? limit : where), scope);
  return `${expression(head, scope)} WHERE ctid IN (SELECT ctid FROM ${table} ${chosen})`;
}

/** A file of several statements, such as the data of a rehearsal or what mysqldump wrote, without what is about locks. */
export function scriptToPostgres(text: string, scope: Scope): string {
  const tables = tablesIn(text);
  return split(tokensOf(text), ';')
    .map(statement => ({ statement, verb: statement[0]?.value.toUpperCase() ?? '' }))
    .filter(({ verb }) => !['SET', 'LOCK', 'UNLOCK', 'USE', 'DELIMITER'].includes(verb))
    .map(({ statement }) => toPostgres(written(statement), scope, tables))
    .join(';\n');
}

/** Tokens as text again. */
function written(tokens: readonly Token[]): string {
  return tokens
    .map(({ kind, value }) => {
      if (kind === 'text') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
      return kind === 'name' ? `\`${value.replaceAll('`', '``')}\`` : value;
    })
    .join(' ');
}

/** Columns of the tables that a file makes, for its INSERTs without a list of columns. */
function tablesIn(text: string): Tables {
  const tables = new Map<string, { columns: string[]; keys: string[][] }>();
  for (const statement of split(tokensOf(text), ';')) {
    if (!are(statement, 0, 'CREATE', 'TABLE')) continue;
    const open = statement.findIndex((_, at) => are(statement, at, '('));
    const name = statement[open - 1]?.value.toLowerCase() ?? '';
    const definitions = split(
      statement.slice(
        open + 1,
        statement.findLastIndex((_, at) => are(statement, at, ')')),
      ),
    );
    const columns = definitions
      .map(([first]) => first)
      .filter(
        first =>
          first &&
          (first.kind === 'name' ||
            !/^(primary|unique|key|index|constraint|foreign|check|fulltext|spatial)$/i.test(first.value)),
      )
      .map(first => (first?.value ?? '').toLowerCase());
    tables.set(name, { columns, keys: [] });
  }
  return tables;
}
