import * as z from 'zod';
import { durationSchema } from '../plan/duration.ts';

/** How a workload grows when it is not to take all load at once. */
export const rampSchema = z
  .strictObject({
    step: z.number().int().positive().meta({ description: 'Pods that are added at a time' }),
    every: durationSchema.meta({ description: 'Time that each stage is looked at before the next' }),
  })
  .meta({ description: 'Grow by a few pods at a time, with a check between' });
export type Ramp = z.output<typeof rampSchema>;

/** Replicas that the ramp may have reached after so many seconds. The first stage begins at once. */
export function nextStage({ step, every }: Ramp, from: number, to: number, elapsedSeconds: number): number {
  const stages = 1 + Math.floor(elapsedSeconds / every);
  return Math.min(to, from + step * stages);
}
