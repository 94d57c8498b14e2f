/** A backup that Lifeboat has made, as far as it matters for removing it. */
export type Kept = { id: string; at: Date; usable: boolean };

/**
 * What may be removed because its time is over, the oldest first. The newest one that can be restored from is never
 * among them, however old it is: a job that fails for a month must not leave nothing. Pure.
 */
export function expired(own: readonly Kept[], retentionSeconds: number, now: Date): Kept[] {
  const newestFirst = [...own].sort((a, b) => b.at.getTime() - a.at.getTime());
  const lastGood = newestFirst.find(({ usable }) => usable);
  const limit = now.getTime() - retentionSeconds * 1000;
  return newestFirst
    .filter(one => one !== lastGood && lastGood !== undefined && one.at.getTime() < limit)
    .reverse();
}

/** The one that makes room when a quota is reached: the oldest of several good ones. Pure. */
export function makesRoom(own: readonly Kept[]): Kept | undefined {
  const good = own.filter(({ usable }) => usable).sort((a, b) => a.at.getTime() - b.at.getTime());
  return good.length > 1 ? good[0] : undefined;
}
