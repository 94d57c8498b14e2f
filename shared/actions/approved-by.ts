import * as z from 'zod';

/** Who agreed to what a step does, by name in its evidence. A plan fills it from the approval that stands before it. */
export const approvedByParameter = z
  .string()
  .min(1)
  .meta({ description: 'Who approved it: ${steps.<id of a people.approval>.approvedBy}' });
