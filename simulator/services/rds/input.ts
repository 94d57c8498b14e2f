import { type Call, SimulatedAwsError } from '../../world/world.ts';

/** A text that the operation can't do without. */
export function textOf(call: Call, key: string): string {
  const value = call.input[key];
  if (typeof value === 'string') return value;
  throw new SimulatedAwsError('InvalidParameterValue', `${call.operation} needs ${key}.`);
}

export function tagsOf(call: Call): { Key: string; Value: string }[] {
  const tags = Array.isArray(call.input.Tags) ? call.input.Tags : [];
  return tags.map(tag => ({ Key: String(tag.Key), Value: String(tag.Value) }));
}

/** One page of a list, as `MaxRecords` and `Marker` ask for it; RDS gives 100 records unless asked for fewer. */
export function pageOf<T>({ input }: Call, all: readonly T[]): { page: T[]; Marker: string | undefined } {
  const from = typeof input.Marker === 'string' ? Number(input.Marker) : 0;
  const size = typeof input.MaxRecords === 'number' ? input.MaxRecords : 100;
  const end = from + size;
  return { page: all.slice(from, end), Marker: end < all.length ? String(end) : undefined };
}
