import * as z from 'zod';
import { parseJson } from '../json.ts';

/** What is written beside a file as `<key>.manifest.json`, as far as choosing and restoring it needs. */
const manifestSchema = z.object({
  /** The moment whose data is in it: when the dump began to read. */
  sourceTime: z.iso.datetime(),
  bytes: z.number().int().nonnegative(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Rows by table, counted in the source. */
  rows: z.record(z.string(), z.number().int().nonnegative()).optional(),
  /** Made while something was wrong already, such as before a repair was tried: never restored by itself. */
  suspect: z.boolean().optional(),
});
export type FileManifest = z.output<typeof manifestSchema>;

export const manifestSuffix = '.manifest.json';

/** Undefined for a text that is no manifest. */
export function parseManifest(text: string | undefined): FileManifest | undefined {
  return text === undefined ? undefined : manifestSchema.safeParse(parseJson(text)).data;
}
