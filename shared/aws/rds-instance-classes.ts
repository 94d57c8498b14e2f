/** Classes of DB instances by their size, such as db.r6g.2xlarge: the same family differs in nothing else. */

const sizes = ['micro', 'small', 'medium', 'large', 'xlarge'];

/** A number that grows with the size; undefined for a size that is not known. */
function rank(size: string): number | undefined {
  const known = sizes.indexOf(size);
  if (known >= 0) return known;
  const [, times] = /^(\d+)xlarge$/.exec(size) ?? [];
  return times === undefined ? undefined : sizes.length + Number(times);
}

/**
 * Whether an instance of one class can do what one of another can: the same family and at least the size. Of two
 * families nobody here knows which is the bigger, so only the same class counts.
 */
export function isAtLeast(instanceClass: string | undefined, wanted: string): boolean {
  if (instanceClass === wanted) return true;
  const [, family, size = ''] = /^(db\.[^.]+)\.(.+)$/.exec(instanceClass ?? '') ?? [];
  const [, wantedFamily, wantedSize = ''] = /^(db\.[^.]+)\.(.+)$/.exec(wanted) ?? [];
  const [one, other] = [rank(size), rank(wantedSize)];
  return (
    family !== undefined &&
    family === wantedFamily &&
    one !== undefined &&
    other !== undefined &&
    one >= other
  );
}
