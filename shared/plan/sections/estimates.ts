import * as z from 'zod';
import { modeSchema } from '../../runbook/contract.ts';

/** Seconds that one step takes: the same in all modes, or one figure for each mode. */
export const stepSecondsSchema = z.union([
  z.number().nonnegative(),
  z.partialRecord(modeSchema, z.number().nonnegative()),
]);
export type StepSeconds = z.infer<typeof stepSecondsSchema>;

/** By scenario and step. */
export const estimatesSchema = z.record(z.string(), z.record(z.string(), stepSecondsSchema));
