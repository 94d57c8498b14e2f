import * as z from 'zod';
import { InvalidInputError } from '../errors.ts';
import { parseJson } from '../json.ts';

export type RedisCredentials = { username?: string; password: string };

/** What a JSON secret may hold: user and password, an AUTH token under a name of its own, or a whole URL. */
const secretSchema = z.union([
  z.object({ url: z.string() }),
  z.object({ password: z.string().min(1), username: z.string().optional() }),
  z.object({ authToken: z.string().min(1) }),
]);

/**
 * User and password from a secret's value: an AUTH token as it is, a redis:// URL, or JSON with `password`, `authToken`
 * or `url`. Throws InvalidInputError, whose text never quotes the value.
 */
export function redisCredentials(secretValue: string): RedisCredentials {
  const value = secretValue.trim();
  if (/^rediss?:\/\//.test(value)) return fromUrl(value);
  if (!value.startsWith('{')) {
    if (value === '') throw unreadable('it is empty');
    return { password: value };
  }
  const parsed = secretSchema.safeParse(parseJson(value));
  if (!parsed.success) throw unreadable('its JSON has neither "password" nor "authToken" nor "url"');
  if ('url' in parsed.data) return fromUrl(parsed.data.url);
  if ('authToken' in parsed.data) return { password: parsed.data.authToken };
  const { username, password } = parsed.data;
  return { password, ...(username && { username }) };
}

function fromUrl(text: string): RedisCredentials {
  const url = URL.parse(text);
  if (!url || url.password === '') throw unreadable('its URL has no password');
  const username = decodeURIComponent(url.username);
  return { password: decodeURIComponent(url.password), ...(username && { username }) };
}

function unreadable(why: string): InvalidInputError {
  return new InvalidInputError(`The Redis credentials can't be used: ${why}.`, {
    nextStep:
      'Store the AUTH token, or JSON with "username" and "password", in the secret that the component names as credentials.',
  });
}
