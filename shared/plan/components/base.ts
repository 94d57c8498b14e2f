import * as z from 'zod';
import { regionSchema } from '../region.ts';
import { tracing } from '../tracing.ts';

/** A credential is named, never written down. */
export const secretReference = z
  .string()
  .regex(/^(secret|ssm):[^\s]+$/, 'a reference: secret:NAME#key or ssm:/path/name, never the value itself');

/** What every component has. */
export const base = {
  /** The component's key in the plan; filled in by the loader. */
  id: z.string().default(''),
  title: z.string().optional(),
  region: regionSchema,
  ...tracing,
};
