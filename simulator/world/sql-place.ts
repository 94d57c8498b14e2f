import { sqlError } from '../../shared/network/sql-errors.ts';
import { EmbeddedSqlError } from './postgres.ts';
import { type Failure, MysqlFailure, type SqlLanguage } from './sql-language.ts';

/** A database of a simulated server, and the language that is spoken there. */
export type Place = { host: string; database: string; language: SqlLanguage };

/** A statement as the embedded database reads it. */
export function read({ host, language }: Place, text: string): string {
  try {
    return language.read(text);
  } catch (error) {
    if (error instanceof MysqlFailure) throw sqlError(host, error);
    throw error;
  }
}

/** What the embedded database says is an answer of the simulated one. */
export function translate(error: unknown, place: Place, text: string, askedReadOnly: boolean): unknown {
  if (!(error instanceof EmbeddedSqlError)) return error;
  try {
    return failure(place, error, text, askedReadOnly);
  } catch (notPlayed) {
    return notPlayed;
  }
}

/** What the server answers in its own language. */
export function failure({ host, language }: Place, said: Failure, text = '', askedReadOnly = false): Error {
  const { message, code } = language.fail(said, { text, askedReadOnly });
  return sqlError(host, { message, code, cause: said });
}
