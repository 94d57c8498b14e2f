/** Seconds from the request for each throw-away instance until it is gone: what holds a place of the quota. */
export function placesHeld(changes: readonly { resource: string; what: string; atMs: number }[]): number[] {
  const begun = new Map<string, number>();
  const held: number[] = [];
  for (const { resource, what, atMs } of changes) {
    if (what.includes('is being restored')) begun.set(resource, atMs);
    const from = what.endsWith('is gone') ? begun.get(resource) : undefined;
    if (from !== undefined) held.push((atMs - from) / 1000);
  }
  return held;
}
