import type * as z from 'zod';

/**
 * Parses data of a record with a schema. Data that is frozen can't change, so what came of it is remembered: the
 * in-memory store of a rehearsal hands out the same frozen data as long as a record stands. Data from DynamoDB is
 * new each time, and is parsed each time.
 */
export function parseOnce<Schema extends z.ZodType>(
  schema: Schema,
): (data: object | undefined) => z.output<Schema> {
  const known = new WeakMap<object, z.output<Schema>>();
  return data => {
    const before = data && known.get(data);
    if (before !== undefined) return before;
    const parsed = schema.parse(data);
    if (data && Object.isFrozen(data)) known.set(data, parsed);
    return parsed;
  };
}
