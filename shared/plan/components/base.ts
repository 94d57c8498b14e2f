import * as z from 'zod';
import { parseDuration } from '../duration.ts';
import { regionSchema } from '../region.ts';
import { id } from '../sections/base.ts';
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

/** As written: a component is read again by each action that gets it, so what it says stays text. */
export const duration = z
  .string()
  .refine(text => parseDuration(text) !== undefined, 'a duration: 90s, 15m, 4h, 1h30m, 7d')
  .meta({ description: 'A duration: 90s, 15m, 4h, 1h30m, 7d' });

/** What code of the user's own, such as a runbook, is there to mend. */
export const restores = z.array(id).optional().meta({
  description:
    'Components whose failure it mends. A call that names some of them, by id, name or ARN, mends those; one that names none is about all of them. The rehearsal plays it after a run that ended well, and the report says that it is assumed by the plan',
});

/** The same of a step, which names all that it mends: a person's work, or a request to an API. */
export const stepRestores = z.array(id).optional().meta({
  description:
    'Components whose failure is mended when the step is done. The rehearsal plays it then, and the report says that it is assumed by the plan',
});
