import * as z from 'zod';

/** Key of an element. */
export const id = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens, such as region-failure')
  .max(40);

export const isoDate = z.iso.date('a date, such as 2026-03-10');
