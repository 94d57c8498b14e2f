import * as z from 'zod';
import { InvalidInputError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { SqlDialect } from '../sql/dialects/dialect.ts';
import { dialectOf, dialectOfDatabase } from '../sql/dialects/dialects.ts';

/** What a JSON secret may hold: a whole `url`, or the fields that RDS writes into the secrets that it manages. */
const secretSchema = z.union([
  z.object({ url: z.string() }),
  z.object({
    username: z.string(),
    password: z.string(),
    host: z.string().optional(),
    port: z.coerce.number().int().optional(),
    dbname: z.string().optional(),
    engine: z.string().optional(),
  }),
]);

export type ConnectionDefaults = {
  /** Connect to this host instead of the secret's, on `port`; certificates are checked against it. */
  host?: string;
  port: number;
  database: string;
  /** As RDS names it; PostgreSQL without one. */
  engine?: string | undefined;
};

/**
 * Makes a connection URL in the database's own language from a secret's value: a URL, or JSON with `url` or with
 * `username` and `password`. Throws InvalidInputError, whose text never quotes the value.
 */
export function connectionUrl(secretValue: string, defaults: ConnectionDefaults): string {
  const url = parseUrl(secretValue.trim(), defaults);
  if (defaults.host !== undefined) {
    url.hostname = defaults.host;
    url.port = String(defaults.port);
    // Another server than the secret's: its database is the one that the plan declares.
    url.pathname = `/${encodeURIComponent(defaults.database)}`;
  }
  if (url.hostname === '') throw unreadable('it names no host, and the step gives none');
  if (url.pathname === '' || url.pathname === '/') url.pathname = `/${defaults.database}`;
  return url.href;
}

function parseUrl(value: string, defaults: ConnectionDefaults): URL {
  const dialect = dialectOfDatabase(defaults);
  if (!value.startsWith('{')) return toUrl(value, dialect);
  const parsed = secretSchema.safeParse(parseJson(value));
  if (!parsed.success) throw unreadable('its JSON has neither "url" nor "username" and "password"');
  if ('url' in parsed.data) return toUrl(parsed.data.url, dialect);
  const { username, password, host, port, dbname, engine } = parsed.data;
  if (engine !== undefined && (dialectOf(engine) ?? dialect) !== dialect) {
    throw unreadable(`it is for ${engine}, and the plan says ${defaults.engine ?? 'postgres'}`);
  }
  const target = host ?? defaults.host;
  if (target === undefined) throw unreadable('it names no host, and the step gives none');
  const url = new URL(
    `${dialect.protocol}//${target}:${port ?? defaults.port}/${dbname ?? defaults.database}`,
  );
  url.username = encodeURIComponent(username);
  url.password = encodeURIComponent(password);
  return url;
}

function toUrl(text: string, { protocol }: SqlDialect): URL {
  const url = URL.parse(text);
  const given = url?.protocol === 'postgres:' ? 'postgresql:' : url?.protocol;
  if (!url || given !== protocol) throw unreadable(`it is no ${protocol}// URL`);
  return url;
}

function unreadable(why: string): InvalidInputError {
  return new InvalidInputError(`The database credentials can't be used: ${why}.`, {
    nextStep:
      'Store a connection URL, or JSON with "url", in the secret that the component names as credentials.',
  });
}
