import * as z from 'zod';

/** Port of a database that may be of several engines; `load.ts` puts the usual one of its engine where none is written. */
export const portOf = z
  .number()
  .int()
  .default(5432)
  .meta({ description: 'Without it 5432 for PostgreSQL, and 3306 for MySQL and MariaDB' });
