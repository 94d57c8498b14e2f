import * as z from 'zod';
import { planSchema } from './schema.ts';

/** The JSON Schema of a plan as it is written, for editors: completion, descriptions and errors while typing. */
export function planJsonSchema(): string {
  const schema = z.toJSONSchema(planSchema, { io: 'input', reused: 'inline', unrepresentable: 'any' });
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
