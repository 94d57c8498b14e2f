import * as z from 'zod';

/** Requirement ids that an element of the plan carries out, or why it does not. */
export const tracing = {
  implements: z
    .array(z.string())
    .optional()
    .meta({ description: 'Ids of the requirements that this element carries out' }),
  waived: z
    .string()
    .min(10, 'a reason in words, since somebody will read it after the outage')
    .optional()
    .meta({
      description:
        'Why a requirement or a lint warning does not apply here; "no-failback: …" is for the rule of that name only',
    }),
};
