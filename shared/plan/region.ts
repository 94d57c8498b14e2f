import * as z from 'zod';

/** The code of an AWS region. Whether it exists, and is enabled, only AWS can say. */
export const regionSchema = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, such as eu-west-1')
  .meta({ description: 'An AWS region, such as eu-west-1' });
