import * as z from 'zod';
import { base } from './base.ts';

/** Secrets and parameters that applications read. */

export const secret = z.strictObject({ ...base, type: z.literal('secret'), name: z.string() });

/** Component types of this file; `shared/plan/components.ts` puts all of them together. */
export const secretsComponents = [secret] as const;
