import * as z from 'zod';

const inWords = 'a reason in words, since somebody will read it after the outage';

/** Requirement ids that an element of the plan carries out, or why it does not. */
export const tracing = {
  implements: z
    .array(z.string())
    .optional()
    .meta({ description: 'Ids of the requirements that this element carries out' }),
  waived: z
    .string()
    .min(10, { error: inWords, abort: true })
    // The name of a rule, or blanks, are no reason.
    .refine(text => text.replace(/^[a-z][a-z0-9-]*:\s*/, '').trim().length >= 10, inWords)
    .optional()
    .meta({
      description:
        'Why a requirement or a lint warning does not apply here; "no-failback: …" is for the rule of that name only',
    }),
};
