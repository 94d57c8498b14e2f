import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import { appliedAnnotation } from './manifests.ts';
import { manifestSchema } from './object-api.ts';
import { conditionHolds, conditionSchema, deploymentSchema } from './objects.ts';
import { rolloutState } from './rollout.ts';

/** Where an applied object stands. `lost`: it is not there, or somebody replaced it; reads may be behind for a while. */
export type AppliedState =
  | { status: 'done' }
  | { status: 'pending'; why: string }
  | { status: 'lost'; why: string }
  | { status: 'failed'; why: string };

const statusSchema = z.object({
  status: z
    .object({ phase: z.string().default(''), conditions: z.array(conditionSchema).default([]) })
    .prefault({}),
});

/** Whether an object is there as it was applied, and what it starts has ended well. */
export function judgeApplied(wanted: JsonObject, found: JsonObject | undefined): AppliedState {
  if (!found) return { status: 'lost', why: 'it is not there' };
  const digest = (body: JsonObject) => manifestSchema.parse(body).metadata.annotations?.[appliedAnnotation];
  if (digest(found) !== digest(wanted)) return { status: 'lost', why: 'something replaced it' };
  const { phase, conditions } = statusSchema.parse(found).status;
  switch (found.kind) {
    case 'Deployment':
    case 'StatefulSet': {
      const state = rolloutState(deploymentSchema.parse(found));
      if (state.status === 'pending') return { status: 'pending', why: state.note };
      return state.status === 'failed' ? state : { status: 'done' };
    }
    case 'Namespace':
      return phase === 'Active' ? { status: 'done' } : { status: 'pending', why: `it is ${phase || 'new'}` };
    case 'CustomResourceDefinition':
      return conditions.length === 0 || conditionHolds(conditions, 'Established')
        ? { status: 'done' }
        : { status: 'pending', why: 'it is not Established' };
    case 'Job':
      if (conditionHolds(conditions, 'Complete')) return { status: 'done' };
      return conditionHolds(conditions, 'Failed')
        ? {
            status: 'failed',
            why: conditions.find(({ type }) => type === 'Failed')?.message || 'the Job failed',
          }
        : { status: 'pending', why: 'the Job has not ended' };
    default:
      return { status: 'done' };
  }
}
