import * as z from 'zod';
import { durationSchema, formatDuration } from '../plan/duration.ts';

/** How the loss is judged by the time of the newest row or record. */
export const lossLimit = {
  within: durationSchema.meta({ description: 'How much may be lost: the RPO' }),
  before: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'Up to when data should be there; without it, the start of the outage' }),
};

/** What the answer of a query is held to. */
export const expectation = z
  .strictObject({
    equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    noRows: z.literal(true).optional().meta({ description: 'Any row is a finding, as in a reconciliation' }),
    about: z
      .union([z.number(), z.string()])
      .optional()
      .meta({ description: 'A number, such as ${steps.choose.rows}, within the tolerance' }),
    sameAs: z
      .strictObject({ query: z.string().optional(), host: z.string().optional() })
      .optional()
      .meta({ description: 'The answer of another query, or of the same one at another host' }),
    tolerance: z
      .number()
      .nonnegative()
      .default(0)
      .meta({ description: 'For about and sameAs: so much more or less' }),
    tolerancePercent: z.number().nonnegative().default(0).meta({ description: 'The same in percent' }),
    newest: z
      .strictObject(lossLimit)
      .optional()
      .meta({ description: 'The answer is the time of the newest row, by which the data loss is measured' }),
  })
  .refine(
    ({ tolerance: _, tolerancePercent: __, ...wanted }) =>
      Object.values(wanted).some(value => value !== undefined),
    { message: 'say what is expected: equals, min, max, noRows, about, sameAs or newest' },
  );
export type Expectation = z.output<typeof expectation>;
export type Value = string | number | boolean | null;

/** What was found: the first value, how many rows there were, and what it is compared with. */
export type Found = { value: Value; rows: number; other?: Value };

/** Seconds of data that are missing before the time up to which data should be there; undefined for no time. */
export function lossSeconds(value: Value, before: string): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.round((Date.parse(before) - at) / 1000));
}

/** Clocks may differ by so much. A row that is newer has another time zone than it says, or is none of what happened. */
const aheadSeconds = 600;

/** What does not fit, as words; undefined when all is as expected. */
export function mismatch(
  { value, rows, other }: Found,
  expect: Expectation,
  { outageStartedAt, now }: { outageStartedAt: string; now: Date },
): string | undefined {
  if (expect.noRows) return rows === 0 ? undefined : `${rows} rows instead of none`;
  if (expect.equals !== undefined && !equal(expect.equals, value))
    return `${value} instead of ${expect.equals}`;
  if (expect.newest) {
    const { within, before = outageStartedAt } = expect.newest;
    const lost = lossSeconds(value, before);
    if (lost === undefined) return `${value}, which is no time`;
    if (Date.parse(String(value)) > now.getTime() + aheadSeconds * 1000) {
      return `${value}, which is yet to come, so it says nothing of what is missing: look at its time zone`;
    }
    if (lost > within) {
      return `${value}, so ${formatDuration(lost)} of data before ${before} are missing, more than ${formatDuration(within)}`;
    }
  }
  if (expect.about !== undefined) {
    const wrong = far(value, expect.about, expect);
    if (wrong !== undefined) return wrong;
  }
  if (expect.sameAs) {
    const wrong = far(value, other ?? null, expect);
    if (wrong !== undefined) return wrong;
  }
  if (expect.min === undefined && expect.max === undefined) return undefined;
  if (typeof value !== 'number') return `${value}, which is not a number`;
  if (expect.min !== undefined && value < expect.min) return `${value}, less than ${expect.min}`;
  if (expect.max !== undefined && value > expect.max) return `${value}, more than ${expect.max}`;
  return undefined;
}

function far(value: Value, wanted: Value, { tolerance, tolerancePercent }: Expectation): string | undefined {
  const [found, target] = [asNumber(value), asNumber(wanted)];
  if (found === undefined || target === undefined) {
    return equal(wanted, value) ? undefined : `${value} instead of ${wanted}`;
  }
  const allowed = Math.max(tolerance, (Math.abs(target) * tolerancePercent) / 100);
  if (Math.abs(found - target) <= allowed) return undefined;
  return allowed === 0 ? `${found} instead of ${target}` : `${found} instead of ${target} (± ${allowed})`;
}

const asNumber = (value: Value): number | undefined => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
};

function equal(one: Value, other: Value): boolean {
  const [first, second] = [asNumber(one), asNumber(other)];
  return first !== undefined && second !== undefined ? first === second : one === other;
}

export function describeExpectation(expect: Expectation): string {
  const { equals, min, max, noRows, about, sameAs, tolerance, tolerancePercent, newest } = expect;
  const parts = [];
  if (equals !== undefined) parts.push(`equal to ${equals}`);
  if (min !== undefined) parts.push(`at least ${min}`);
  if (max !== undefined) parts.push(`at most ${max}`);
  if (noRows) parts.push('no row');
  if (about !== undefined) parts.push(`about ${about}`);
  if (sameAs)
    parts.push(`the same as ${sameAs.query ?? 'the same query'}${sameAs.host ? ` at ${sameAs.host}` : ''}`);
  if (tolerance > 0) parts.push(`± ${tolerance}`);
  if (tolerancePercent > 0) parts.push(`± ${tolerancePercent} %`);
  if (newest) parts.push(`not more than ${formatDuration(newest.within)} missing`);
  return parts.join(', ');
}
