import * as z from 'zod';
import type { RedisServer } from './redis-server.ts';

/** Keys that one SCAN looks at: some milliseconds of the server's time, during which it answers nobody else. */
const pageSize = 5_000;
/** Pages of one call of a function: a million keys. A bigger key space is gone through in several calls. */
const maxPages = 200;
const pageSchema = z.tuple([z.string(), z.array(z.string())]);

/** A pattern for all keys that begin with this text, which may hold characters that Redis takes for wildcards. */
export function patternOf(prefix: string): string {
  return `${prefix.replaceAll(/[\\*?[\]]/g, '\\$&')}*`;
}

/** Goes through the keys under a prefix, a page at a time. `complete` is false when the limit of one call was reached. */
async function eachPage(
  server: RedisServer,
  prefix: string,
  visit: (keys: readonly string[]) => Promise<void>,
): Promise<{ complete: boolean }> {
  let cursor = '0';
  for (let page = 0; page < maxPages; page++) {
    const reply = await server.call('SCAN', cursor, 'MATCH', patternOf(prefix), 'COUNT', String(pageSize));
    const [next, keys] = pageSchema.parse(JSON.parse(reply));
    if (keys.length > 0) await visit(keys);
    if (next === '0') return { complete: true };
    cursor = next;
  }
  return { complete: false };
}

/** How many keys are under a prefix; at least so many if it is not complete. */
export async function countKeys(
  server: RedisServer,
  prefix: string,
): Promise<{ count: number; complete: boolean }> {
  let count = 0;
  const { complete } = await eachPage(server, prefix, async keys => {
    count += keys.length;
  });
  return { count, complete };
}

/** Removes the keys under a prefix; UNLINK frees their memory in the background. Tells how many were there. */
export async function unlinkKeys(
  server: RedisServer,
  prefix: string,
): Promise<{ count: number; complete: boolean }> {
  const found: string[][] = [];
  // SCAN promises nothing about keys that are removed while it runs, so each page is removed once it is complete.
  const { complete } = await eachPage(server, prefix, async keys => {
    found.push([...keys]);
  });
  let count = 0;
  for (const keys of found) count += Number(await server.call('UNLINK', ...keys));
  return { count, complete };
}
